/**
 * Text of others as it may stand on a terminal: control characters (a log line could move the cursor, change the title or
 * worse) and marks that turn the direction of writing come out as \x1b and \u202e. Tabs stay, and line breaks where asked.
 */
export function printable(text: string, lineBreaks = false): string {
  return text.replace(UNSAFE, (unit) => {
    if (unit === '\n' && lineBreaks) return unit;
    const code = unit.charCodeAt(0);
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
  });
}

const UNSAFE = /[\x00-\x08\x0a-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** Columns that a text takes; wide and combining characters are not told apart. */
export function widthOf(text: string): number {
  return [...text].length;
}

/** `1 day`, `3 days`. */
export function many(count: number, one: string, more = `${one}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? one : more}`;
}

/** `512 B`, `1.5 MiB`. */
export function bytesText(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/** `250 ms`, `12 s`, `5 min`, `3 h`, `12 days`, `10 years`: as much as a person needs. */
export function spanText(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 120_000) return `${Math.round(ms / 1000)} s`;
  if (ms < 7_200_000 && ms % 3_600_000 !== 0) return `${Math.round(ms / 60_000)} min`;
  if (ms < 48 * 3_600_000) return `${Math.round(ms / 3_600_000)} h`;
  if (ms < 2 * 365 * 86_400_000) return `${Math.round(ms / 86_400_000)} days`;
  return `${Math.round(ms / (365.25 * 86_400_000))} years`;
}

/** Local time, `2026-11-23 14:31:02.125`. */
export function timeText(ms: number): string {
  const time = new Date(ms);
  const two = (value: number) => String(value).padStart(2, '0');
  const day = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
  const clock = `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
  return `${day} ${clock}.${String(time.getMilliseconds()).padStart(3, '0')}`;
}
