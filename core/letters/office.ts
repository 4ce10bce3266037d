import type { DatabaseSync } from 'node:sqlite';
import { HeliographError } from '../../lib/errors.ts';
import type { Counter } from '../../lib/metrics.ts';
import { OneAtATime } from '../../lib/one-at-a-time.ts';
import type { DataClass } from '../../proto/class.ts';
import { storeTransaction } from '../disk/transaction.ts';
import type { Account } from '../ledger/account.ts';
import { DAMAGED_ON_BUS, type DeadLetter } from '../ledger/dead-letters.ts';
import type { LineLetter } from '../ledger/refused-lines.ts';
import type { SeriesLetter } from '../ledger/refused-series.ts';
import type { LogFrame } from '../ports/frames.ts';
import type { LogStore } from '../ports/log-store.ts';
import type { MetricStore } from '../ports/metric-store.ts';
import type { Objects } from '../ports/objects.ts';
import type { LetterBudget } from './budget.ts';
import type { LetterFilter, LetterGroup, LetterList, LetterPlace, LetterRow } from './list.ts';
import { type KeptLetters, readLetters } from './objects.ts';
import type { LetterRemoval } from './removal.ts';
import { type Failure, type ReplayFramesParts, replayFrames, WITHOUT_BYTES } from './replay-frames.ts';

export interface LetterOfficeParts {
  readonly list: LetterList;
  readonly budget: LetterBudget;
  readonly removal: LetterRemoval;
  readonly objects: Objects;
  readonly state: DatabaseSync;
  readonly logs: LogStore;
  readonly metrics: Pick<MetricStore, 'restore'>;
  readonly account: Account;
  readonly frames: ReplayFramesParts;
  readonly now: () => number;
  /** Labels `kind`, `outcome`. */
  readonly replayed: Counter;
}

export type KeptLetter =
  | { readonly frame: DeadLetter }
  | { readonly line: LineLetter }
  | { readonly series: SeriesLetter };

export interface Replayed {
  /** Taken on the way of the data, and no letters any more. */
  readonly replayed: number;
  readonly failed: readonly (Failure & { readonly id: string })[];
  /** Where to go on; null when all were tried. */
  readonly next: LetterPlace | null;
  /** Why it stopped before the end: a store that takes nothing now. Nothing is lost by it. */
  readonly stopped: { readonly code: string; readonly message: string } | null;
}

export interface Purged {
  readonly letters: number;
  readonly bytes: number;
  readonly groups: readonly LetterGroup[];
}

/** Letters taken out of their objects at once. */
const BATCH = 100;
/** Rows looked up at once by a purge. */
const PURGED_AT_ONCE = 1_000;

/** What people do with dead letters. Replays and purges come one after the other. */
export class LetterOffice {
  readonly list: LetterList;
  readonly budget: LetterBudget;
  readonly #parts: LetterOfficeParts;
  readonly #turns = new OneAtATime();

  constructor(parts: LetterOfficeParts) {
    this.#parts = parts;
    this.list = parts.list;
    this.budget = parts.budget;
  }

