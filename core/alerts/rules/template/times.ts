import type { GoDuration, GoTime } from './values.ts';

const pad = (value: number, width = 2) => String(value).padStart(width, '0');

/** As Go prints a time: 2006-01-02 15:04:05.999 +0000 UTC. */
export function timeText({ ms }: GoTime): string {
  const date = new Date(ms);
  const fraction = ((ms % 1000) + 1000) % 1000;
  const day = `${pad(date.getUTCFullYear(), 4)}-${pad(date.getUTCMonth() + 1)}-${pad(date.getUTCDate())}`;
  const clock = `${pad(date.getUTCHours())}:${pad(date.getUTCMinutes())}:${pad(date.getUTCSeconds())}`;
  return `${day} ${clock}${fraction === 0 ? '' : `.${pad(fraction, 3).replace(/0+$/, '')}`} +0000 UTC`;
}

/** As Go prints a duration: 1h2m3.5s, 15ms, 0s. */
export function durationText({ nanoseconds }: GoDuration): string {
  if (nanoseconds === 0n) return '0s';
  const sign = nanoseconds < 0n ? '-' : '';
  const size = nanoseconds < 0n ? -nanoseconds : nanoseconds;
  const parts = (unit: bigint) => {
    const rest = String(size % unit)
      .padStart(String(unit).length - 1, '0')
      .replace(/0+$/, '');
    return `${size / unit}${rest === '' ? '' : `.${rest}`}`;
  };
  if (size < 1000n) return `${sign}${size}ns`;
  if (size < 1_000_000n) return `${sign}${parts(1000n)}µs`;
  if (size < 1_000_000_000n) return `${sign}${parts(1_000_000n)}ms`;
  const hours = size / 3_600_000_000_000n;
  const minutes = (size / 60_000_000_000n) % 60n;
  const left = size % 60_000_000_000n;
  const rest = String(left % 1_000_000_000n)
    .padStart(9, '0')
    .replace(/0+$/, '');
  const seconds = `${left / 1_000_000_000n}${rest === '' ? '' : `.${rest}`}s`;
  if (hours > 0n) return `${sign}${hours}h${minutes}m${seconds}`;
  return minutes > 0n ? `${sign}${minutes}m${seconds}` : `${sign}${seconds}`;
}

const MONTHS = 'January February March April May June July August September October November December'.split(' ');
const DAYS = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ');

export const monthOf = (date: Date): string => MONTHS[date.getUTCMonth()]!;
export const weekdayOf = (date: Date): string => DAYS[date.getUTCDay()]!;

/** What stands in a layout of Go (`2006-01-02 15:04`), the longer before what it begins with. */
const LAYOUT: readonly (readonly [string, (date: Date) => string])[] = [
  ['January', monthOf],
  ['Jan', (date) => monthOf(date).slice(0, 3)],
  ['Monday', weekdayOf],
  ['Mon', (date) => weekdayOf(date).slice(0, 3)],
  ['MST', () => 'UTC'],
  ['2006', (date) => pad(date.getUTCFullYear(), 4)],
  ['Z07:00', () => 'Z'],
  ['Z0700', () => 'Z'],
  ['-07:00', () => '+00:00'],
  ['-0700', () => '+0000'],
  ['.000', (date) => `.${pad(date.getUTCMilliseconds(), 3)}`],
  ['01', (date) => pad(date.getUTCMonth() + 1)],
  ['02', (date) => pad(date.getUTCDate())],
  ['03', (date) => pad(date.getUTCHours() % 12 || 12)],
  ['04', (date) => pad(date.getUTCMinutes())],
  ['05', (date) => pad(date.getUTCSeconds())],
  ['06', (date) => pad(date.getUTCFullYear() % 100)],
  ['15', (date) => pad(date.getUTCHours())],
  ['PM', (date) => (date.getUTCHours() < 12 ? 'AM' : 'PM')],
  ['pm', (date) => (date.getUTCHours() < 12 ? 'am' : 'pm')],
  ['_2', (date) => String(date.getUTCDate()).padStart(2)],
  ['1', (date) => String(date.getUTCMonth() + 1)],
  ['2', (date) => String(date.getUTCDate())],
  ['3', (date) => String(date.getUTCHours() % 12 || 12)],
  ['4', (date) => String(date.getUTCMinutes())],
  ['5', (date) => String(date.getUTCSeconds())],
];

/** A time by a layout of Go. */
export function formatTime({ ms }: GoTime, layout: string): string {
  const date = new Date(ms);
  let text = '';
  for (let at = 0; at < layout.length; ) {
    const part = LAYOUT.find(([name]) => layout.startsWith(name, at));
    text += part ? part[1](date) : layout[at];
    at += part ? part[0].length : 1;
  }
  return text;
}
