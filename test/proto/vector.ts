import { decodeBase } from '../../proto/base.ts';
import { decodeBlock } from '../../proto/block.ts';
import { decodeFrame } from '../../proto/frame.ts';
import { hex } from '../../proto/hash.ts';
import { decodeControl, decodeDesired, decodeStatus } from '../../proto/message.ts';
import { decodeDefinition } from '../../proto/page.ts';
import { TOOLS, unzstd } from './samples.ts';

export type VectorKind = 'definition' | 'frame' | 'block' | 'status' | 'control' | 'desired';

/** A message decoded and written so that JSON loses nothing: byte strings in hex, doubles as the 16 hex digits of their bits (big endian). */
export function describeVector(kind: VectorKind, bytes: Uint8Array): unknown {
  if (kind === 'definition') {
    const definition = decodeDefinition(bytes);
    return definition.kind === 'page'
      ? definition
      : { kind: 'base', page: definition.page, values: doubles(decodeBase(definition.columns, 5)) };
  }
  if (kind === 'frame') {
    const frame = decodeFrame(bytes, TOOLS);
    if (frame.kind !== 'metrics') return frame;
    const sections = frame.sections.map(({ finite, ...section }) => {
      // What the decoder found out is no part of the wire; it has to be true.
      if (finite && !section.values.every(Number.isFinite)) throw new TypeError('said to be finite, and is not');
      return {
        ...section,
        times: [...section.times],
        values: doubles(section.values),
        present: section.present === null ? null : [...section.present],
      };
    });
    return { ...frame, sections };
  }
  if (kind === 'block') {
    const block = decodeBlock(bytes, unzstd);
    return { ...block, entries: block.entries.map((entry) => ({ ...entry, frame: hex(entry.frame) })) };
  }
  return kind === 'status' ? decodeStatus(bytes) : kind === 'control' ? decodeControl(bytes) : decodeDesired(bytes);
}

function doubles(values: Float64Array): string[] {
  const view = new DataView(values.buffer, values.byteOffset, values.byteLength);
  return Array.from(values, (_, i) => {
    const high = view.getUint32(i * 8 + 4, true);
    const low = view.getUint32(i * 8, true);
    return high.toString(16).padStart(8, '0') + low.toString(16).padStart(8, '0');
  });
}
