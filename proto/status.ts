import type { Ledger } from '../lib/ledger.ts';
import { decodeMap, encodeMap } from './cbor-map.ts';
import { DATA_CLASSES, type DataClass } from './class.ts';
import { Fields } from './fields.ts';
import type { Boot } from './hash.ts';
import { malformed } from './wire-error.ts';

/** Where a collector's class stands. */
export interface ClassStatus {
  /** The sequence that the next frame gets. */
  readonly next: number;
  readonly floor: number;
  /** Acknowledged sequences of the current boot, at or above the floor, as closed intervals. */
  readonly acknowledged: readonly (readonly [number, number])[];
  readonly queuedFrames: number;
  readonly queuedItems: number;
  readonly queuedBytes: number;
}

/** What a collector says of itself: retained on fleet/<host>/status, and its last will (state down). */
export interface Status {
  readonly state: 'up' | 'down';
  /** With state down, as the last word on a connection: another relay has taken the host in, at this address. */
  readonly movedTo?: string | undefined;
  /** Random for each connection: a late last will of an old connection is known by it. */
  readonly connection: string;
  readonly boot: Boot;
  /** ms since the epoch, collector's clock. */
  readonly time: number;
  /** Of the software. */
  readonly version: string;
  readonly profile: string;
  /** Series it sends. */
  readonly series: number;
  readonly classes: Readonly<Partial<Record<DataClass, ClassStatus>>>;
  readonly ledger: Ledger | null;
  /** By source: what it says of itself. */
  readonly sources: Readonly<Record<string, unknown>>;
}

/** @throws HG_WIRE_LIMIT */
export function encodeStatus(status: Status): Uint8Array {
  return encodeMap({ v: 1, ...status });
}

/** @throws HG_WIRE_* */
export function decodeStatus(bytes: Uint8Array): Status {
  const fields = new Fields(decodeMap(bytes, 'status'), 'a status');
  const state = fields.text('state');
  if (state !== 'up' && state !== 'down') throw malformed(`a status with state ${state.slice(0, 20)}`);
  const classes: Partial<Record<DataClass, ClassStatus>> = {};
  for (const [name, value] of Object.entries(fields.record('classes'))) {
    const dataClass = DATA_CLASSES.find((known) => known === name);
    // A class of a later version is that version's business.
    if (dataClass !== undefined) classes[dataClass] = classStatus(value);
  }
  const ledger = fields.optionalRecord('ledger');
  if (ledger !== null && (ledger.version !== 1 || !Array.isArray(ledger.entries)))
    throw malformed('a ledger without entries');
  return {
    state,
    ...(fields.has('movedTo') ? { movedTo: fields.text('movedTo') } : {}),
    connection: fields.text('connection'),
    boot: fields.boot('boot'),
    time: fields.number('time'),
    version: fields.text('version'),
    profile: fields.text('profile'),
    series: fields.number('series'),
    classes,
    ledger: ledger as Ledger | null,
    sources: fields.record('sources'),
  };
}

function classStatus(value: unknown): ClassStatus {
  const fields = new Fields(value, 'a class of a status');
  return {
    next: fields.count('next'),
    floor: fields.count('floor'),
    acknowledged: fields.ranges('acknowledged'),
    queuedFrames: fields.count('queuedFrames'),
    queuedItems: fields.count('queuedItems'),
    queuedBytes: fields.count('queuedBytes'),
  };
}
