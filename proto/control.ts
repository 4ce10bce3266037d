import { decodeMap, encodeMap } from './cbor-map.ts';
import { DATA_CLASSES, type DataClass } from './class.ts';
import { Fields } from './fields.ts';
import { type Hash, hashBytes } from './hash.ts';
import { malformed } from './wire-error.ts';

/** 0 none, 1 slow down, 2 stop. */
export type PressureLevel = 0 | 1 | 2;

/** A message the relay could not take; `sequence` where it could be read. It is acknowledged all the same and not to be sent again. */
export interface RefusedMessage {
  readonly topic: string;
  readonly code: string;
  readonly message: string;
  readonly sequence?: number | undefined;
}

/** What a relay tells a collector on fleet/<host>/control. Any of it may be missing. */
export interface Control {
  /** Definitions to send (again). */
  readonly need?: readonly Hash[] | undefined;
  readonly pressure?: Readonly<Partial<Record<DataClass, PressureLevel>>> | undefined;
  readonly refused?: RefusedMessage | undefined;
  /** Close the connection, and come back after so many ms. 0: stay, it is taken back that this was asked; who does not know that passes it over. */
  readonly comeBackAfterMs?: number | undefined;
  /** Beside `comeBackAfterMs`: the relay serves on for so many ms, in which another relay can take the host in before this one is left. */
  readonly servesMs?: number | undefined;
  /** The relay's clock, ms since the epoch. */
  readonly time?: number | undefined;
}

/** @throws HG_WIRE_LIMIT, HG_WIRE_VALUE */
export function encodeControl(control: Control): Uint8Array {
  return encodeMap({ v: 1, ...control, need: control.need?.map(hashBytes) });
}

/** @throws HG_WIRE_* */
export function decodeControl(bytes: Uint8Array): Control {
  const fields = new Fields(decodeMap(bytes, 'control'), 'a control message');
  return {
    ...(fields.has('need') ? { need: fields.hashes('need') } : {}),
    ...(fields.has('pressure') ? { pressure: pressure(fields.record('pressure')) } : {}),
    ...(fields.has('refused') ? { refused: refused(fields.record('refused')) } : {}),
    ...(fields.has('comeBackAfterMs') ? { comeBackAfterMs: fields.count('comeBackAfterMs') } : {}),
    ...(fields.has('servesMs') ? { servesMs: fields.count('servesMs') } : {}),
    ...(fields.has('time') ? { time: fields.number('time') } : {}),
  };
}

function pressure(levels: Readonly<Record<string, unknown>>): Partial<Record<DataClass, PressureLevel>> {
  const out: Partial<Record<DataClass, PressureLevel>> = {};
  for (const [name, level] of Object.entries(levels)) {
    const dataClass = DATA_CLASSES.find((known) => known === name);
    if (dataClass === undefined) continue;
    if (level !== 0 && level !== 1 && level !== 2) throw malformed(`pressure of ${name} is 0, 1 or 2`);
    out[dataClass] = level;
  }
  return out;
}

function refused(value: Readonly<Record<string, unknown>>): RefusedMessage {
  const fields = new Fields(value, 'a refusal');
  return {
    topic: fields.text('topic'),
    code: fields.text('code'),
    message: fields.text('message'),
    ...(fields.has('sequence') ? { sequence: fields.count('sequence') } : {}),
  };
}
