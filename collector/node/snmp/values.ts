import type { RawVarbind } from 'net-snmp';

/** Kinds of values on the wire (RFC 2578, RFC 3416; the application's tags). */
export const KIND = {
  integer: 2,
  octets: 4,
  oid: 6,
  address: 64,
  counter32: 65,
  gauge32: 66,
  ticks: 67,
  opaque: 68,
  counter64: 70,
  noObject: 128,
  noInstance: 129,
  endOfView: 130,
} as const;

/** A variable as it came: OID, kind and value (a number, bytes, or an OID as text; null: there is no such thing). */
export type Varbind = RawVarbind;

/** The device has nothing there. */
export function isNothing(varbind: Varbind): boolean {
  return varbind.type >= KIND.noObject && varbind.type <= KIND.endOfView;
}

/**
 * The number of a value; NaN if it is none. A Counter64 becomes the nearest double: above 2^53 (9 PB in octets) the last bits are lost, at most 1024 of 2^64.
 */
export function numberOf({ type, value }: Varbind): number {
  if (typeof value === 'number') return value;
  if (!Buffer.isBuffer(value)) return Number.NaN;
  if (type === KIND.counter64) {
    const big = counter64(value);
    return big === null ? Number.NaN : Number(big);
  }
  return type === KIND.opaque ? opaqueFloat(value) : Number.NaN;
}

/** A Counter64, exactly; null: it has more bits. */
export function counter64(bytes: Buffer): bigint | null {
  const start = bytes.length === 9 && bytes[0] === 0 ? 1 : 0;
  if (bytes.length - start > 8 || bytes.length === 0) return null;
  let value = 0n;
  for (let i = start; i < bytes.length; i++) value = value * 256n + BigInt(bytes[i]!);
  return value;
}

/** Floats and doubles in an Opaque, as net-snmp's agent wraps them: 9f 78 04 and four bytes, 9f 79 08 and eight. */
function opaqueFloat(bytes: Buffer): number {
  if (bytes.length === 7 && bytes.readUIntBE(0, 3) === 0x9f7804) return bytes.readFloatBE(3);
  if (bytes.length === 11 && bytes.readUIntBE(0, 3) === 0x9f7908) return bytes.readDoubleBE(3);
  return Number.NaN;
}

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/** The text of a value of a kind of text: DisplayString, PhysAddress48, anything else as hexadecimal, the way snmp_exporter writes them. */
export function textOf({ value }: Varbind, kind: string): string {
  if (typeof value === 'number') return String(value);
  if (typeof value === 'string') return value;
  if (!Buffer.isBuffer(value)) return '';
  if (kind === 'DisplayString') return utf8.decode(value).replaceAll('\u0000', '');
  if (kind === 'PhysAddress48') return macText([...value]);
  if (kind === 'InetAddressIPv4' && value.length === 4) return [...value].join('.');
  return value.length === 0 ? '' : `0x${value.toString('hex').toUpperCase()}`;
}

/** Six numbers as an address of Ethernet; what is missing is zero. */
export function macText(numbers: readonly number[]): string {
  const six = Array.from({ length: 6 }, (_, i) => numbers[i] ?? 0);
  return six.map((byte) => byte.toString(16).toUpperCase().padStart(2, '0')).join(':');
}
