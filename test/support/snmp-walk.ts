import { readFileSync } from 'node:fs';

/** Values of a device by OID, in the order of a walk; bytes as they stand on the wire, with their tag. */
export type Walk = Map<string, { readonly tag: number; readonly bytes: Uint8Array }>;

/** A recorded walk in the form of snmpsim's .snmprec: `OID|TAG|VALUE`, `x` behind the tag for hexadecimal; lines with # are comments. */
export function readWalk(path: string): Walk {
  return walkOf(
    readFileSync(path, 'utf8')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => {
        const [oid, tag, ...value] = line.split('|');
        return [oid!, tag!, value.join('|')];
      }),
  );
}

/** From rows [OID, tag, value]. */
export function walkOf(rows: readonly (readonly [oid: string, tag: string, value: string | number | bigint])[]): Walk {
  const sorted = [...rows].sort(([a], [b]) => compareOids(a, b));
  return new Map(
    sorted.map(([oid, tag, value]) => {
      const kind = Number.parseInt(tag, 10);
      const bytes = tag.endsWith('x') ? Buffer.from(String(value), 'hex') : valueBytes(kind, value);
      return [oid, { tag: kind, bytes }];
    }),
  );
}

export function compareOids(a: string, b: string): number {
  const left = a.split('.').map(Number);
  const right = b.split('.').map(Number);
  for (let i = 0; i < left.length && i < right.length; i++) if (left[i] !== right[i]) return left[i]! - right[i]!;
  return left.length - right.length;
}

function valueBytes(tag: number, value: string | number | bigint): Uint8Array {
  if (tag === 4) return Buffer.from(String(value), 'utf8');
  if (tag === 6) return oidBytes(String(value));
  if (tag === 64) return Uint8Array.from(String(value).split('.').map(Number));
  if (tag === 5 || tag >= 128) return new Uint8Array();
  return integerBytes(BigInt(value));
}

/** Two's complement, as short as it goes (X.690, 8.3). */
export function integerBytes(value: bigint): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (;;) {
    bytes.unshift(Number(rest & 0xffn));
    rest >>= 8n;
    const sign = bytes[0]! >= 0x80;
    if ((rest === 0n && !sign) || (rest === -1n && sign)) return Uint8Array.from(bytes);
  }
}

export function oidBytes(oid: string): Uint8Array {
  const [first, second, ...rest] = oid.split('.').map(Number) as [number, number, ...number[]];
  const bytes = [first * 40 + second];
  for (const part of rest) {
    const seven = [part & 0x7f];
    for (let left = Math.floor(part / 128); left > 0; left = Math.floor(left / 128))
      seven.unshift((left & 0x7f) | 0x80);
    bytes.push(...seven);
  }
  return Uint8Array.from(bytes);
}

/** A switch with so many ports, laid out as the vendors of such do it: numbers with holes, an alias on some, and one more interface for management. */
export function switchWalk(ports: number, options: { readonly counter?: (port: number) => bigint } = {}): Walk {
  const counter = options.counter ?? ((port) => BigInt(port) * 1_000_000_007n + (1n << 40n));
  const rows: [string, string, string | number | bigint][] = [
    ['1.3.6.1.2.1.1.1.0', '4', 'ExampleOS 4.28.1F, 52 ports'],
    ['1.3.6.1.2.1.1.2.0', '6', '1.3.6.1.4.1.30065.1.3011.7050'],
    ['1.3.6.1.2.1.1.3.0', '67', 123_456_789],
    ['1.3.6.1.2.1.1.4.0', '4', 'noc@example.org'],
    ['1.3.6.1.2.1.1.5.0', '4', 'switch-1'],
    ['1.3.6.1.2.1.1.6.0', '4', 'row 4, rack 12'],
    ['1.3.6.1.2.1.1.7.0', '2', 14],
    ['1.3.6.1.2.1.2.1.0', '2', ports + 1],
    ['1.3.6.1.6.3.10.2.1.2.0', '2', 7],
    ['1.3.6.1.6.3.10.2.1.3.0', '2', 1_234_567],
  ];
  const all = Array.from({ length: ports }, (_, i) => i + 1).concat(999_001);
  for (const port of all) {
    const management = port === 999_001;
    const name = management ? 'Management1' : `Ethernet${port}`;
    const big = counter(port);
    const narrow = big % (1n << 32n);
    const column = (n: number, tag: string, value: string | number | bigint) =>
      rows.push([`1.3.6.1.2.1.2.2.1.${n}.${port}`, tag, value]);
    const extended = (n: number, tag: string, value: string | number | bigint) =>
      rows.push([`1.3.6.1.2.1.31.1.1.1.${n}.${port}`, tag, value]);
    column(1, '2', port);
    column(2, '4', name);
    column(3, '2', 6);
    column(4, '2', 9214);
    column(5, '66', management ? 1_000_000_000 : 4_294_967_295);
    column(6, '4x', `001c73${(port % 2 ** 24).toString(16).padStart(6, '0')}`);
    column(7, '2', 1);
    column(8, '2', port % 7 === 0 ? 2 : 1);
    column(9, '67', 4711 + (port % 100));
    for (const n of [10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20]) column(n, '65', narrow / BigInt(n));
    column(21, '66', 0);
    column(22, '6', '0.0');
    extended(1, '4', name);
    for (const n of [2, 3, 4, 5]) extended(n, '65', narrow / BigInt(n));
    extended(6, '70', big);
    for (const n of [7, 8, 9, 10, 11, 12, 13]) extended(n, '70', big / BigInt(n));
    extended(14, '2', 1);
    extended(15, '66', management ? 1000 : 10_000);
    extended(16, '2', 2);
    extended(17, '2', 1);
    extended(18, '4', port === 1 ? 'uplink to "core-1"' : '');
    extended(19, '67', 0);
  }
  return walkOf(rows);
}
