import { HeliographError } from '../../../lib/errors.ts';
import { compileGlob } from '../../../lib/log-lines/name-glob.ts';
import {
  type Desired,
  decodeDesired,
  type LevelWish,
  LOG_LEVELS,
  type LogLevel,
  wishesOfDesired,
} from '../../../proto/desired.ts';
import type { Host } from '../host.ts';
import { readWhole, writeWhole } from '../whole-file.ts';

/** The place of a level from the noisiest (trace, 0); lines without one count as info. */
export function levelRank(level: string): number {
  const rank = LOG_LEVELS.indexOf(level as LogLevel);
  return rank < 0 ? LOG_LEVELS.indexOf('info') : rank;
}

/** Services whose answer is remembered. */
const MOST_SERVICES = 1_000;
/** setTimeout's bound; looked at again then. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;
/** A clock that is corrected by less than this changes no end of a wish. */
const SKEW_MS = 1_000;

/** The level that is wished for a service, and when that ends by this machine's clock, ms; null: never. */
export interface WantedLevel {
  readonly level: LogLevel;
  readonly until: number | null;
}

interface ReadyWish extends LevelWish {
  readonly fits: (service: string) => boolean;
}

/** What of a Host this needs. */
type LevelHost = Pick<Host, 'files' | 'log' | 'now' | 'timer' | 'cancel' | 'utf8'>;

/**
 * The lowest level to send, by service, as operators want it for now. Wishes are kept in the collector's folder, so that they are in force
 * after a restart without a relay, and each ends by itself, with or without one: by the relay's clock where that was told.
 */
export class DesiredLevels {
  readonly #host: LevelHost;
  readonly #path: string | null;
  readonly #changed: (() => void)[] = [];
  #desired: Desired | null = null;
  #wishes: readonly ReadyWish[] = [];
  /** Of services, under the wishes in force; null: nothing is wished. */
  readonly #answers = new Map<string, WantedLevel | null>();
  /** When the next of the wishes in force ends, by this clock; Infinity: none does. */
  #nextEnd = Number.POSITIVE_INFINITY;
  #timer: number | null = null;
  #skewMs = 0;
  /** Why the last document was not taken; null if it was. */
  refused: string | null = null;

  /** @param path where wishes are kept; null: nowhere */
  constructor(host: LevelHost, path: string | null = null) {
    this.#host = host;
    this.#path = path;
    this.#load();
  }

  /** Told when a wish came, or ended. */
  onChange(run: () => void): void {
    this.#changed.push(run);
  }

  /** Takes a document; a bad one changes nothing but `refused`. An empty one (a retained message taken away) ends the wishes. */
  take(bytes: Uint8Array): void {
    try {
      this.#set(bytes.length === 0 ? null : decodeDesired(bytes));
      this.refused = null;
    } catch (error) {
      if (!(error instanceof HeliographError)) throw error;
      this.refused = error.message;
      return;
    }
    this.#keep(bytes);
    this.#tell();
  }

  /** The core's clock minus this one, as a relay told it: ends are by the core's. */
  skew(ms: number): void {
    if (!Number.isFinite(ms) || Math.abs(ms - this.#skewMs) < SKEW_MS) return;
    this.#skewMs = ms;
    if (this.#wishes.length > 0) this.#tell();
  }

  stop(): void {
    if (this.#timer !== null) this.#host.cancel(this.#timer);
    this.#timer = null;
  }

  /** The document last taken, null when there is none or all its wishes are over. */
  get current(): Desired | null {
    return this.#desired !== null && this.wishes.length > 0 ? this.#desired : null;
  }

  /** Wishes in force; of those that fit a service the last is taken. */
  get wishes(): readonly LevelWish[] {
    const now = this.#now();
    return this.#wishes
      .filter(({ until }) => until === null || until > now)
      .map(({ service, level, until, by, why }) => ({ service, level, until, by, why }));
  }

  /** The lowest level of a service; `otherwise` where nothing is wished for it. */
  lowest(service: string, otherwise: LogLevel): LogLevel {
    if (this.#wishes.length === 0) return otherwise;
    return this.wanted(service)?.level ?? otherwise;
  }

  /** What is wished for a service; null: nothing. */
  wanted(service: string): WantedLevel | null {
    if (this.#host.now() >= this.#nextEnd) this.#forget();
    let wanted = this.#answers.get(service);
    if (wanted === undefined) {
      const now = this.#now();
      const wish = this.#wishes.findLast(({ fits, until }) => (until === null || until > now) && fits(service));
      const end = wish?.until ?? null;
      wanted = wish === undefined ? null : { level: wish.level, until: end === null ? null : end - this.#skewMs };
      if (this.#answers.size >= MOST_SERVICES) this.#answers.clear();
      this.#answers.set(service, wanted);
    }
    return wanted;
  }

  #now(): number {
    return this.#host.now() + this.#skewMs;
  }

  #set(desired: Desired | null): void {
    this.#desired = desired;
    const wishes = desired === null ? [] : wishesOfDesired(desired);
    this.#wishes = wishes.map((wish) => ({ ...wish, fits: compileGlob(wish.service) }));
    this.#forget();
  }

  /** Answers are made anew; the next end is looked for. */
  #forget(): void {
    this.#answers.clear();
    const now = this.#now();
    const ends = this.#wishes.flatMap(({ until }) => (until !== null && until > now ? [until] : []));
    this.#nextEnd = ends.length === 0 ? Number.POSITIVE_INFINITY : Math.min(...ends) - this.#skewMs;
  }

  #tell(): void {
    this.stop();
    this.#forget();
    for (const run of this.#changed) run();
    if (this.#nextEnd === Number.POSITIVE_INFINITY) return;
    const wait = Math.min(LONGEST_TIMER_MS, Math.max(1, this.#nextEnd - this.#host.now()));
    this.#timer = this.#host.timer(() => {
      this.#timer = null;
      this.#tell();
    }, wait);
  }

  #load(): void {
    if (this.#path === null) return;
    const bytes = readWhole(this.#host.files, this.#path);
    if (bytes === null || bytes.length === 0) return;
    try {
      this.#set(decodeDesired(bytes));
    } catch (error) {
      if (!(error instanceof HeliographError)) throw error;
      this.#host.log('warn', 'what is wished for levels cannot be read; the relay tells it again', {
        path: this.#path,
        error: error.message,
      });
      return;
    }
    this.#tell();
  }

  /** A disk that refuses takes nothing from the wish but that it outlives a restart without a relay. */
  #keep(bytes: Uint8Array): void {
    if (this.#path === null) return;
    try {
      // The same again, at each connection: not written, for flash counts its writes.
      const before = readWhole(this.#host.files, this.#path) ?? new Uint8Array(0);
      if (before.length === bytes.length && before.every((byte, i) => byte === bytes[i])) return;
      writeWhole(this.#host.files, this.#path, bytes);
    } catch (error) {
      this.#host.log('warn', 'what is wished for levels cannot be kept', { path: this.#path, error: String(error) });
    }
  }
}
