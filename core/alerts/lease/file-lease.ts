import { link, readdir, readFile, rename, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Logger } from '../../../lib/log.ts';
import type { Lease } from './lease.ts';

/** A holder that is not heard of for so long has lost the lease. */
export const SESSION_MS = 6_000;
/** How often the holder is heard, and how often others look. */
const BEAT_MS = 1_000;
const LOOK_MS = 500;
/** One of our own name that is not heard of for so long, two beats, is ours from before a restart. */
const OWN_MS = 2 * BEAT_MS;

const PREFIX = 'lease-';
const content = z.object({ owner: z.string(), beat: z.number(), released: z.boolean() });
type Content = z.output<typeof content>;

export interface FileLeaseParts {
  readonly name: string;
  /** A folder of its own. */
  readonly folder: string;
  /** What names this core, over its restarts. */
  readonly owner: string;
  /** The highest generation that what cores share has records of, 0 for none: those of a lower one would count for nothing. */
  readonly newest: () => Promise<number>;
  /** Done before a lease that was taken is used: reads what its last holder wrote. */
  readonly onTake: () => Promise<void>;
  /** ms that never step, and go on while a process is stopped. */
  readonly mono: () => number;
  readonly log: Logger;
}

interface Seen {
  readonly generation: number;
  readonly text: string;
  readonly at: number;
  /** Written under the name of this core. */
  readonly isOurs: boolean;
}

/**
 * A lease in a folder: each generation is a file that only one can make, and the holder of the highest writes into it again and again. Whoever sees the same content for a
 * whole session, by its own clock, makes the next. No clocks are compared, and a holder that was stopped finds a higher generation when it wakes.
 */
export class FileLease implements Lease {
  readonly kind = 'file';
  readonly #parts: FileLeaseParts;
  readonly #listeners: ((held: number | null) => void)[] = [];
  #generation: number | null = null;
  /** When the last word of ours that arrived was begun. */
  #beatAt = Number.NEGATIVE_INFINITY;
  #beat = 0;
  #seen: Seen | null = null;
  #hasTwin = false;
  #owner: string | null = null;
  #timer: NodeJS.Timeout | null = null;
  #looking: Promise<void> | null = null;
  #closed = false;
  #troubled = false;

  constructor(parts: FileLeaseParts) {
    this.#parts = parts;
  }

  /** Looks once, and then again and again. */
  async open(): Promise<this> {
    await this.#look();
    this.#wait();
    return this;
  }

  get name(): string {
    return this.#parts.name;
  }

  get owner(): string | null {
    return this.#owner;
  }

  get held(): number | null {
    return this.#parts.mono() - this.#beatAt < SESSION_MS ? this.#generation : null;
  }

  async check(): Promise<number | null> {
    if (this.held === null) return null;
    try {
      const highest = await this.#highest();
      if (highest !== this.#generation) this.#lose();
    } catch {
      // The folder is away: nobody can say, so nobody sends.
      return null;
    }
    return this.held;
  }

  onChange(listener: (held: number | null) => void): void {
    this.#listeners.push(listener);
  }

  async close(): Promise<void> {
    this.#closed = true;
    if (this.#timer) clearTimeout(this.#timer);
    await this.#looking;
    if (this.#generation !== null && (await this.check()) !== null) await this.#write(this.#generation, true);
  }

  #wait(): void {
    if (this.#closed) return;
    this.#timer = setTimeout(
      () => {
        this.#looking = this.#look().finally(() => {
          this.#looking = null;
          this.#wait();
        });
      },
      this.#generation === null ? LOOK_MS : BEAT_MS,
    );
  }

