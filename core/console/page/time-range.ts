/** A time to look at. Relative ones end now and move on; the others stand still. */
export interface TimeRange {
  /** ms since the epoch. */
  readonly start: number;
  readonly end: number;
  /** The span in the address, such as 1h; null for a range that stands still. */
  readonly span: string | null;
}

export const SPANS: readonly (readonly [span: string, words: string])[] = [
  ['5m', '5 minutes'],
  ['15m', '15 minutes'],
  ['1h', '1 hour'],
  ['6h', '6 hours'],
  ['24h', '24 hours'],
  ['7d', '7 days'],
  ['30d', '30 days'],
];

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };
const SHORTEST_MS = 1_000;

/** ms of `90s`, `15m`, `24h`, `7d`, `2w`; null if it is none of these. */
export function spanMs(span: string): number | null {
  const found = /^(\d{1,6})([smhdw])$/.exec(span);
  const ms = found ? Number(found[1]) * UNITS[found[2]!]! : 0;
  return ms >= SHORTEST_MS ? ms : null;
}

/** The range of `range=1h`, or of `from=` and `to=` (ISO 8601); `missing` where the address has neither or nonsense. */
export function readRange(params: URLSearchParams, now: number, missing = '1h'): TimeRange {
  const start = Date.parse(params.get('from') ?? '');
  const end = Date.parse(params.get('to') ?? '');
  if (end - start >= SHORTEST_MS) return { start, end, span: null };
  const asked = params.get('range') ?? '';
  const span = spanMs(asked) === null ? missing : asked;
  return { start: now - spanMs(span)!, end: now, span };
}

/** The parameters of a range that stands still. */
export function fixedRange(start: number, end: number): { from: string; to: string; range: null } {
  const late = Math.max(end, start + SHORTEST_MS);
  return { from: isoSeconds(Math.floor(start)), to: isoSeconds(Math.ceil(late)), range: null };
}

/** The parameters of a range that ends now. */
export function movingRange(span: string): { from: null; to: null; range: string } {
  return { from: null, to: null, range: span };
}

function isoSeconds(ms: number): string {
  return new Date(ms).toISOString().replace('.000Z', 'Z');
}

const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 21_600, 43_200, 86_400];

/** A round step in seconds that makes at most `points` of the range. */
export function stepOf(range: TimeRange, points: number): number {
  const least = (range.end - range.start) / 1_000 / points;
  return STEPS.find((step) => step >= least) ?? Math.ceil(least / 86_400) * 86_400;
}

/** Start and end in seconds, moved to whole steps, so that the same instants are asked for again and lines do not wobble. */
export function aligned(range: TimeRange, step: number): { start: number; end: number } {
  const start = Math.floor(range.start / 1_000 / step) * step;
  return { start, end: Math.max(start, Math.floor(range.end / 1_000 / step) * step) };
}

/** How often what moves is asked for again, ms; null for a range that stands still. */
export function refreshMs(range: TimeRange, step: number): number | null {
  return range.span === null ? null : Math.min(60_000, Math.max(2_000, step * 1_000));
}
