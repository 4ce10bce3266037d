import type { CborReader } from './cbor-reader.ts';
import { CborWriter } from './cbor-writer.ts';
import { BOOT_BYTES, type Boot, bootBytes } from './hash.ts';
import { LIMITS } from './limits.ts';
import { malformed, overLimit } from './wire-error.ts';

/** A declared drop: frames of this class that the collector gave up, with the reason. */
export interface Gap {
  readonly boot: Boot;
  /** First and last sequence, both given up, and all between. */
  readonly from: number;
  readonly to: number;
  /** cap, age, corrupt, memory, ... */
  readonly reason: string;
  readonly frames: number;
  readonly items: number;
  /** When the first and the last of them were made, ms since the epoch. */
  readonly firstTime: number;
  readonly lastTime: number;
}

/** @throws HG_WIRE_LIMIT, HG_WIRE_VALUE */
export function encodeGapsBody(gaps: readonly Gap[]): Uint8Array {
  if (gaps.length > LIMITS.records) throw overLimit('declared drops of a frame', gaps.length, LIMITS.records);
  const writer = new CborWriter(gaps.length * 64);
  writer.array(gaps.length);
  for (const gap of gaps) {
    writer.array(8).bytes(bootBytes(gap.boot)).uint(gap.from).uint(gap.to).text(gap.reason, LIMITS.nameBytes);
    writer.uint(gap.frames).uint(gap.items).number(gap.firstTime).number(gap.lastTime);
  }
  return writer.take();
}

/** @throws HG_WIRE_* */
export function readGaps(reader: CborReader): Gap[] {
  const count = reader.array(LIMITS.records, 'the declared drops of a frame');
  const gaps: Gap[] = [];
  for (let i = 0; i < count; i++) {
    reader.tuple(8, 'a declared drop');
    const boot = reader.hex(BOOT_BYTES, 'a boot');
    const from = reader.uint('the first sequence of a drop');
    const to = reader.uint('the last sequence of a drop');
    if (from < 1 || to < from) throw malformed(`a drop from ${from} to ${to}`);
    const reason = reader.text(LIMITS.nameBytes, 'the reason of a drop');
    const frames = reader.uint('the frames of a drop');
    const items = reader.uint('the items of a drop');
    const firstTime = reader.finite('the first time of a drop');
    gaps.push({ boot, from, to, reason, frames, items, firstTime, lastTime: reader.finite('the last time of a drop') });
  }
  return gaps;
}
