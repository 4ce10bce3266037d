import type { JournalFile, JournalFiles } from './contract.ts';
import { SEGMENT_HEADER_BYTES, type Tally } from './record.ts';

/** How many bytes of a damaged disk are given up at once. */
const SECTOR_BYTES = 4096;

/** `<start offset>.seg`, zero padded so that names sort as numbers do. */
export function segmentName(start: number): string {
  return `${String(start).padStart(16, '0')}.seg`;
}

/** The start offset in a segment's name, or -1 for any other file. */
export function segmentStart(name: string): number {
  return /^\d{16}\.seg$/.test(name) ? Number(name.slice(0, 16)) : -1;
}

/** One append-only file of a chain, or, in memory mode, the same bytes before they are written. */
export class Segment {
  readonly start: number;
  readonly path: string;
  readonly files: JournalFiles;
  /** What the chain had taken in before the first record. */
  readonly before: Tally;
  /** Bytes of the file, header included. */
  bytes: number;
  /** Time of the newest record, or a bound for it. */
  lastTime: number;
  /** Header and batches that are not on disk yet, in memory mode; null once they are. */
  chunks: Uint8Array[] | null = null;
  /** Damaged parts that were told to the owner already, by their first position. */
  readonly told = new Set<number>();
  #handle: Promise<JournalFile> | null = null;
  #users = 0;
  #closing = false;

  constructor(files: JournalFiles, path: string, start: number, before: Tally, bytes: number, lastTime: number) {
    this.files = files;
    this.path = path;
    this.start = start;
    this.before = before;
    this.bytes = bytes;
    this.lastTime = lastTime;
  }

  /** The open file. Whoever reads or writes at the same time shares it. */
  async open(create: boolean): Promise<JournalFile> {
    this.#handle ??= this.files.open(this.path, create);
    const handle = this.#handle;
    try {
      return await handle;
    } catch (error) {
      if (this.#handle === handle) this.#handle = null;
      throw error;
    }
  }

  /** Closes the file when the last read is over; it may be opened again. */
  async close(): Promise<void> {
    if (this.#users > 0) {
      this.#closing = true;
      return;
    }
    this.#closing = false;
    const handle = this.#handle;
    this.#handle = null;
    if (handle === null) return;
    // Whoever opened it was told if that failed.
    const file = await handle.catch(() => null);
    await file?.close();
  }

  /** Record bytes from `position` on; fewer than asked for where the file ends. */
  async read(into: Uint8Array, position: number): Promise<number> {
    const offset = position - this.start + SEGMENT_HEADER_BYTES;
    if (this.chunks !== null) return copyChunks(this.chunks, into, offset);
    this.#users++;
    try {
      const handle = await this.open(false);
      return await readThrough(handle, into, offset);
    } finally {
      this.#users--;
      if (this.#closing) await this.close();
    }
  }
}

function copyChunks(chunks: readonly Uint8Array[], into: Uint8Array, offset: number): number {
  let skip = offset;
  let filled = 0;
  for (const chunk of chunks) {
    if (skip >= chunk.length) {
      skip -= chunk.length;
      continue;
    }
    const part = chunk.subarray(skip, skip + into.length - filled);
    into.set(part, filled);
    filled += part.length;
    skip = 0;
    if (filled === into.length) break;
  }
  return filled;
}

/** Reads all it can. Where the disk answers with an error the sectors it cannot read stay zero: the checksums then say what is lost. */
export async function readThrough(file: JournalFile, into: Uint8Array, offset: number): Promise<number> {
  let filled = 0;
  try {
    while (filled < into.length) {
      const got = await file.read(into.subarray(filled), offset + filled);
      if (got === 0) return filled;
      filled += got;
    }
    return filled;
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'EIO') throw error;
    return readAround(file, into, offset);
  }
}

async function readAround(file: JournalFile, into: Uint8Array, offset: number): Promise<number> {
  const length = Math.min(into.length, Math.max(0, (await file.size()) - offset));
  into.fill(0);
  for (let at = 0; at < length; at += SECTOR_BYTES) {
    const sector = into.subarray(at, Math.min(length, at + SECTOR_BYTES));
    try {
      await file.read(sector, offset + at);
    } catch (error) {
      if ((error as { code?: unknown }).code !== 'EIO') throw error;
      sector.fill(0);
    }
  }
  return length;
}

/** Removes a file that may be gone already. */
export async function unlinkIfThere(files: JournalFiles, path: string): Promise<void> {
  try {
    await files.unlink(path);
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'ENOENT') throw error;
  }
}

/** Closing a file from which nothing is expected any more. */
export async function closeQuietly(segment: Segment): Promise<void> {
  await segment.close().catch(() => undefined);
}
