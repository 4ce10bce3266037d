import { type FileHandle, open, readdir, rename, stat, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Logger } from '../../../lib/log.ts';
import { OneAtATime } from '../../../lib/one-at-a-time.ts';
import { isNewer, type StatePlace, type StateRecord } from '../notify/state/record.ts';

const LOOK_MS = 500;
/** A core's file is written anew when it has so much more than what is in force. */
const ANEW_BYTES = 4 << 20;
/** Files of cores that are gone are removed after so long. */
const GONE_MS = 7 * 86_400_000;
const DAY_MS = 86_400_000;
const NAME = /^state-([A-Za-z0-9-]+)\.jsonl$/;

const record = z.object({ key: z.string(), value: z.json(), generation: z.number(), at: z.number() });

interface Reading {
  ino: number;
  offset: number;
  rest: Buffer;
}

export interface FolderPlaceParts {
  readonly folder: string;
  readonly owner: string;
  /** ms since the epoch. */
  readonly now: () => number;
  readonly log: Logger;
}

/** Records in a folder that cores share: each core appends to a file of its own, and reads those of the others. */
export class FolderPlace implements StatePlace {
  readonly isShared = true;
  readonly #parts: FolderPlaceParts;
  readonly #records = new Map<string, StateRecord>();
  readonly #readings = new Map<string, Reading>();
  #take: (records: readonly StateRecord[]) => void = () => undefined;
  #own: FileHandle | null = null;
  #bytes = 0;
  /** The end of our file may be half a line. */
  #torn = false;
  #timer: NodeJS.Timeout | null = null;
  readonly #turns = new OneAtATime();
  #closed = false;
  #troubled = false;

  constructor(parts: FolderPlaceParts) {
    this.#parts = parts;
  }

  async open(take: (records: readonly StateRecord[]) => void): Promise<void> {
    await this.#turns.run(async () => {
      await this.#read(true);
      this.#take = take;
      take([...this.#records.values()]);
      // Also mends a last line that was half written when the power went.
      await this.#writeAnew();
      await this.#removeGone();
    });
    this.#wait();
  }

  write(records: readonly StateRecord[]): Promise<void> {
    return this.#turns.run(async () => {
      // Whatever stood behind half a line would be lost with it.
      if (this.#torn) await this.#writeAnew();
      const text = records.map((one) => `${JSON.stringify(one)}\n`).join('');
      this.#torn = true;
      await this.#own!.appendFile(text);
      await this.#own!.datasync();
      this.#torn = false;
      this.#bytes += Buffer.byteLength(text);
      this.#keep(records);
      if (this.#bytes > ANEW_BYTES) await this.#writeAnew();
    });
  }

  catchUp(): Promise<void> {
    return this.#turns.run(() => this.#read(false));
  }

  /** The highest generation of all records, 0 for none; also before it is open. */
  async newestGeneration(): Promise<number> {
    await this.#turns.run(() => this.#read(this.#own === null));
    let newest = 0;
    for (const { generation } of this.#records.values()) newest = Math.max(newest, generation);
    return newest;
  }

  async close(): Promise<void> {
    this.#closed = true;
    if (this.#timer) clearTimeout(this.#timer);
    await this.#turns.run(async () => this.#own?.close());
  }

  #wait(): void {
    if (this.#closed) return;
    this.#timer = setTimeout(() => void this.#look(), LOOK_MS);
  }

  async #look(): Promise<void> {
    try {
      await this.catchUp();
      this.#troubled = false;
    } catch (error) {
      if (!this.#troubled) {
        this.#parts.log.error('what other cores say of notifications cannot be read', {
          'file.path': this.#parts.folder,
          'error.message': String(error),
        });
      }
      this.#troubled = true;
    }
    this.#wait();
  }

  /** @param own with this core's file */
  async #read(own: boolean): Promise<void> {
    const { folder, owner } = this.#parts;
    const there = new Set<string>();
    for (const name of await readdir(folder)) {
      const whose = NAME.exec(name)?.[1];
      if (whose === undefined || (whose === owner && !own)) continue;
      there.add(name);
      const found = await this.#readFile(join(folder, name), name);
      const fresh = found.filter((one) => isNewer(one, this.#records.get(one.key)));
      this.#keep(fresh);
      if (fresh.length > 0) this.#take(fresh);
    }
    for (const name of this.#readings.keys()) if (!there.has(name)) this.#readings.delete(name);
  }

  /** Files of cores that are long gone: what they said is in ours. */
  async #removeGone(): Promise<void> {
    const { folder, owner, now } = this.#parts;
    for (const name of this.#readings.keys()) {
      const path = join(folder, name);
      if (NAME.exec(name)?.[1] === owner || now() - (await stat(path)).mtimeMs <= GONE_MS) continue;
      await unlink(path).catch(() => undefined);
    }
  }

  async #readFile(path: string, name: string): Promise<StateRecord[]> {
    const file = await open(path, 'r');
    try {
      const { ino, size } = await file.stat();
      let reading = this.#readings.get(name);
      if (reading?.ino !== ino || size < reading.offset) reading = { ino, offset: 0, rest: Buffer.alloc(0) };
      this.#readings.set(name, reading);
      if (size === reading.offset) return [];
      const bytes = Buffer.alloc(size - reading.offset);
      const { bytesRead } = await file.read(bytes, 0, bytes.length, reading.offset);
      reading.offset += bytesRead;
      const text = Buffer.concat([reading.rest, bytes.subarray(0, bytesRead)]);
      const end = text.lastIndexOf(10) + 1;
      reading.rest = Buffer.from(text.subarray(end));
      return this.#parsed(text.subarray(0, end).toString(), path);
    } finally {
      await file.close();
    }
  }

  #parsed(text: string, path: string): StateRecord[] {
    const records: StateRecord[] = [];
    for (const line of text.split('\n')) {
      if (line === '') continue;
      try {
        records.push(record.parse(JSON.parse(line)) as StateRecord);
      } catch (error) {
        this.#parts.log.error('a line about notifications cannot be read and is left out', {
          'file.path': path,
          line: line.slice(0, 200),
          'error.message': String(error),
        });
      }
    }
    return records;
  }

  #keep(records: readonly StateRecord[]): void {
    for (const one of records) if (isNewer(one, this.#records.get(one.key))) this.#records.set(one.key, one);
  }

  /** All that is in force, in place of our file. */
  async #writeAnew(): Promise<void> {
    const { folder, owner, now } = this.#parts;
    for (const [key, { value, at }] of this.#records) {
      if (value === null && now() - at > DAY_MS) this.#records.delete(key);
    }
    const text = [...this.#records.values()].map((one) => `${JSON.stringify(one)}\n`).join('');
    const path = join(folder, `state-${owner}.jsonl`);
    const fresh = join(folder, `new-${owner}`);
    await writeFile(fresh, text, { flush: true });
    const own = await open(fresh, 'a');
    try {
      await rename(fresh, path);
    } catch (error) {
      await own.close();
      throw error;
    }
    const old = this.#own;
    this.#own = own;
    this.#bytes = 0;
    this.#torn = false;
    await old?.close();
    const handle = await open(folder, 'r');
    await handle.sync().finally(() => handle.close());
  }
}
