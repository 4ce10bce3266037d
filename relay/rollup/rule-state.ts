import { counterIncrease } from '../../lib/counter-increase.ts';
import { LIMITS } from '../../proto/limits.ts';
import type { PageSeries } from '../../proto/page.ts';
import type { RolledSection } from './engine.ts';
import { type Group, newGroup, type OpenWindow, windowOf } from './group.ts';
import { groupName, outputName } from './output-name.ts';
import { newSeries, type OutputSample } from './output-series.ts';
import type { OutputSketch } from './output-sketches.ts';
import type { Output } from './outputs/contract.ts';
import { partOutputs } from './outputs/parts.ts';
import type { RollupRule } from './rules.ts';
import type { Neighbours } from './runs.ts';
import { keptLabels, type LabelPairs, seriesText } from './series-labels.ts';
import { SeriesTable } from './series-table.ts';
import { lastEnd, windowEnd } from './window.ts';

/** Why a sample that matched is in no window, or what became of it. */
export const SAMPLE_FATES = ['taken', 'late', 'repeated', 'disordered', 'future', 'nan', 'series_limit'] as const;
export type SampleFate = (typeof SAMPLE_FATES)[number];
const [TAKEN, LATE, REPEATED, DISORDERED, FUTURE, NAN, SERIES_LIMIT] = [0, 1, 2, 3, 4, 5, 6];

/** Why a window's results may lack inputs. */
export type PartialReason = 'started' | 'lost_inputs' | 'hand_over';

/** A window further ahead of the clock than this is that of a clock that is wrong, ms. */
const MOST_AHEAD_MS = 600_000;

/** What outputs' names have behind those of their groups, and their labels beside them: `quantile` or `le`. */
const SUFFIX_BYTES = 64;
const OWN_LABELS = 1;

/** What all rules of a relay may keep together. */
export interface RollupRoom {
  series: number;
  groups: number;
  readonly mostSeries: number;
  readonly mostGroups: number;
}

/** What one rule has seen and not written yet. */
export class RuleState {
  /** Its name, lateness and what becomes of inputs may change under it; what it computes not. */
  rule: RollupRule;
  readonly outputs: readonly Output[];
  readonly table: SeriesTable<Group>;
  readonly groups = new Map<string, Group>();
  /** Rows by host and series. */
  readonly hosts = new Map<string, Map<string, number>>();
  /** Samples by what became of them, in the order of SAMPLE_FATES. */
  readonly counts = new Float64Array(SAMPLE_FATES.length);
  /** The newest window that is closed. */
  closed = Number.NEGATIVE_INFINITY;
  /** Windows that begin before these times lack inputs, by reason. */
  readonly partial = new Map<PartialReason, number>();
  readonly #room: RollupRoom;
  readonly #samples: number[];
  readonly #increases: number[];
  readonly #series: number[];
  readonly #near: Neighbours = { beforeTime: 0, beforeValue: 0, afterTime: 0, afterValue: 0 };

