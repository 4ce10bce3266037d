import type { JournalFile, JournalFiles } from './contract.ts';
import type { CursorJson } from './cursor.ts';
import { type Crc32, viewOf } from './record.ts';
import { readThrough } from './segment.ts';

/**
 * Cursors, totals, drop records and state blobs, durable in one record. Two files of fixed size take turns: records are appended to one until it
 * is full, then the other is written from its start. So an update needs no new space on a full disk, no rename, and never touches
 * the newest durable record. Each record has a serial; the highest that is whole is the truth.
 *
 *   record: magic u32, crc32 u32 (of all that follows), bytes u32 (of the whole record), text bytes u32, serial f64, JSON text (ASCII), state blobs one after another
 */
const MAGIC = 0x4343_4748; // "HGCC"
const HEAD_BYTES = 24;
const NAMES = ['cursors-0.log', 'cursors-1.log'] as const;

export interface ChainSnapshot {
  /** The end of what was taken in, in memory mode also of what was in memory only. */
  end: number;
  /** The end of what was synced. */
  synced: number;
  in: [number, number];
  readers: Record<string, CursorJson>;
}

export interface Snapshot<Drop> {
  chains: Record<string, ChainSnapshot>;
  drops: Drop[];
  /** Version of each state blob as of this record. */
  states: Record<string, number>;
}

interface RecordText<Drop> extends Snapshot<Drop> {
  v: 1;
  /** [name, version, bytes] of the blobs in this record; bytes -1: the blob was taken away. */
  blobs: [string, number, number][];
}

interface Blob {
  version: number;
  bytes: Uint8Array | null;
  dirty: boolean;
}

export interface CursorDamage {
  readonly file: string;
  readonly at: number;
  readonly bytes: number;
}

export class CursorLog<Drop> {
  readonly #directory: string;
  readonly #files: JournalFiles;
  readonly #crc32: Crc32;
  readonly #handles: (JournalFile | null)[] = [null, null];
  readonly #blobs = new Map<string, Blob>();
  readonly #fileBytes: number;
  #turn = 0;
  #used = 0;
  #sizes = [0, 0];
  #serial = 0;
  /** The next record starts the other file: at the beginning, after an error, and when one is full. */
  #turnOver = true;

  constructor(directory: string, files: JournalFiles, crc32: Crc32, fileBytes: number) {
    this.#directory = directory;
    this.#files = files;
    this.#crc32 = crc32;
    this.#fileBytes = Math.floor(fileBytes);
  }

