/** Where something is not known. */
export const UNKNOWN = '–';

const DAY = 86_400_000;

export function count(value: number | null): string {
  return value === null ? UNKNOWN : value.toLocaleString('en');
}

/** `0`, `3.4`, `120`, `45.1 k`, `1.20 M`: what a second brings. */
export function rate(value: number | null): string {
  if (value === null) return UNKNOWN;
  if (value >= 1e6) return `${(value / 1e6).toFixed(2)} M`;
  if (value >= 10_000) return `${(value / 1000).toFixed(1)} k`;
  return value >= 10 || value === 0 ? value.toFixed(0) : value.toFixed(1);
}

export function bytes(value: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let size = value;
  let unit = 0;
  for (; size >= 1024 && unit < units.length - 1; unit++) size /= 1024;
  return `${unit === 0 || size >= 100 ? Math.round(size) : size.toFixed(1)} ${units[unit]}`;
}

/** `12 s`, `5 min`, `3 h`, `12 days`. */
export function span(ms: number): string {
  if (ms < 120_000) return `${Math.max(0, Math.round(ms / 1000))} s`;
  if (ms < 2 * 3_600_000) return `${Math.round(ms / 60_000)} min`;
  return ms < 2 * DAY ? `${Math.round(ms / 3_600_000)} h` : `${Math.round(ms / DAY)} days`;
}

/** `+12 ms`, `-4.2 s`, `+5 min`. */
export function skew(ms: number | null): string {
  if (ms === null) return UNKNOWN;
  const size = Math.abs(ms);
  const sign = ms < 0 ? '-' : '+';
  if (size < 1000) return `${sign}${Math.round(size)} ms`;
  return size < 120_000 ? `${sign}${(size / 1000).toFixed(1)} s` : `${sign}${span(size)}`;
}

/** Days left; the day itself is 0. */
export function daysLeft(ends: number, now: number): string {
  return String(Math.floor((ends - now) / DAY));
}

/** `23:58:02`, here: as the console writes it, whatever the browser's language. */
export function clock(time: number): string {
  return new Date(time).toTimeString().slice(0, 8);
}