  constructor(rule: RollupRule, room: RollupRoom) {
    this.rule = rule;
    this.#room = room;
    this.outputs = rule.plan
      ? partOutputs(rule.plan, rule.merge !== 'core')
      : rule.outputs.map(({ aggregate }) => aggregate);
    const fed = (feed: Output['feed']) => [...this.outputs.keys()].filter((i) => this.outputs[i]!.feed === feed);
    this.#samples = fed('samples');
    this.#increases = fed('increases');
    this.#series = fed('series');
    this.table = new SeriesTable(this.#series.length > 0);
  }

  /** Samples by what became of them. */
  get fates(): Record<SampleFate, number> {
    return Object.fromEntries(SAMPLE_FATES.map((fate, i) => [fate, this.counts[i]!])) as Record<SampleFate, number>;
  }

  /** Series that are remembered. */
  get size(): number {
    let size = 0;
    for (const rows of this.hosts.values()) size += rows.size;
    return size;
  }

  /** The row of a host's series, made where it is new; -1: there is no room for another. */
  row(host: string, series: PageSeries, text = seriesText(series)): number {
    const known = this.hosts.get(host)?.get(text);
    if (known !== undefined) return known;
    if (this.#room.series >= this.#room.mostSeries) return -1;
    const group = this.#group(series.name, keptLabels(series, host, this.rule));
    if (group === null) return -1;
    return this.addSeries(host, text, group);
  }

  /** A series that is not there yet. */
  addSeries(host: string, text: string, group: Group): number {
    let rows = this.hosts.get(host);
    if (!rows) {
      rows = new Map();
      this.hosts.set(host, rows);
    }
    const row = this.table.add(group);
    rows.set(text, row);
    this.#room.series++;
    return row;
  }

  /** A group that is not there yet. */
  addGroup(key: string, group: Group): void {
    this.groups.set(key, group);
    this.#room.groups++;
  }

  /**
   * Takes the samples of one column of a frame.
   * @param row of its series
   * @param gap a frame before is not here
   * @param now the relay's time when the frame came, ms since the epoch
   * @param moved when its host came from another relay, as FramePlace has it
   */
  take(
    row: number,
    column: number,
    section: RolledSection,
    gap: boolean,
    now: number,
    moved: number = Number.NEGATIVE_INFINITY,
  ): void {
    const { page, times, values, present } = section;
    const n = page.series.length;
    let apart = gap;
    for (let i = 0, at = column; i < times.length; i++, at += n) {
      if (present !== null && present[at] === 0) continue;
      this.counts[this.#take(row, times[i]!, values[at]!, apart, now, moved)]!++;
      apart = false;
    }
    if (apart && row >= 0) this.table.apart.add(row);
  }

  #take(row: number, time: number, value: number, gap: boolean, now: number, moved: number): number {
    if (row < 0) return SERIES_LIMIT;
    if (Number.isNaN(value)) return NAN;
    const end = windowEnd(time, this.rule.intervalMs);
    if (end <= this.closed) return LATE;
    if (time > now + MOST_AHEAD_MS) return FUTURE;
    const near = this.#near;
    const placed = this.table.place(row, time, value, gap, near);
    if (placed !== 'taken') return placed === 'repeated' ? REPEATED : DISORDERED;
    const group = this.table.owners[row]!;
    const window = windowOf(group, end, this.outputs);
    // Its first sample since then lacks what it would be compared with, and may be of a series that counts elsewhere, too.
    if (time <= moved || (!(near.beforeTime > moved) && this.#compares(moved, end))) window.touched = true;
    // By index: for every sample of every rule an iterator would be felt.
    for (let k = 0; k < this.#samples.length; k++) {
      const i = this.#samples[k]!;
      this.outputs[i]!.add(window.states[i], value, time);
    }
    if (this.#increases.length > 0) this.#increase(group, window, time, value, near);
    if (this.#series.length > 0 && this.table.count(row, end)) {
      for (const i of this.#series) this.outputs[i]!.add(window.states[i], 1, time);
    }
    return TAKEN;
  }

  /** What the sample adds to its counter, and what it changes of what the one after it did. */
  #increase(group: Group, window: OpenWindow, time: number, value: number, near: Neighbours): void {
    const { beforeTime, beforeValue, afterTime, afterValue } = near;
    const known = this.#compares(beforeTime, window.end);
    if (known) this.#addIncrease(window, counterIncrease(beforeValue, value), time);
    if (Number.isNaN(afterTime)) return;
    const next = windowOf(group, windowEnd(afterTime, this.rule.intervalMs), this.outputs);
    let change = this.#compares(time, next.end) ? counterIncrease(value, afterValue) : 0;
    if (this.#compares(beforeTime, next.end)) change -= counterIncrease(beforeValue, afterValue);
    this.#addIncrease(next, change, afterTime);
  }

  #addIncrease(window: OpenWindow, by: number, time: number): void {
    for (let k = 0; k < this.#increases.length; k++) {
      const i = this.#increases[k]!;
      this.outputs[i]!.add(window.states[i], by, time);
    }
  }

  /** Whether a sample of that time may be what the first one of a window is compared with; false where there is none. */
  #compares(before: number, end: number): boolean {
    return before > end - this.rule.intervalMs - this.rule.staleness;
  }

  /** Windows that begin before that time lack inputs. */
  mark(reason: PartialReason, until: number): void {
    this.partial.set(reason, Math.max(until, this.partial.get(reason) ?? Number.NEGATIVE_INFINITY));
  }

  /**
   * Closes the windows that are over for so long that nothing is waited for any more.
   * @param now ms since the epoch
   * @param sketches takes what the core is to merge
   */
  close(now: number, sketches: OutputSketch[] = []): OutputSample[] {
    const end = lastEnd(now - this.rule.lateness, this.rule.intervalMs);
    if (end <= this.closed) return [];
    const samples: OutputSample[] = [];
    const ends = new Set<number>();
    for (const group of this.groups.values()) {
      if (group.windows.length === 0) continue;
      const over = group.windows.filter((window) => window.end <= end).sort((a, b) => a.end - b.end);
      if (over.length === 0) continue;
      group.windows = group.windows.filter((window) => window.end > end);
      for (const window of over) {
        ends.add(window.end);
        if (this.rule.plan) sketches.push({ rule: this.rule, outputs: this.outputs, group, window });
        else this.#results(group, window, samples);
      }
    }
    for (const one of ends) this.#tellPartial(one, samples);
    this.closed = end;
    this.table.closed(end);
    return samples;
  }

  #results(group: Group, { end, states }: OpenWindow, samples: OutputSample[]): void {
    for (let i = 0; i < this.outputs.length; i++) {
      const output = this.outputs[i]!;
      const before = group.carried[i]!;
      for (const { label, value } of output.results(states[i], this.rule.intervalMs / 1000, before)) {
        const key = label === null ? String(i) : `${i} ${label[1]}`;
        let series = group.written.get(key);
        if (!series) {
          const name = outputName(group.metric, this.rule, output.suffix);
          const others = label === null ? group.labels : group.labels.filter(([own]) => own !== label[0]);
          series = newSeries(name, label === null ? others : [...others, label]);
          group.written.set(key, series);
        }
        samples.push({ series, time: end, value });
      }
      if (output.carry) group.carried[i] = output.carry(states[i], before);
    }
  }

  readonly #partialSeries = new Map<PartialReason, ReturnType<typeof newSeries>>();

  #tellPartial(end: number, samples: OutputSample[]): void {
    for (const [reason, until] of this.partial) {
      if (end - this.rule.intervalMs >= until) continue;
      let series = this.#partialSeries.get(reason);
      if (!series) {
        series = newSeries('heliograph_rollup_partial', [
          ['reason', reason],
          ['rule', this.rule.name],
        ]);
        this.#partialSeries.set(reason, series);
      }
      samples.push({ series, time: end, value: 1 });
    }
  }

  /**
   * Forgets series that no sample can be compared with any more, and groups of which nothing is left.
   * @returns hosts of which a series went: what is kept of their rows elsewhere is no longer so
   */
  forget(): Set<string> {
    const before = this.closed - this.rule.intervalMs - this.rule.staleness;
    const touched = new Set<string>();
    const alive = new Set<Group>();
    for (const [host, rows] of this.hosts) {
      for (const [text, row] of rows) {
        // One that never had a sample has no time.
        if (this.table.lastTimes[row]! >= before) {
          alive.add(this.table.owners[row]!);
          continue;
        }
        rows.delete(text);
        this.table.remove(row);
        this.#room.series--;
        touched.add(host);
      }
      if (rows.size === 0) this.hosts.delete(host);
    }
    for (const [key, group] of this.groups) {
      if (alive.has(group) || group.windows.length > 0) continue;
      this.groups.delete(key);
      this.#room.groups--;
    }
    return touched;
  }

  /** Gives back the room of a rule that is no longer there. */
  leave(): void {
    this.#room.series -= this.size;
    this.#room.groups -= this.groups.size;
  }

  /** Whether the wire can hold what is made of a group: its name and labels are longer than those of what comes in. */
  #isWritable(metric: string, labels: LabelPairs): boolean {
    if (labels.length + OWN_LABELS > LIMITS.labelsPerSeries) return false;
    return Buffer.byteLength(groupName(metric, this.rule)) + SUFFIX_BYTES <= LIMITS.labelBytes;
  }

  #group(metric: string, labels: LabelPairs): Group | null {
    const key = seriesText({ name: metric, labels });
    let group = this.groups.get(key);
    if (group) return group;
    if (this.#room.groups >= this.#room.mostGroups || !this.#isWritable(metric, labels)) return null;
    group = newGroup(metric, labels, this.outputs.length);
    this.addGroup(key, group);
    return group;
  }
}