  /** The newest whole record, or null where there is none. Makes the files where they are not; the caller syncs the directory. */
  async open(onDamage: (damage: CursorDamage) => void): Promise<Snapshot<Drop> | null> {
    const found: { serial: number; text: RecordText<Drop>; blobs: Uint8Array; file: number }[] = [];
    for (let file = 0; file < NAMES.length; file++) {
      const handle = await this.#files.open(`${this.#directory}/${NAMES[file]}`, true);
      this.#handles[file] = handle;
      const bytes = new Uint8Array(await handle.size());
      await readThrough(handle, bytes, 0);
      this.#sizes[file] = bytes.length;
      await this.#reserve(handle, file);
      this.#parse(bytes, NAMES[file]!, (serial, text, blobs) => found.push({ serial, text, blobs, file }), onDamage);
    }
    found.sort((a, b) => a.serial - b.serial);
    let best: Snapshot<Drop> | null = null;
    for (const { serial, text, blobs, file } of found) {
      let at = 0;
      for (const [name, version, bytes] of text.blobs) {
        const blob = bytes < 0 ? null : blobs.slice(at, at + bytes);
        this.#blobs.set(name, { version, bytes: blob, dirty: false });
        at += Math.max(0, bytes);
      }
      this.#serial = serial;
      // After a damaged record a blob may be older than the cursors of the next: those are not taken then.
      if (!Object.entries(text.states).every(([name, version]) => this.#blobs.get(name)?.version === version)) continue;
      best = text;
      this.#turn = file;
    }
    return best;
  }

  /** Takes the room of a file in one go, so that later updates change no metadata and need no space. */
  async #reserve(handle: JournalFile, file: number): Promise<void> {
    const size = this.#sizes[file]!;
    if (size >= this.#fileBytes) return;
    await handle.write(new Uint8Array(this.#fileBytes - size), size);
    this.#sizes[file] = this.#fileBytes;
  }

  #parse(
    bytes: Uint8Array,
    file: string,
    found: (serial: number, text: RecordText<Drop>, blobs: Uint8Array) => void,
    onDamage: (damage: CursorDamage) => void,
  ): void {
    const view = viewOf(bytes);
    let highest = -1;
    let bad = -1;
    for (let at = 0; at < bytes.length; ) {
      const total = this.#wholeAt(bytes, view, at);
      if (total === 0) {
        // Zeros are room not used yet.
        if (bad < 0 && bytes[at] !== 0) bad = at;
        at++;
        continue;
      }
      const serial = view.getFloat64(at + 16, true);
      // What follows a lower serial is left from the turn before: written over in part, and not damaged.
      if (serial < highest) return;
      if (bad >= 0) onDamage({ file, at: bad, bytes: at - bad });
      bad = -1;
      highest = serial;
      const textBytes = view.getUint32(at + 12, true);
      const from = at + HEAD_BYTES;
      const text = JSON.parse(asciiText(bytes.subarray(from, from + textBytes))) as RecordText<Drop>;
      if (text.v === 1) found(serial, text, bytes.subarray(from + textBytes, at + total));
      at += total;
    }
    if (bad >= 0 && highest < 0) onDamage({ file, at: bad, bytes: bytes.length - bad });
  }

  #wholeAt(bytes: Uint8Array, view: DataView, at: number): number {
    if (at + HEAD_BYTES > bytes.length || view.getUint32(at, true) !== MAGIC) return 0;
    const total = view.getUint32(at + 8, true);
    if (total < HEAD_BYTES || at + total > bytes.length) return 0;
    if (view.getUint32(at + 12, true) > total - HEAD_BYTES) return 0;
    return view.getUint32(at + 4, true) === this.#crc32(bytes.subarray(at + 8, at + total)) >>> 0 ? total : 0;
  }

  setState(name: string, bytes: Uint8Array | null): void {
    const version = (this.#blobs.get(name)?.version ?? 0) + 1;
    this.#blobs.set(name, { version, bytes: bytes === null ? null : bytes.slice(), dirty: true });
  }

  state(name: string): Uint8Array | undefined {
    return this.#blobs.get(name)?.bytes?.slice();
  }

  /** Writes one record and makes it durable. After an error the next one goes to the other file: a failed fsync leaves nothing to rely on. */
  async write(snapshot: Omit<Snapshot<Drop>, 'states'>): Promise<void> {
    let record = this.#encode(snapshot, this.#turnOver);
    if (!this.#turnOver && this.#used + record.bytes.length > Math.max(this.#fileBytes, this.#sizes[this.#turn]!)) {
      this.#turnOver = true;
      record = this.#encode(snapshot, true);
    }
    const turn = this.#turnOver ? 1 - this.#turn : this.#turn;
    const at = this.#turnOver ? 0 : this.#used;
    const handle = this.#handles[turn]!;
    this.#turnOver = true;
    await handle.writeThrough(record.bytes, at);
    this.#turn = turn;
    this.#used = at + record.bytes.length;
    this.#sizes[turn] = Math.max(this.#sizes[turn]!, at + record.bytes.length);
    this.#turnOver = false;
    for (const [name, version] of record.blobs) {
      const blob = this.#blobs.get(name);
      if (blob?.version === version) blob.dirty = false;
    }
  }

  #encode(
    snapshot: Omit<Snapshot<Drop>, 'states'>,
    all: boolean,
  ): { bytes: Uint8Array; blobs: [string, number, number][] } {
    const blobs: [string, number, number][] = [];
    const parts: Uint8Array[] = [];
    const states: Record<string, number> = {};
    for (const [name, blob] of this.#blobs) {
      states[name] = blob.version;
      if (!all && !blob.dirty) continue;
      blobs.push([name, blob.version, blob.bytes === null ? -1 : blob.bytes.length]);
      if (blob.bytes !== null) parts.push(blob.bytes);
    }
    const record: RecordText<Drop> = { v: 1, ...snapshot, states, blobs };
    const text = asciiJson(record);
    const bytes = new Uint8Array(HEAD_BYTES + text.length + parts.reduce((sum, part) => sum + part.length, 0));
    const view = viewOf(bytes);
    view.setUint32(0, MAGIC, true);
    view.setUint32(8, bytes.length, true);
    view.setUint32(12, text.length, true);
    view.setFloat64(16, ++this.#serial, true);
    for (let i = 0; i < text.length; i++) bytes[HEAD_BYTES + i] = text.charCodeAt(i);
    let at = HEAD_BYTES + text.length;
    for (const part of parts) {
      bytes.set(part, at);
      at += part.length;
    }
    view.setUint32(4, this.#crc32(bytes.subarray(8)) >>> 0, true);
    return { bytes, blobs };
  }

  async close(): Promise<void> {
    for (const handle of this.#handles) await handle?.close();
    this.#handles.fill(null);
  }
}

/** JSON with all beyond ASCII escaped, so that no text codec is needed. */
function asciiJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\u0080-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function asciiText(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i += 4096) text += String.fromCharCode(...bytes.subarray(i, i + 4096));
  return text;
}
