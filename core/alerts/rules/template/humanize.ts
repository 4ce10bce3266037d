import { formatFloat } from './floats.ts';
import { FillTrouble } from './trouble.ts';
import { GoDuration, GoTime, typeOf, type Value } from './values.ts';

const GREATER = ['k', 'M', 'G', 'T', 'P', 'E', 'Z', 'Y'];
const LESSER = ['m', 'u', 'n', 'p', 'f', 'a', 'z', 'y'];
const BINARY = ['ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei', 'Zi', 'Yi'];

const short = (value: number) => formatFloat(value, 'g', 4);

/** A number, or the number that a text or a duration stands for. */
export function floatOf(value: Value): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof GoDuration) return Number(value.nanoseconds) / 1e9;
  if (typeof value !== 'string') {
    throw new FillTrouble(`can't convert ${value === null || value === undefined ? '<nil>' : typeOf(value)} to float`);
  }
  const special = /^([+-]?)(inf|infinity|nan)$/i.exec(value);
  if (special) {
    if (special[2]!.toLowerCase() === 'nan') return Number.NaN;
    return special[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  }
  if (!/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(value)) {
    throw new FillTrouble(`strconv.ParseFloat: parsing ${JSON.stringify(value)}: invalid syntax`);
  }
  return Number(value);
}

/** With a metric prefix: 1.234k, 12m. */
export function humanize(value: number): string {
  if (value === 0 || !Number.isFinite(value)) return short(value);
  let size = value;
  let prefix = '';
  const up = Math.abs(size) >= 1;
  for (const next of up ? GREATER : LESSER) {
    if (up ? Math.abs(size) < 1000 : Math.abs(size) >= 1) break;
    prefix = next;
    size = up ? size / 1000 : size * 1000;
  }
  return short(size) + prefix;
}

/** With a prefix for powers of 1024: 1.5Mi. */
export function humanize1024(value: number): string {
  if (Math.abs(value) <= 1 || !Number.isFinite(value)) return short(value);
  let size = value;
  let prefix = '';
  for (const next of BINARY) {
    if (Math.abs(size) < 1024) break;
    prefix = next;
    size /= 1024;
  }
  return short(size) + prefix;
}

/** Seconds as 1d 2h 3m 4s, 12.5s or 3ms. */
export function humanizeDuration(seconds: number): string {
  if (!Number.isFinite(seconds)) return short(seconds);
  if (seconds === 0) return `${short(seconds)}s`;
  if (Math.abs(seconds) < 1) {
    let size = seconds;
    let prefix = '';
    for (const next of LESSER) {
      if (Math.abs(size) >= 1) break;
      prefix = next;
      size *= 1000;
    }
    return `${short(size)}${prefix}s`;
  }
  const sign = seconds < 0 ? '-' : '';
  const size = Math.abs(seconds);
  const whole = Math.trunc(size);
  const [d, h, m, s] = [
    Math.trunc(whole / 86_400),
    Math.trunc(whole / 3600) % 24,
    Math.trunc(whole / 60) % 60,
    whole % 60,
  ];
  if (d > 0) return `${sign}${d}d ${h}h ${m}m ${s}s`;
  if (h > 0) return `${sign}${h}h ${m}m ${s}s`;
  return m > 0 ? `${sign}${m}m ${s}s` : `${sign}${short(size)}s`;
}

/** The time of so many seconds since the epoch; null for NaN and the infinities. */
export function timeOf(seconds: number): GoTime | null {
  if (!Number.isFinite(seconds)) return null;
  if (Math.abs(seconds * 1e9) > 2 ** 63) {
    const said = formatFloat(seconds, 'g', -1);
    throw new FillTrouble(`${said} cannot be represented as a nanoseconds timestamp since it overflows int64`);
  }
  return new GoTime(Math.trunc((seconds * 1e9) / 1e6));
}
