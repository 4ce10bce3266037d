import type { FrameId, ResolvedPage } from '../ports/frames.ts';
import type { FrameOutcome } from '../ports/metric-store.ts';
import { frameKey, type SeenFrames } from '../seen/seen-frames.ts';
import { encodeRecord, type FrameEntry, JOURNAL_VERSION, type RecordHeader, type RecordRows } from './head-record.ts';
import { countPresent, countReason, refuseSamples } from './sample-filter.ts';
import { type FlatLabels, type SeriesIndex, seriesKey } from './series-index.ts';
import { badLabels, flatLabels, type LabelLimits, targetKeyOf } from './target-labels.ts';
import { atOnce, type Work } from './turns.ts';

/** A frame as it comes to the store's thread: pages by hash. */
export interface IncomingFrame {
  readonly id: FrameId;
  readonly target: Readonly<Record<string, string>>;
  readonly rows: readonly {
    readonly page: string;
    readonly times: Float64Array;
    readonly values: Float64Array;
    readonly present: Uint8Array | null;
  }[];
}

/** The same with the pages themselves; undefined is a page nobody sent. */
export interface BoundFrame {
  readonly frame: IncomingFrame;
  readonly pages: readonly (ResolvedPage | undefined)[];
}

/** Groups kept; a group is a page at a target. */
const MAX_GROUPS = 200_000;
/** Series named together in a record of their own. */
const NAMES = 1_000;
/** Series made between two pauses. */
const PAUSE = 64;

export interface IntakeLimits extends LabelLimits {
  /** Samples older than now - retentionMs or newer than now + futureMs are refused. */
  readonly retentionMs: number;
  readonly futureMs: number;
}

/** The series of a page at a target. */
interface Group {
  readonly ids: Int32Array;
  /** Why a column is refused, where it is. */
  readonly refused: readonly (string | null)[] | null;
  number: number;
  /** The journal's epoch in which `number` was given. */
  epoch: number;
}

/** A batch ready for the journal. */
export interface Batch {
  readonly record: Uint8Array;
  readonly header: RecordHeader;
  readonly rows: RecordRows[];
  /** The ids of the groups the header names, in its order. */
  readonly groups: readonly Int32Array[];
  readonly outcomes: FrameOutcome[];
}

/**
 * Decides sample by sample what is kept and under which series, and puts it into the form of the journal. Changes nothing
 * that lasts but the index; what is new there is named in the record.
 */
export class Intake {
  readonly #index: SeriesIndex;
  readonly #seen: SeenFrames;
  readonly #limits: IntakeLimits;
  readonly #pages = new Map<string, ResolvedPage>();
  readonly #groups = new Map<string, Group>();
  /** Frames on their way to the disk. */
  readonly #underWay = new Set<string>();
  /** Series that are in the index and in no durable record. */
  #unwritten: [number, FlatLabels][] = [];
  /** How often series went from the index. */
  #retired = 0;
  #epoch = 0;
  #nextGroup = 1;

  constructor(index: SeriesIndex, seen: SeenFrames, limits: IntakeLimits) {
    this.#index = index;
    this.#seen = seen;
    this.#limits = limits;
  }

  learnPages(pages: readonly ResolvedPage[], forgetOthers: boolean): void {
    if (forgetOthers) this.#pages.clear();
    for (const page of pages) this.#pages.set(page.hash, page);
  }

  /** A new segment chain begins (or the last record may not have been written): groups must be named again. */
  startEpoch(): void {
    this.#epoch++;
  }

  /** So that no two processes give one number, whose records may be replayed together. */
  numberGroupsFrom(first: number): void {
    this.#nextGroup = first;
  }

  /** These have gone from the index. */
  forget(gone: ReadonlySet<number>): void {
    this.#retired++;
    this.#groups.clear();
    this.#unwritten = this.#unwritten.filter(([id]) => !gone.has(id));
  }