  /** The letter as it is kept; null when its bytes were not kept. @throws HeliographError of the objects */
  async read({ id, object }: LetterRow): Promise<KeptLetter | null> {
    const kept = object === null ? null : await readLetters(this.#parts.objects, object);
    const frame = kept?.frames.get(id);
    const line = kept?.lines.get(id);
    const series = kept?.series.get(id);
    return frame ? { frame } : line ? { line } : series ? { series } : null;
  }

  /**
   * Sends letters the way of the data again, the oldest first: a frame through the gateway, a line to the log store under its own name. What
   * is taken is no letter any more; what fails again stays, with the new reason.
   */
  replay(filter: LetterFilter, limit: number, after: LetterPlace | null): Promise<Replayed> {
    return this.#turns.run(() => this.#replay(filter, limit, after));
  }

  /** Deletes letters and their bytes; the ledger goes on to count frames as dropped. `dryRun`: only says which. */
  purge(filter: LetterFilter, dryRun: boolean): Promise<Purged> {
    return this.#turns.run(async () => {
      const { list, removal, now } = this.#parts;
      // What is put away while it goes on is not meant.
      const meant = { ...filter, end: Math.min(filter.end ?? Number.POSITIVE_INFINITY, now() + 1) };
      const groups = list.groups(meant);
      const sum = (pick: (group: LetterGroup) => number) => groups.reduce((all, group) => all + pick(group), 0);
      while (!dryRun) {
        const rows = list.some(meant, PURGED_AT_ONCE);
        if (rows.length === 0) break;
        await removal.remove(rows, 'purged');
      }
      return { letters: sum((group) => group.letters), bytes: sum((group) => group.bytes), groups };
    });
  }

  /** Deletes the objects that an earlier purge or replay could not. */
  sweep(): Promise<number> {
    return this.#turns.run(() => this.#parts.removal.sweep());
  }

  async #replay(filter: LetterFilter, limit: number, from: LetterPlace | null): Promise<Replayed> {
    const failed: (Failure & { id: string })[] = [];
    let replayed = 0;
    let next = from;
    let stopped: Replayed['stopped'] = null;
    for (let left = limit; left > 0; ) {
      const rows = this.#parts.list.find(filter, 'oldest', Math.min(BATCH, left), next);
      const last = rows.at(-1);
      if (!last) return { replayed, failed, next: null, stopped };
      try {
        const failures = await this.#again(rows);
        replayed += rows.length - failures.size;
        for (const [id, failure] of failures) failed.push({ id, ...failure });
      } catch (error) {
        if (!(error instanceof HeliographError)) throw error;
        stopped = { code: error.code, message: error.message };
        break;
      }
      next = { time: last.time, id: last.id };
      left -= rows.length;
    }
    return { replayed, failed, next, stopped };
  }

  /** Tries some letters; gives those that stay, and why. */
  async #again(rows: readonly LetterRow[]): Promise<Map<string, Failure>> {
    const { objects, removal, frames, replayed } = this.#parts;
    const kept = new Map<string, KeptLetters | null>();
    for (const object of new Set(rows.flatMap((row) => row.object ?? []))) {
      kept.set(object, await readLetters(objects, object));
    }
    const of = <T>(pick: (letters: KeptLetters) => ReadonlyMap<string, T>) =>
      new Map(
        rows.flatMap(({ id, object }) => {
          const letters = object === null ? null : kept.get(object);
          const letter = letters && pick(letters).get(id);
          return letter ? [[id, letter] as const] : [];
        }),
      );
    const frameLetters = of((letters) => letters.frames);
    // Their bytes are no frame: they are kept for whoever can unpack them.
    const damaged = rows.filter(({ id, reason }) => reason === DAMAGED_ON_BUS && frameLetters.delete(id));
    const lineLetters = of((letters) => letters.lines);
    const failures = new Map<string, Failure>();
    const settle = async (ids: ReadonlyMap<string, unknown>, again: ReadonlyMap<string, Failure>) => {
      const gone = rows.filter((row) => ids.has(row.id) && !again.has(row.id));
      await removal.remove(gone, 'replayed');
      for (const row of gone) {
        if (row.kind === 'frame') this.#parts.account.takeBack(row.class, row.reason, row.items);
        replayed.inc({ kind: row.kind, outcome: 'taken' });
      }
      for (const [id, failure] of again) failures.set(id, failure);
      this.#enter(rows, again);
    };
    if (frameLetters.size > 0) await settle(frameLetters, await replayFrames(frames, frameLetters));
    if (lineLetters.size > 0) await settle(lineLetters, await this.#lines(lineLetters));
    const seriesLetters = of((letters) => letters.series);
    if (seriesLetters.size > 0) await settle(seriesLetters, await this.#series(seriesLetters));
    for (const { id, reason, code, message } of damaged) failures.set(id, { reason, code, message });
    for (const { id } of rows) {
      if (failures.has(id)) continue;
      if (!frameLetters.has(id) && !lineLetters.has(id) && !seriesLetters.has(id)) failures.set(id, WITHOUT_BYTES);
    }
    for (const row of rows) if (failures.has(row.id)) replayed.inc({ kind: row.kind, outcome: 'failed' });
    return failures;
  }

  async #lines(letters: ReadonlyMap<string, LineLetter>): Promise<Map<string, Failure>> {
    const { logs, account } = this.#parts;
    const frames = new Map([...letters].map(([id, letter]) => [frameOf(letter), id] as const));
    const { refused, stored } = await logs.restore([...frames.keys()]);
    for (const [dataClass, lines] of Object.entries(stored)) {
      account.restore(dataClass as DataClass, 'refused_by_store', lines);
    }
    return new Map(
      refused.map(({ frame, reason }) => [
        frames.get(frame)!,
        { reason: 'refused_by_store', code: reason.split(':')[0]!, message: reason },
      ]),
    );
  }

  async #series(letters: ReadonlyMap<string, SeriesLetter>): Promise<Map<string, Failure>> {
    const { metrics, account } = this.#parts;
    if (!metrics.restore) throw new HeliographError('HG_METRIC_RESTORE', 'start it with the store that refused them');
    const failed = new Map<string, Failure>();
    for (const [id, { id: frame, series }] of letters) {
      const { stored, refused } = await metrics.restore(frame, series);
      account.restore('metric', 'refused_by_store', stored);
      const [reason] = refused;
      if (reason === undefined) continue;
      failed.set(id, { reason: 'refused_by_store', code: reason.split(' ')[0]!, message: reason });
    }
    return failed;
  }

  /** What failed again, with the reason it failed for now. */
  #enter(rows: readonly LetterRow[], failures: ReadonlyMap<string, Failure>): void {
    const { state, account, now } = this.#parts;
    const frame = state.prepare(
      'UPDATE dead_letters SET reason = ?, code = ?, message = ?, tries = tries + 1, tried = ? WHERE key = ?',
    );
    const line = state.prepare('UPDATE refused_lines SET why = ?, tries = tries + 1, tried = ? WHERE key = ?');
    const series = state.prepare('UPDATE refused_series SET why = ?, tries = tries + 1, tried = ? WHERE key = ?');
    const again = rows.filter(({ id }) => failures.has(id));
    storeTransaction(state, 'core.db', () => {
      for (const { id, kind } of again) {
        const { reason, code, message } = failures.get(id)!;
        const key = id.slice(id.indexOf('-') + 1);
        if (kind === 'frame') frame.run(reason, code, message, now(), key);
        else if (kind === 'line') line.run(message, now(), key);
        else series.run(message, now(), key);
      }
    });
    for (const { id, kind, class: dataClass, reason, items } of again) {
      const after = failures.get(id)!.reason;
      if (kind === 'frame' && after !== reason) account.dropFor(dataClass, reason, after, items);
    }
  }
}

/** A frame of the one line, named as the line was: what is there already is found again by that name. */
function frameOf({ id, relay, site, received, created, place, line }: LineLetter): LogFrame {
  return {
    id,
    relay,
    site,
    received,
    created: created ?? received,
    skew: 0,
    lane: 'backfill',
    instance: id.host,
    lines: [line],
    places: [place],
  };
}
