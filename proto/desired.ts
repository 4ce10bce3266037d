import { isRecord } from './cbor-map.ts';
import { LIMITS } from './limits.ts';
import { decodeUtf8, encodeUtf8 } from './utf8.ts';
import { unknownVersion } from './version.ts';
import { malformed, overLimit, torn } from './wire-error.ts';

/** From the noisiest; a collector sends lines of a service's level and above. */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warning', 'error', 'fatal'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** The wanted configuration of a host: JSON, retained on fleet/<host>/desired. */
export interface Desired {
  /** The lowest level to send, by service; `*` is every other service. */
  readonly levels: Readonly<Record<string, LogLevel>>;
  /** When the levels end, ms since the epoch; null: never. */
  readonly until: number | null;
}

export function encodeDesired(desired: Desired): Uint8Array {
  const { levels, until } = desired;
  return encodeUtf8(JSON.stringify({ version: 1, levels, ...(until === null ? {} : { until }) }));
}

/** @throws HG_WIRE_* */
export function decodeDesired(bytes: Uint8Array): Desired {
  if (bytes.length > LIMITS.messageMapBytes)
    throw overLimit('bytes of a message', bytes.length, LIMITS.messageMapBytes);
  const document = parse(decodeUtf8(bytes, 0, bytes.length));
  if (!isRecord(document)) throw malformed('a desired configuration is a JSON object');
  if (document.version !== 1) throw unknownVersion(document.version, 'desired configuration');
  if (!isRecord(document.levels)) throw malformed('levels of a desired configuration is an object');
  const levels = Object.entries(document.levels).map(([service, name]): [string, LogLevel] => {
    const level = name === 'warn' ? 'warning' : LOG_LEVELS.find((known) => known === name);
    if (level === undefined)
      throw malformed(`the level of ${service.slice(0, 100)} is one of ${LOG_LEVELS.join(', ')}`);
    return [service, level];
  });
  const until = document.until ?? null;
  if (until !== null && (typeof until !== 'number' || !Number.isFinite(until)))
    throw malformed('until is a time in ms');
  return { levels: Object.fromEntries(levels), until };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    // Too deep is a RangeError, anything else a SyntaxError; both are the sender's.
    throw torn(`not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}
