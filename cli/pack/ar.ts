/** deb(5): an ar archive in the common format, with no folder of names: each at most 16 bytes. */
const MAGIC = '!<arch>\n';

export interface Member {
  readonly name: string;
  readonly data: Uint8Array;
}

/** @param epoch seconds: the time of all members */
export function arArchive(members: readonly Member[], epoch: number): Buffer {
  const parts: Uint8Array[] = [Buffer.from(MAGIC)];
  for (const { name, data } of members) {
    const header = [
      name.padEnd(16),
      String(epoch).padEnd(12),
      '0'.padEnd(6),
      '0'.padEnd(6),
      '100644'.padEnd(8),
      String(data.length).padEnd(10),
      '`\n',
    ].join('');
    if (header.length !== 60) throw new Error(`${name} does not fit into a header of ar`);
    parts.push(Buffer.from(header), data);
    // Members begin at even places.
    if (data.length % 2 === 1) parts.push(Buffer.from('\n'));
  }
  return Buffer.concat(parts);
}
