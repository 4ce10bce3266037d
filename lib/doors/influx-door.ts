import { HeliographError } from '../errors.ts';
import { LineProtocol } from '../ingest/influx/line-protocol.ts';
import { precisionOf } from '../ingest/influx/timestamp.ts';
import type { DoorAnswer, DoorRequest, HttpDoor } from './door.ts';
import type { Taken, Taker } from './taker.ts';

export interface InfluxDoorParts {
  readonly sink: Taker;
  /** Shared by both versions: one client uses one of them. */
  readonly lines: LineProtocol;
  /** ms since the epoch. */
  readonly now: () => number;
}

const JSON_TYPE = 'application/json';
/** Refused items that an answer names; clients log the text. */
const TOLD = 5;

/** What the second version of the API calls an error of a status. */
const CODES: Readonly<Record<number, string>> = {
  400: 'invalid',
  401: 'unauthorized',
  403: 'forbidden',
  413: 'request too large',
  415: 'invalid',
  429: 'too many requests',
  500: 'internal error',
  503: 'unavailable',
};

/** The doors of both versions. @param now ms since the epoch */
export function influxDoors(sink: Taker, now: () => number): InfluxDoor[] {
  const parts = { sink, now, lines: new LineProtocol() };
  return [new InfluxDoor(1, parts), new InfluxDoor(2, parts)];
}

/**
 * InfluxDB's line protocol as Telegraf and InfluxDB's clients write it: POST /write of its first API, POST /api/v2/write of the second. Organisation,
 * bucket and retention policy are not looked at; the database of the first is the label `db`.
 */
export class InfluxDoor implements HttpDoor {
  readonly name: string;
  readonly path: string;
  readonly types = null;
  readonly scope = 'ingest:metrics';
  readonly #version: 1 | 2;
  readonly #parts: InfluxDoorParts;

  constructor(version: 1 | 2, parts: InfluxDoorParts) {
    this.name = `influx_v${version}`;
    this.path = version === 1 ? '/write' : '/api/v2/write';
    this.#version = version;
    this.#parts = parts;
  }

  async take({ query, bytes, guest, key }: DoorRequest): Promise<DoorAnswer> {
    const { sink, lines, now } = this.#parts;
    const word = query.precision ?? '';
    const precision = precisionOf(word);
    if (precision === null) {
      throw new HeliographError('HG_DOOR_SYNTAX', `precision=${word.slice(0, 40)}; write ns, us, ms, s, m or h`);
    }
    const database = this.#version === 1 ? (query.db ?? '') : '';
    const batch = lines.read(bytes, { precision, database, now: now() });
    const taken = await sink.take(this.name, guest, batch, key);
    // Telegraf's own inputs send texts with every batch: an error each time would hide those that matter. They are counted.
    const bad = taken.rejected.filter(({ code }) => code !== 'HG_ITEM_TEXT');
    if (bad.length === 0) return { status: 204, type: JSON_TYPE, body: '' };
    // What was good is stored; a status of 4xx says that the rest must not come again.
    const line = bad.find(({ index }) => index >= 0)?.index;
    return { status: 400, type: JSON_TYPE, body: this.#error(words(taken, bad), 400, line) };
  }

  fail(error: HeliographError, status: number): Pick<DoorAnswer, 'type' | 'body'> {
    return { type: JSON_TYPE, body: this.#error(error.message, status, undefined) };
  }

  /** @param line that is at fault, from 0 */
  #error(message: string, status: number, line: number | undefined): string {
    if (this.#version === 1) return JSON.stringify({ error: message });
    const code = CODES[status] ?? 'internal error';
    return JSON.stringify({ code, message, ...(line === undefined ? {} : { line: line + 1 }) });
  }
}

/** "partial write" is what Telegraf looks for: such a batch does not come again. */
function words({ samples }: Taken, bad: Taken['rejected']): string {
  const items = bad.reduce((sum, one) => sum + one.items, 0);
  const told = bad.slice(0, TOLD).map(({ index, code, message }) => {
    return index < 0 ? `${code}: ${message}` : `line ${index + 1}: ${code}: ${message}`;
  });
  return `partial write: ${items} were refused, ${samples} values are stored: ${told.join('; ')} dropped=${items}`;
}