  async #look(): Promise<void> {
    const { folder, log } = this.#parts;
    try {
      const highest = await this.#highest();
      if (this.#generation !== null) {
        if (highest !== this.#generation) this.#lose();
        else await this.#write(this.#generation, false);
      }
      if (this.#generation === null && (await this.#isFree(highest))) await this.#take(highest);
      this.#troubled = false;
    } catch (error) {
      if (this.#troubled) return;
      this.#troubled = true;
      log.error('who notifies cannot be agreed on: the folder of the lease cannot be used', {
        'file.path': folder,
        'error.message': String(error),
      });
    }
  }

  async #isFree(highest: number): Promise<boolean> {
    if (highest === 0) return true;
    const now = this.#parts.mono();
    let text: string;
    try {
      text = await readFile(this.#path(highest), 'utf8');
    } catch (error) {
      // A higher one came meanwhile, and this one was removed.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
      throw error;
    }
    const found = parsed(text);
    this.#owner = found?.owner ?? null;
    if (found?.released) return true;
    const isOurs = found?.owner === this.#parts.owner;
    if (this.#seen?.generation !== highest || this.#seen.text !== text) {
      if (isOurs && this.#seen?.isOurs) this.#tellTwin();
      this.#seen = { generation: highest, text, at: now, isOurs };
      return false;
    }
    // Our own from before a restart needs no whole session, unless somebody else goes by our name.
    return now - this.#seen.at >= (isOurs && !this.#hasTwin ? OWN_MS : SESSION_MS);
  }

  async #take(highest: number): Promise<void> {
    const { owner, folder, newest, onTake, mono, log } = this.#parts;
    const generation = 1 + Math.max(highest, await newest());
    if ((await this.#highest()) !== highest) return;
    const fresh = join(folder, `take-${owner}`);
    const begun = mono();
    await writeFile(fresh, this.#text(false), { flush: true });
    try {
      await link(fresh, this.#path(generation));
    } catch (error) {
      // Another was quicker.
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return;
      throw error;
    } finally {
      await unlink(fresh);
    }
    // What is there now is ours, whether or not the rest goes well.
    this.#seen = null;
    await onTake();
    // Whoever was stopped between looking and taking may have made a number that is long past.
    if ((await this.#highest()) !== generation) return unlink(this.#path(generation));
    this.#owner = owner;
    this.#beatAt = begun;
    this.#generation = generation;
    log.info('this core notifies from now on', { lease: this.name, generation });
    for (const listener of this.#listeners) listener(generation);
    await this.#write(generation, false);
    for (const one of await this.#generations())
      if (one < generation) await unlink(this.#path(one)).catch(() => undefined);
  }

  #tellTwin(): void {
    if (this.#hasTwin) return;
    this.#hasTwin = true;
    this.#parts.log.error(
      'another core goes by the name of this one, as after a copy of its dataDir: take alerts.db away from one of them',
      { lease: this.name, owner: this.#parts.owner, 'file.path': this.#parts.folder },
    );
  }

  #lose(): void {
    if (this.#generation === null) return;
    this.#parts.log.warn('another core notifies from now on', { lease: this.name, generation: this.#generation });
    this.#generation = null;
    this.#seen = null;
    for (const listener of this.#listeners) listener(null);
  }

  /** Renamed into place: whoever reads it reads a whole one. */
  async #write(generation: number, released: boolean): Promise<void> {
    const begun = this.#parts.mono();
    const fresh = join(this.#parts.folder, `beat-${this.#parts.owner}`);
    await writeFile(fresh, this.#text(released));
    await rename(fresh, this.#path(generation));
    this.#beatAt = released ? Number.NEGATIVE_INFINITY : begun;
  }

  #text(released: boolean): string {
    return JSON.stringify({ owner: this.#parts.owner, beat: ++this.#beat, released } satisfies Content);
  }

  #path(generation: number): string {
    return join(this.#parts.folder, `${PREFIX}${generation}`);
  }

  async #highest(): Promise<number> {
    return Math.max(0, ...(await this.#generations()));
  }

  async #generations(): Promise<number[]> {
    const names = await readdir(this.#parts.folder);
    return names.flatMap((name) => {
      const number = /^lease-(\d+)$/.exec(name)?.[1];
      return number === undefined ? [] : [Number(number)];
    });
  }
}

function parsed(text: string): Content | null {
  try {
    return content.parse(JSON.parse(text));
  } catch {
    // Half written by a machine that lost power: it is free when nobody mends it for a session.
    return null;
  }
}
