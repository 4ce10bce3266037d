import type { Form, Part } from './pieces.ts';
import type { StrictReader } from './protobuf.ts';

/** A message within another, and its fields of the tags that can be divided. */
export interface ProtobufPart extends Part<ProtobufPart> {
  /** Of the field that it is; 0: it is the outermost. */
  readonly tag: number;
  /** Behind its tag and its length. */
  readonly bodyFrom: number;
}

/** Tags of the lists (below 128) from the outermost message inwards; of a step with several a message has at most one field. */
export type TagPath = readonly (readonly number[])[];

/**
 * Where the messages of a list stand, found without reading what is in them.
 * @param least messages of fewer bytes are not looked into
 * @param reader what `readProtobuf` gives; it counts the messages
 * @throws RangeError, HeliographError HG_DOOR_BODY (too many messages)
 */
export function protobufParts(reader: StrictReader, path: TagPath, least: number): ProtobufPart {
  const children = childrenOf(reader, reader.len, path, 0, least);
  return { from: 0, to: reader.len, bodyFrom: 0, tag: 0, children };
}

function childrenOf(
  reader: StrictReader,
  end: number,
  path: TagPath,
  step: number,
  least: number,
): ProtobufPart[] | null {
  const tags = path[step]!;
  const children: ProtobufPart[] = [];
  while (reader.pos < end) {
    const from = reader.pos;
    const tag = reader.uint32();
    if (!tags.includes(tag)) {
      reader.skipType(tag & 7);
      continue;
    }
    reader.parts.add(1);
    const to = reader.end();
    const bodyFrom = reader.pos;
    const inner = step + 1 < path.length && to - from > least ? childrenOf(reader, to, path, step + 1, least) : null;
    reader.pos = to;
    children.push({ from, to, tag, bodyFrom, children: inner });
  }
  reader.at(end);
  return tags.length > 1 && children.length !== 1 ? null : children;
}

export function protobufForm(bytes: Uint8Array): Form<ProtobufPart> {
  return {
    group: (parts) => parts.map(({ from, to }) => bytes.subarray(from, to)),
    wrap: ({ tag, bodyFrom, to, children }, content) => {
      const inner: Uint8Array[] = [];
      let at = bodyFrom;
      for (const child of children!) {
        if (child.from > at) inner.push(bytes.subarray(at, child.from));
        at = child.to;
      }
      if (to > at) inner.push(bytes.subarray(at, to));
      const all = inner.concat(content);
      return tag === 0 ? all : [header(tag, lengthOf(all)), ...all];
    },
  };
}

function lengthOf(slices: readonly Uint8Array[]): number {
  return slices.reduce((sum, { length }) => sum + length, 0);
}

function header(tag: number, length: number): Uint8Array {
  const bytes = [tag];
  let rest = length;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  bytes.push(rest);
  return Uint8Array.from(bytes);
}
