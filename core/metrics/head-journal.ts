import { readdirSync, readFileSync, statSync, unlinkSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { HeliographError } from '../../lib/errors.ts';
import { syncDirectory } from '../disk/sync-directory.ts';
import { JOURNAL_VERSION, unknownVersion } from './head-record.ts';

const NAME = /^head-(\d{10})\.log$/;
/** Before each record. */
const HEADER = 8;
/** At the start of a segment. */
const OPENING = 16;
const MAGIC = 0x4a484748;

/**
 * The journal of the head: records in segments, fsynced before a write resolves, all deleted when the head's chunks are in
 * the days' files. segment = opening, records; opening = "HGHJ", u32 version, u32 CRC-32 of these eight, four zeros;
 * record = u32 length, u32 CRC-32 of the payload, payload padded to 8 bytes; all little-endian. A segment is never appended
 * to by a later process, so what is torn at its end was never acknowledged.
 */
export class HeadJournal {
  readonly #directory: string;
  #file: FileHandle | null = null;
  #position = 0;
  #number: number;

  constructor(directory: string) {
    this.#directory = directory;
    this.#number = this.segments().at(-1) ?? 0;
  }

  /** Numbers of the segments on disk, ascending. */
  segments(): number[] {
    return readdirSync(this.#directory)
      .flatMap((name) => NAME.exec(name)?.[1] ?? [])
      .map(Number)
      .sort((a, b) => a - b);
  }

  /** The segment being written; 0 before the first. */
  get number(): number {
    return this.#number;
  }

  /** Bytes in the segment being written. */
  get position(): number {
    return this.#position;
  }

  /** Starts a segment, numbered at least `atLeast`; durable with its directory entry. */
  async start(atLeast = 0): Promise<void> {
    const number = Math.max(this.#number + 1, atLeast);
    const file = await open(this.#path(number), 'wx');
    try {
      syncDirectory(this.#directory);
    } catch (error) {
      await file.close();
      // Its name would be in the way of every later try.
      unlinkSync(this.#path(number));
      throw error;
    }
    const empty = this.#file !== null && this.#position === 0 ? this.#path(this.#number) : null;
    await this.#file?.close();
    this.#file = file;
    this.#number = number;
    this.#position = 0;
    // Nothing in it was ever acknowledged. On a full disk that is one for each try.
    if (empty !== null) unlinkSync(empty);
  }

  /** Appends the records and makes them durable. On an error nothing may be taken as written: start a new segment. */
  async append(payloads: readonly Uint8Array[]): Promise<void> {
    const file = this.#file;
    if (!file) throw new HeliographError('HG_STORE_DISK', 'the head journal has no open segment');
    const parts: Uint8Array[] = this.#position === 0 ? [opening()] : [];
    let length = parts.length * OPENING;
    for (const payload of payloads) {
      const header = new DataView(new ArrayBuffer(HEADER));
      header.setUint32(0, payload.length, true);
      header.setUint32(4, crc32(payload), true);
      parts.push(new Uint8Array(header.buffer), payload);
      length += HEADER + payload.length;
    }
    try {
      await writeAll(file, parts, this.#position);
      await file.datasync();
    } catch (error) {
      const why = error as NodeJS.ErrnoException;
      const facts = { path: this.#path(this.#number), bytes: length, code: why.code };
      throw new HeliographError('HG_STORE_DISK', `${facts.path}: ${why.message}`, facts, error);
    }
    this.#position += length;
  }

  /**
   * Reads a segment; gives how many bytes at its end or in it could not be used.
   * @throws HeliographError HG_STORE_VERSION for one that another version wrote: nothing of it is taken
   */
  replay(number: number, take: (payload: Uint8Array) => void): { damaged: number } {
    const file = readFileSync(this.#path(number));
    // Copied to an own buffer: the columns in a record are read in place and must be aligned.
    const bytes = new Uint8Array(file.length);
    bytes.set(file);
    const view = new DataView(bytes.buffer);
    const begin = this.#opened(number, bytes, view);
    let { at, damaged } = begin;
    while (at + HEADER <= bytes.length) {
      const length = view.getUint32(at, true);
      if (length === 0 || length % 8 !== 0 || at + HEADER + length > bytes.length) break;
      const payload = bytes.subarray(at + HEADER, at + HEADER + length);
      if (crc32(payload) === view.getUint32(at + 4, true)) take(payload);
      else damaged += HEADER + length;
      at += HEADER + length;
    }
    return { damaged: damaged + bytes.length - at };
  }

  /** Where the records begin. A damaged opening costs nothing but itself. */
  #opened(number: number, bytes: Uint8Array, view: DataView): { at: number; damaged: number } {
    if (bytes.length < OPENING) return { at: 0, damaged: 0 };
    const sound = crc32(bytes.subarray(0, 8)) === view.getUint32(8, true) && view.getUint32(0, true) === MAGIC;
    if (!sound) {
      const length = view.getUint32(0, true);
      const first = bytes.subarray(HEADER, HEADER + length);
      const old = first.length === length && length > 0 && crc32(first) === view.getUint32(4, true);
      return old ? { at: 0, damaged: 0 } : { at: OPENING, damaged: OPENING };
    }
    const version = view.getUint32(4, true);
    if (version !== JOURNAL_VERSION) throw unknownVersion(this.#path(number), version);
    return { at: OPENING, damaged: 0 };
  }

  bytes(): number {
    return this.segments().reduce((sum, number) => sum + statSync(this.#path(number)).size, 0);
  }

  /** Deletes every segment below `number`. */
  deleteBefore(number: number): void {
    for (const old of this.segments()) if (old < number) unlinkSync(this.#path(old));
  }

  async close(): Promise<void> {
    await this.#file?.close();
    this.#file = null;
  }

  #path(number: number): string {
    return join(this.#directory, `head-${String(number).padStart(10, '0')}.log`);
  }
}

function opening(): Uint8Array {
  const bytes = new Uint8Array(OPENING);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint32(4, JOURNAL_VERSION, true);
  view.setUint32(8, crc32(bytes.subarray(0, 8)), true);
  return bytes;
}

async function writeAll(file: FileHandle, parts: readonly Uint8Array[], position: number): Promise<void> {
  let at = position;
  // writev takes 1,024 parts at most.
  for (let from = 0; from < parts.length; from += 1_000) {
    const some = parts.slice(from, from + 1_000);
    const wanted = some.reduce((sum, part) => sum + part.length, 0);
    const { bytesWritten } = await file.writev(some, at);
    if (bytesWritten < wanted) {
      const rest = Buffer.concat(some).subarray(bytesWritten);
      let done = 0;
      while (done < rest.length) {
        done += (await file.write(rest, done, rest.length - done, at + bytesWritten + done)).bytesWritten;
      }
    }
    at += wanted;
  }
}
