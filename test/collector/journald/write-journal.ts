/** An entry as it is written: its time in microseconds, its fields `NAME=value`. */
export interface WrittenEntry {
  readonly sequence: number;
  readonly time: number;
  readonly fields: readonly string[];
}

/** What the head of a hostile or damaged file says instead. */
export interface Instead {
  readonly tail?: number;
  readonly entries?: number;
  readonly arena?: number;
  readonly arrayBytes?: number;
}

/** The bytes of an archived journal file with these entries (systemd.io/JOURNAL_FILE_FORMAT), as much as its reader needs. */
export function journalOf(entries: readonly WrittenEntry[], instead: Instead = {}): Buffer {
  const HEAD = 208;
  const parts: Buffer[] = [];
  let at = HEAD;
  const put = (type: number, body: Buffer): number => {
    const bytes = Buffer.alloc(Math.ceil((16 + body.length) / 8) * 8);
    bytes[0] = type;
    bytes.writeBigUInt64LE(BigInt(16 + body.length), 8);
    body.copy(bytes, 16);
    parts.push(bytes);
    at += bytes.length;
    return at - bytes.length;
  };
  const shared = new Map<string, number>();
  const offsets = entries.map(({ sequence, time, fields }) => {
    const body = Buffer.alloc(48 + fields.length * 16);
    body.writeBigUInt64LE(BigInt(sequence), 0);
    body.writeBigUInt64LE(BigInt(time), 8);
    fields.forEach((field, i) => {
      const offset = shared.get(field) ?? put(1, Buffer.concat([Buffer.alloc(48), Buffer.from(field)]));
      shared.set(field, offset);
      body.writeBigUInt64LE(BigInt(offset), 48 + i * 16);
    });
    return put(3, body);
  });
  const array = Buffer.alloc(8 + offsets.length * 8);
  offsets.forEach((offset, i) => {
    array.writeBigUInt64LE(BigInt(offset), 8 + i * 8);
  });
  const arrayAt = put(6, array);
  if (instead.arrayBytes !== undefined) parts.at(-1)!.writeBigUInt64LE(BigInt(instead.arrayBytes), 8);
  const head = Buffer.alloc(HEAD);
  head.write('LPKSHHRH', 0, 'latin1');
  head[16] = 2;
  head.fill(9, 24, 40);
  const numbers: [number, number][] = [
    [88, HEAD],
    [96, instead.arena ?? at - HEAD],
    [152, instead.entries ?? entries.length],
    [160, instead.tail ?? entries.at(-1)!.sequence],
    [168, entries[0]!.sequence],
    [176, arrayAt],
    [184, entries[0]!.time],
    [192, entries.at(-1)!.time],
  ];
  for (const [place, value] of numbers) head.writeBigUInt64LE(BigInt(value), place);
  return Buffer.concat([head, ...parts]);
}