  /** Finds the frames' pages. */
  bind(frames: readonly IncomingFrame[]): BoundFrame[] {
    return frames.map((frame) => ({ frame, pages: frame.rows.map((row) => this.#pages.get(row.page)) }));
  }

  /** Makes the series that are new, in pieces, so that a burst of them holds up nobody; `take` would make them all at once. */
  *prepare(frames: readonly BoundFrame[]): Work<void> {
    for (const { frame, pages } of frames) {
      const targetKey = targetKeyOf(frame.target);
      for (const page of pages) {
        if (page && !this.#groups.has(page.hash + targetKey)) yield* this.#makeGroup(page, frame.target, targetKey);
      }
    }
  }

  /**
   * A batch that only names some of the series that no record names yet, while they are many. It must go to the journal
   * before whatever is taken later.
   */
  takeNames(now: number): Batch | null {
    if (this.#unwritten.length < NAMES) return null;
    return this.#batch(now, this.#unwritten.splice(0, NAMES), [], [], []);
  }

  /** Would `prepare` do anything? */
  isKnown(frames: readonly BoundFrame[]): boolean {
    return frames.every(({ frame, pages }) => {
      const targetKey = targetKeyOf(frame.target);
      return pages.every((page) => !page || this.#groups.has(page.hash + targetKey));
    });
  }

  take(frames: readonly BoundFrame[], now: number): Batch {
    if (this.#groups.size > MAX_GROUPS) this.#groups.clear();
    const newGroups: Group[] = [];
    const rows: RecordRows[] = [];
    const entries: FrameEntry[] = [];
    for (const frame of frames) entries.push(this.#frame(frame, now, newGroups, rows));
    const series = this.#unwritten;
    this.#unwritten = [];
    return this.#batch(now, series, entries, newGroups, rows);
  }

  #batch(
    now: number,
    series: [number, FlatLabels][],
    entries: FrameEntry[],
    newGroups: readonly Group[],
    rows: RecordRows[],
  ): Batch {
    const header: RecordHeader = {
      v: JOURNAL_VERSION,
      now,
      frames: entries,
      series: series as [number, readonly string[]][],
      groups: newGroups.map((group) => [group.number, group.ids.length]),
      rows: rows.map((row) => [row.group, row.times.length, row.mask ? 1 : 0, row.n]),
    };
    const groups = newGroups.map((group) => group.ids);
    const record = encodeRecord(header, groups, rows);
    const outcomes = entries.map(([, , , , written, repeated, dropped]) => ({
      written,
      repeated: repeated ?? 0,
      dropped: dropped === 0 ? {} : dropped,
    }));
    return { record, header, rows, groups, outcomes };
  }

  /** The batch is durable: its frames count as seen. */
  committed(batch: Batch): void {
    for (const [host, boot, dataClass, sequence, , repeated] of batch.header.frames) {
      const id = { host, boot, class: dataClass, sequence };
      this.#underWay.delete(frameKey(id));
      if (repeated !== null) this.#seen.addRepeated(id, batch.header.now);
      else this.#seen.add(id, batch.header.now);
    }
  }

  /** The same for a record found at start. */
  replayed(header: RecordHeader): void {
    for (const [host, boot, dataClass, sequence, , repeated] of header.frames) {
      const id = { host, boot, class: dataClass, sequence };
      if (repeated !== null) this.#seen.addRepeated(id, header.now);
      else this.#seen.add(id, header.now);
    }
  }

  /** The batch did not get to the disk: as if it had never come, but for the ids it gave. */
  failed(batch: Batch): void {
    for (const [host, boot, dataClass, sequence] of batch.header.frames) {
      this.#underWay.delete(frameKey({ host, boot, class: dataClass, sequence }));
    }
    this.#unwritten.push(...batch.header.series);
    this.startEpoch();
  }

  #frame({ frame, pages }: BoundFrame, now: number, newGroups: Group[], rows: RecordRows[]): FrameEntry {
    const { host, boot, class: dataClass, sequence } = frame.id;
    const key = frameKey(frame.id);
    if (this.#underWay.has(key) || this.#seen.has(frame.id)) {
      const items = frame.rows.reduce((sum, row) => sum + countPresent(row.present, row.values.length), 0);
      return [host, boot, dataClass, sequence, 0, items, 0];
    }
    this.#underWay.add(key);
    const dropped: Record<string, number> = {};
    let written = 0;
    const targetKey = targetKeyOf(frame.target);
    for (const [i, row] of frame.rows.entries()) {
      const page = pages[i];
      const n = page?.series.length ?? 0;
      const misshapen = row.values.length !== row.times.length * n;
      if (!page || misshapen || (row.present && row.present.length !== row.values.length)) {
        countReason(dropped, 'malformed', countPresent(row.present, row.values.length));
        continue;
      }
      const group = this.#groups.get(page.hash + targetKey) ?? atOnce(this.#makeGroup(page, frame.target, targetKey));
      const checks = { time: (time: number) => this.#badTime(time, now), columns: group.refused };
      const mask = refuseSamples(row, n, checks, dropped);
      const kept = countPresent(mask, row.values.length);
      if (kept === 0) continue;
      written += kept;
      if (group.epoch !== this.#epoch) {
        group.epoch = this.#epoch;
        group.number = this.#nextGroup++;
        newGroups.push(group);
      }
      rows.push({ group: group.number, n, times: row.times, values: row.values, mask });
    }
    return [host, boot, dataClass, sequence, written, null, Object.keys(dropped).length === 0 ? 0 : dropped];
  }

  #badTime(time: number, now: number): string | null {
    if (!Number.isSafeInteger(time)) return 'bad_time';
    if (time < now - this.#limits.retentionMs) return 'outside_retention';
    if (time > now + this.#limits.futureMs) return 'future';
    return null;
  }

  *#makeGroup(page: ResolvedPage, target: Readonly<Record<string, string>>, targetKey: string): Work<Group> {
    const ids = new Int32Array(page.series.length).fill(-1);
    const refused: (string | null)[] = [];
    for (const [j, one] of page.series.entries()) {
      const labels = flatLabels(one, target);
      const why = badLabels(labels, this.#limits);
      refused.push(why);
      if (why !== null) continue;
      let id = this.#index.find(seriesKey(labels));
      if (id === undefined) {
        id = this.#index.next;
        this.#index.add(id, labels);
        this.#unwritten.push([id, labels]);
      }
      ids[j] = id;
      if (j % PAUSE !== PAUSE - 1) continue;
      const before = this.#retired;
      yield;
      // The retention took series meanwhile, perhaps some of these: begin again.
      if (this.#retired !== before) return yield* this.#makeGroup(page, target, targetKey);
    }
    const group = { ids, refused: refused.every((why) => why === null) ? null : refused, number: 0, epoch: -1 };
    this.#groups.set(page.hash + targetKey, group);
    return group;
  }
}
