/** FNV-1a of 64 bits, in halves: where it begins, and its prime, which is 2^40 and this. */
const OFFSET_HIGH = 0xcbf29ce4 | 0;
const OFFSET_LOW = 0x84222325 | 0;
const PRIME_LOW = 0x1b3;
/** Stands in no UTF-8. */
const SEPARATOR = '\xff';

/**
 * A label set in 16 hex digits, as Prometheus and Alertmanager fingerprint it: FNV-1a of names and values, by name. In whole numbers of 32 bits: it is asked
 * for each alert of each evaluation, and BigInt makes an object for each byte.
 */
export function fingerprintOf(labels: Readonly<Record<string, string>>): string {
  let text = '';
  for (const name of Object.keys(labels).sort()) {
    for (const part of [name, labels[name]!]) text += utf8(part) + SEPARATOR;
  }
  let high = OFFSET_HIGH;
  let low = OFFSET_LOW;
  for (let i = 0; i < text.length; i++) {
    low ^= text.charCodeAt(i);
    const least = (low & 0xffff) * PRIME_LOW;
    const next = (low >>> 16) * PRIME_LOW + (least >>> 16);
    high = (Math.imul(high, PRIME_LOW) + (next >>> 16) + (low << 8)) | 0;
    low = (next << 16) | (least & 0xffff);
  }
  return hex(high) + hex(low);
}

/** Its bytes, a character each; most labels are ASCII, and are that already. */
function utf8(text: string): string {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return Buffer.from(text).toString('latin1');
  return text;
}

function hex(half: number): string {
  return (half >>> 0).toString(16).padStart(8, '0');
}
