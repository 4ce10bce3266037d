import { readdirSync, readFileSync, statSync, unlinkSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { HeliographError } from '../../lib/errors.ts';
import { syncDirectory } from '../disk/sync-directory.ts';

const NAME = /^head-(\d{10})\.log$/;
const HEADER = 8;

/**
 * The journal of the head: records in segments, fsynced before a write resolves, all deleted when the head's chunks are in
 * the days' files. record = u32 length, u32 CRC-32 of the payload, payload padded to 8 bytes. A segment is never appended
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
    syncDirectory(this.#directory);
    await this.#file?.close();
    this.#file = file;
    this.#number = number;
    this.#position = 0;
  }

  /** Appends the records and makes them durable. On an error nothing may be taken as written: start a new segment. */
  async append(payloads: readonly Uint8Array[]): Promise<void> {
    const file = this.#file;
    if (!file) throw new HeliographError('HG_STORE_DISK', 'the head journal has no open segment');
    const parts: Uint8Array[] = [];
    let length = 0;
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

  /** Reads a segment; gives how many bytes at its end or in it could not be used. */
  replay(number: number, take: (payload: Uint8Array) => void): { damaged: number } {
    const file = readFileSync(this.#path(number));
    // Copied to an own buffer: the columns in a record are read in place and must be aligned.
    const bytes = new Uint8Array(file.length);
    bytes.set(file);
    const view = new DataView(bytes.buffer);
    let at = 0;
    let damaged = 0;
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
