/** How a number is written: what it counts. */
export type Unit = 'short' | 'bytes' | 'bytes/s' | 'percent' | 'seconds';

const BINARY = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
const DECIMAL = ['', 'k', 'M', 'G', 'T', 'P'];

/** Three figures and a unit: 1.25 GiB, 340 k, 12.5 %. */
export function formatValue(value: number | null | undefined, unit: Unit = 'short'): string {
  if (value === null || value === undefined || Number.isNaN(value))
    return value === undefined || value === null ? '–' : 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  if (unit === 'percent') return `${figures(value)} %`;
  if (unit === 'seconds') return formatSeconds(value);
  if (unit === 'bytes' || unit === 'bytes/s') return `${scaled(value, 1024, BINARY)}${unit === 'bytes/s' ? '/s' : ''}`;
  return scaled(value, 1000, DECIMAL);
}

function scaled(value: number, base: number, units: readonly string[]): string {
  let size = Math.abs(value);
  let at = 0;
  while (size >= base * 0.9995 && at < units.length - 1) {
    size /= base;
    at++;
  }
  const text = figures(value < 0 ? -size : size);
  return units[at] === '' ? text : `${text} ${units[at]}`;
}

function figures(value: number): string {
  const size = Math.abs(value);
  if (size === 0) return '0';
  if (size < 0.001 || size >= 1e6) return value.toExponential(2).replace(/\.?0+e/, 'e');
  const digits = size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3;
  const text = value.toFixed(digits);
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

function formatSeconds(seconds: number): string {
  const size = Math.abs(seconds);
  if (size === 0) return '0 s';
  if (size < 1e-3) return `${figures(seconds * 1e6)} µs`;
  if (size < 1) return `${figures(seconds * 1e3)} ms`;
  return size < 120 ? `${figures(seconds)} s` : formatSpan(seconds * 1000);
}

const SPANS: readonly (readonly [number, string])[] = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
  [1_000, 's'],
];

/** 3 d 4 h, 2 min 10 s, 12 s: at most two parts. */
export function formatSpan(ms: number): string {
  let rest = Math.round(Math.max(0, ms) / 1_000) * 1_000;
  const parts: string[] = [];
  for (const [size, name] of SPANS) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) parts.push(`${count} ${name}`);
    else if (parts.length > 0) break;
    if (parts.length === 2) break;
  }
  return parts.join(' ') || '0 s';
}

/** `just now`, `12 s ago`, `3 h ago`. */
export function formatAgo(time: number | null, now: number): string {
  if (time === null) return 'never';
  const ms = now - time;
  if (ms < 2_000) return 'just now';
  return `${formatSpan(ms).split(' ').slice(0, 2).join(' ')} ago`;
}

/** A whole number with separators. */
export function formatCount(count: number): string {
  return count.toLocaleString('en-GB');
}

const two = (value: number) => String(value).padStart(2, '0');

/** 14:03:07 by this browser's clock; with the date when it is not today's. */
export function formatTime(ms: number, now: number, withMs = false): string {
  const date = new Date(ms);
  const clock = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  const text = withMs ? `${clock}.${String(date.getMilliseconds()).padStart(3, '0')}` : clock;
  return date.toDateString() === new Date(now).toDateString() ? text : `${formatDay(date)} ${text}`;
}

/** 2026-11-23. */
export function formatDay(date: Date): string {
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}
