import { parseDuration } from '../../lib/config/duration.ts';
import { HeliographError } from '../../lib/errors.ts';

/** What Prometheus takes for the earliest and the latest time when a range is open. */
export const EARLIEST = 0;
export const LATEST = 253_402_300_799_000;

/**
 * A parameter that cannot be used.
 * @returns HeliographError HG_API_PARAMETER with Prometheus' own words for it
 */
export function badParameter(name: string, why: string): HeliographError {
  return new HeliographError('HG_API_PARAMETER', `invalid parameter "${name}": ${why}`, { parameter: name });
}

/** The parameters of a request: of its address and of its form, in that order. */
export class Parameters {
  readonly #values: URLSearchParams;

  constructor(url: string, body: unknown) {
    const at = url.indexOf('?');
    this.#values = new URLSearchParams(at < 0 ? '' : url.slice(at + 1));
    if (body instanceof URLSearchParams) for (const [name, value] of body) this.#values.append(name, value);
  }

  text(name: string): string | null {
    const value = this.#values.get(name);
    return value === null || value === '' ? null : value;
  }

  list(name: string): string[] {
    return this.#values.getAll(name).filter((value) => value !== '');
  }

  /** ms since the epoch of a Unix time in seconds (with a fraction) or an RFC 3339 time. */
  time(name: string, missing: number): number {
    const text = this.text(name);
    return text === null ? missing : parseTime(name, text);
  }

  /** ms of a duration: seconds with a fraction, or as in PromQL (5m, 1h30m). */
  duration(name: string): number | null {
    const text = this.text(name);
    if (text === null) return null;
    const ms = parseSpan(text);
    if (ms === null) throw badParameter(name, `cannot parse "${text}" to a valid duration`);
    return ms;
  }

  /** A whole number, 0 or more; 0 means no limit. */
  limit(name: string, missing: number): number {
    const text = this.text(name);
    if (text === null) return missing;
    if (!/^\d{1,9}$/.test(text)) throw badParameter(name, `"${text}" is not a whole number, 0 or more`);
    return Number(text);
  }

  choice<T extends string>(name: string, allowed: readonly T[], missing: T): T {
    const text = this.text(name);
    if (text === null) return missing;
    const found = allowed.find((value) => value === text);
    if (found === undefined) throw badParameter(name, `"${text}" is not one of ${allowed.join(', ')}`);
    return found;
  }
}

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;
const RFC3339 = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/;

/** @throws HeliographError HG_API_PARAMETER */
export function parseTime(name: string, text: string): number {
  if (NUMBER.test(text)) {
    const ms = Math.round(Number(text) * 1000);
    if (Number.isSafeInteger(ms)) return ms;
  } else if (RFC3339.test(text)) {
    const ms = Date.parse(text);
    if (Number.isFinite(ms)) return ms;
  }
  throw badParameter(name, `cannot parse "${text}" to a valid timestamp`);
}

/** ms of `15`, `0.5`, `1m30s`, `1d`, `2w`, `1y`; null if it is none of these. */
export function parseSpan(text: string): number | null {
  if (NUMBER.test(text)) {
    const ms = Number(text) * 1000;
    return Number.isFinite(ms) && Math.abs(ms) <= LATEST ? ms : null;
  }
  // Weeks and years, which configuration files do not have, in days.
  const days = text.replace(/(\d+)y/, (_, n) => `${Number(n) * 365}d`).replace(/(\d+)w/, (_, n) => `${Number(n) * 7}d`);
  return parseDuration(days);
}
