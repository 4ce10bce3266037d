import { DATA_CLASSES, type DataClass } from '../../../proto/class.ts';
import type { Host } from '../host.ts';
import type { Checkpoint } from '../tail/positions.ts';
import type { BootSpan } from './boots.ts';
import type { OpenGap } from './open-gaps.ts';

/** What the spool keeps beside the cursors, so that a start reads only the records after it. JSON as it is. */
export interface SpoolState {
  readonly version: 1;
  /** By class: records before this position are spoken for by the rest of this state. */
  readonly covered: Readonly<Record<DataClass, number>>;
  readonly spans: readonly BootSpan[];
  readonly openGaps: readonly OpenGap[];
  readonly tail: Checkpoint;
}

export function encodeState(host: Host, state: SpoolState): Uint8Array {
  return host.utf8Bytes(JSON.stringify(state));
}

/** Null where there is none or it is of another version: then everything in the spool is looked at. */
export function decodeState(host: Host, bytes: Uint8Array | undefined): SpoolState | null {
  if (bytes === undefined) return null;
  const state: SpoolState = JSON.parse(host.utf8(bytes, 0, bytes.length));
  if (state.version !== 1) {
    host.log('warn', 'the state of the spool is of another version, all records are looked at', {
      version: state.version,
    });
    return null;
  }
  return state;
}

export function byClass<T>(make: (dataClass: DataClass) => T): Record<DataClass, T> {
  const all = {} as Record<DataClass, T>;
  for (const name of DATA_CLASSES) all[name] = make(name);
  return all;
}
