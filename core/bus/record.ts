import { HeliographError } from '../../lib/errors.ts';
import type { BusRecord } from '../ports/bus.ts';

const VERSION = 1;
const decoder = new TextDecoder('utf-8', { fatal: true });

/** A bus record in a journal: version u8, key length u16 LE, key in UTF-8, value. */
export function encodeBusRecord(record: BusRecord): Uint8Array {
  const key = Buffer.from(record.key, 'utf8');
  if (key.length > 0xffff) throw new HeliographError('HG_BUS_RECORD', `a key of ${key.length} bytes`);
  // All of it is written below.
  const bytes = Buffer.allocUnsafe(3 + key.length + record.value.length);
  bytes[0] = VERSION;
  bytes[1] = key.length & 0xff;
  bytes[2] = key.length >>> 8;
  bytes.set(key, 3);
  bytes.set(record.value, 3 + key.length);
  return bytes;
}

/** The same back; HG_BUS_RECORD for anything else. The value is a view of `bytes`. */
export function decodeBusRecord(bytes: Uint8Array): BusRecord {
  if (bytes.length < 3 || bytes[0] !== VERSION) {
    throw new HeliographError('HG_BUS_RECORD', `${bytes.length} bytes, version ${bytes[0]}`);
  }
  const end = 3 + bytes[1]! + bytes[2]! * 256;
  if (end > bytes.length) throw new HeliographError('HG_BUS_RECORD', `a key of ${end - 3} bytes in ${bytes.length}`);
  try {
    return { key: decoder.decode(bytes.subarray(3, end)), value: bytes.subarray(end) };
  } catch (cause) {
    throw new HeliographError('HG_BUS_RECORD', 'the key is not UTF-8', {}, cause);
  }
}
