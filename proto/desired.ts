import { isRecord } from './cbor-map.ts';
import { LIMITS } from './limits.ts';
import { decodeUtf8, encodeUtf8 } from './utf8.ts';
import { unknownVersion } from './version.ts';
import { malformed, overLimit, torn } from './wire-error.ts';

/** From the noisiest; a collector sends lines of a service's level and above. */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warning', 'error', 'fatal'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** The lowest level of some services, as somebody wants it for a time. */
export interface LevelWish {
  /** A name, or a pattern with `*` (any characters) and `?` (one). */
  readonly service: string;
  readonly level: LogLevel;
  /** When it ends, ms since the epoch by the core's clock; null: never. */
  readonly until: number | null;
  /** Who wants it, and why; '' where nobody said. */
  readonly by: string;
  readonly why: string;
}

/** The wanted configuration of a host: JSON, retained on fleet/<host>/desired. */
export interface Desired {
  /** The lowest level to send, by service; `*` is every other service. What a collector that knows no wishes goes by. */
  readonly levels: Readonly<Record<string, LogLevel>>;
  /** When the levels end, ms since the epoch; null: never. */
  readonly until: number | null;
  /** Each with an end of its own, in place of `levels`; the last that fits a service is in force. Left out: `levels` are all there is. */
  readonly wishes?: readonly LevelWish[];
}

/** A text of a wish is for people, and short. */
const MOST_TEXT = 500;
export const MOST_WISHES = 100;

export function encodeDesired(desired: Desired): Uint8Array {
  const { levels, until, wishes } = desired;
  return encodeUtf8(
    JSON.stringify({ version: 1, levels, ...(until === null ? {} : { until }), ...(wishes ? { wishes } : {}) }),
  );
}

/** @throws HG_WIRE_* */
export function decodeDesired(bytes: Uint8Array): Desired {
  if (bytes.length > LIMITS.messageMapBytes)
    throw overLimit('bytes of a message', bytes.length, LIMITS.messageMapBytes);
  const document = parse(decodeUtf8(bytes, 0, bytes.length));
  if (!isRecord(document)) throw malformed('a desired configuration is a JSON object');
  if (document.version !== 1) throw unknownVersion(document.version, 'desired configuration');
  if (!isRecord(document.levels)) throw malformed('levels of a desired configuration is an object');
  const levels = Object.entries(document.levels).map(([service, name]): [string, LogLevel] => [
    service,
    levelOf(name, service),
  ]);
  const until = timeOf(document.until);
  const wishes = document.wishes === undefined ? {} : { wishes: wishesOf(document.wishes) };
  return { levels: Object.fromEntries(levels), until, ...wishes };
}

/** The same as wishes, where it has none: services by name after the one for all others. */
export function wishesOfDesired({ levels, until, wishes }: Desired): readonly LevelWish[] {
  if (wishes !== undefined) return wishes;
  const names = Object.keys(levels).sort((a, b) => Number(b === '*') - Number(a === '*'));
  return names.map((service) => ({ service, level: levels[service]!, until, by: '', why: '' }));
}

function wishesOf(list: unknown): LevelWish[] {
  if (!Array.isArray(list)) throw malformed('wishes of a desired configuration is a list');
  if (list.length > MOST_WISHES) throw overLimit('wishes', list.length, MOST_WISHES);
  return list.map((wish: unknown) => {
    if (!isRecord(wish)) throw malformed('a wish is an object');
    const { service } = wish;
    if (typeof service !== 'string' || service === '') throw malformed('service of a wish is a name or a pattern');
    const text = (value: unknown): string => (typeof value === 'string' ? value.slice(0, MOST_TEXT) : '');
    const { level, until, by, why } = wish;
    return { service, level: levelOf(level, service), until: timeOf(until), by: text(by), why: text(why) };
  });
}

function levelOf(name: unknown, service: string): LogLevel {
  const level = name === 'warn' ? 'warning' : LOG_LEVELS.find((known) => known === name);
  if (level !== undefined) return level;
  throw malformed(`the level of ${service.slice(0, 100)} is one of ${LOG_LEVELS.join(', ')}`);
}

function timeOf(value: unknown): number | null {
  const time = value ?? null;
  if (time !== null && (typeof time !== 'number' || !Number.isFinite(time))) throw malformed('until is a time in ms');
  return time;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    // Too deep is a RangeError, anything else a SyntaxError; both are the sender's.
    throw torn(`not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}
