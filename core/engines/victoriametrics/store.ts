import { HeliographError } from '../../../lib/errors.ts';
import { AnsweredQueries } from '../../metrics/answered-queries.ts';
import { countReason } from '../../metrics/sample-filter.ts';
import type { FrameId, MetricFrame, PageRows } from '../../ports/frames.ts';
import type {
  FrameOutcome,
  LaterDrop,
  Matcher,
  MetricQueries,
  MetricStore,
  SequenceRanges,
  SeriesSamples,
} from '../../ports/metric-store.ts';
import type { FrameLedger } from '../../seen/frame-ledger.ts';
import { FrameMap } from '../../seen/frame-map.ts';
import type { EngineGate } from '../gate.ts';
import type { Address } from './address.ts';
import type { DoorJournal } from './door-journal.ts';
import type { WaitingFrame } from './door-record.ts';
import { type FrameRows, Job, Piece, type RefusedSamples } from './job.ts';
import { droppedOf, FramePreparer, itemsIn, type Prepared, type PreparerParts, presentOf } from './prepare.ts';
import type { EngineQueries } from './queries.ts';
import { frameOfSeries, type RestoredSeries } from './restored-series.ts';
import type { YearLedger } from './year/ledger.ts';

export interface VictoriaMetricsParts extends PreparerParts {
  readonly gate: EngineGate;
  readonly ledger: FrameLedger;
  readonly addresses: readonly Address[];
  readonly queries: MetricQueries & Pick<EngineQueries, 'export'>;
  /** Which windows of the year's tier have to be computed again; null: there is no such tier. */
  readonly year: YearLedger | null;
  /** Keeps series that the engine will not take; resolves when they are durable. */
  readonly onRefused: (frame: MetricFrame, refused: RefusedSamples) => Promise<void>;
  /** Told when something that a door was answered for is not written after all. */
  readonly onLater: (drop: LaterDrop) => void;
  readonly onWrite: (outcomes: readonly FrameOutcome[], ms: number) => void;
  /** How many series it has, asked of the engine. */
  readonly countSeries: () => Promise<number>;
  readonly close: () => Promise<void>;
}

/** Frames entered in one transaction: some ms. */
const MOST_ENTERED = 500;

type Accepted = NonNullable<Parameters<MetricStore['write']>[1]>;

/** How far frames are. */
interface UnderWay {
  readonly accepted: Promise<void>;
  readonly durable: Promise<void>;
}

/** Frames of one call, in its order, without their samples but for what is sent. */
interface Sorted {
  readonly entries: readonly (Prepared | { readonly id: MetricFrame['id']; readonly repeated: number })[];
  readonly fresh: readonly Prepared[];
  /** What came before and is not safe yet. */
  readonly before: readonly UnderWay[];
}

/** VictoriaMetrics puts what it is given before queries once a second. */
const VISIBLE_AFTER_MS = 1_000;
/**
 * The metric store on VictoriaMetrics. A success of the engine is not durability: what it answered is held until the same process has
 * run long enough to have it on its disk, and is sent again if it was started anew. Which frames are there stands in the ledger of this process.
 */
export class VictoriaMetricsStore extends AnsweredQueries implements MetricStore {
  readonly exact = false;
  readonly visibleAfterMs = VISIBLE_AFTER_MS;
  readonly #parts: VictoriaMetricsParts;
  readonly #preparer: FramePreparer;
  /** Frames on their way. */
  readonly #underWay = new FrameMap<UnderWay>();
  #doors: DoorJournal | null = null;
  /** Writes that are not over: also of nothing but what came before, which are entered too. */
  readonly #writing = new Set<Promise<unknown>>();
  #durable: { prepared: readonly Prepared[]; done: (error: Error | null) => void }[] = [];
  #closing: Promise<void> | null = null;
  #series = 0;

  constructor(parts: VictoriaMetricsParts) {
    super();
    this.#parts = parts;
    this.#preparer = new FramePreparer(parts, parts.year !== null);
  }

  /** What waits on our disk for the engine; set once, before the first `take`. */
  attach(doors: DoorJournal): void {
    this.#doors = doors;
  }

  async write(frames: readonly MetricFrame[], onAccepted?: Accepted): Promise<readonly FrameOutcome[]> {
    if (frames.length === 0) return [];
    return this.#write(frames, (frame) => this.#preparer.prepare(frame), onAccepted ?? (() => undefined));
  }

  /** Frames of the door journal: what is refused of them was told already. */
  async bring(waiting: readonly WaitingFrame[]): Promise<void> {
    // One that the ledger has was brought before a kill, and only not noted in the journal.
    const missing = waiting.filter(({ frame }) => !this.#parts.ledger.has(frame.id));
    const told = new Map(missing.map(({ frame, outcome }) => [frame, outcome]));
    const again = (frame: MetricFrame) => this.#preparer.again(frame, told.get(frame)!);
    const frames = [...told.keys()];
    const outcomes = await this.#write(frames, again, () => undefined);
    for (const [i, { dropped, repeated }] of outcomes.entries()) {
      if (repeated > 0) continue;
      const before = told.get(frames[i]!)!.dropped;
      for (const [reason, items] of Object.entries(dropped)) {
        const more = items - (before[reason] ?? 0);
        if (more > 0) this.#parts.onLater({ reason, frames: 0, items: more });
      }
    }
  }

  async take(frame: MetricFrame): Promise<FrameOutcome> {
    const doors = this.#doors!;
    const { ledger } = this.#parts;
    const items = itemsIn(frame);
    const there = doors.there(frame.id);
    // It came before, and is only as safe as that one.
    if (there) await there;
    if (there || ledger.has(frame.id) || this.#underWay.has(frame.id)) {
      return { written: 0, repeated: items, dropped: {} };
    }
    const { rows, samples, dropped } = this.#preparer.prepare(frame);
    const outcome = { written: samples, repeated: 0, dropped };
    const kept = frame.rows.flatMap((row, i): PageRows[] => {
      const taken = rows.find(({ source }) => source === i);
      return taken ? [{ ...row, present: taken.mask }] : [];
    });
    await doors.put({ frame: { ...frame, rows: kept }, outcome });
    return outcome;
  }

  async restore(id: FrameId, series: readonly RestoredSeries[]): ReturnType<NonNullable<MetricStore['restore']>> {
    const { gate, ledger, year, clock } = this.#parts;
    if (this.#closing) throw new HeliographError('HG_STORE_CLOSED', 'the metric store');
    gate.pass();
    const prepared = this.#preparer.prepare(frameOfSeries(id, series));
    await this.#push([prepared], () => undefined).durable;
    // Too old by now, or with labels that are too long: not sent at all.
    const notSent = new Map<number, string>();
    const [row] = prepared.rows;
    const kept = series.map((_, column) => {
      let samples = 0;
      if (row) for (let at = column; at < row.values.length; at += series.length) samples += row.mask?.[at] ?? 1;
      return samples;
    });
    const why = Object.keys(prepared.dropped)[0] ?? 'outside_retention';
    for (const [column, samples] of kept.entries()) if (samples === 0) notSent.set(column, why);
    const refused = new Map(prepared.refused.series.map(({ column, reason }) => [column, reason]));
    const there = kept.flatMap((items, place) =>
      notSent.has(place) || refused.has(place) ? [] : [{ id, place, items }],
    );
    const now = clock.now();
    const late = year?.lateOf(timesOf([prepared])) ?? [];
    const stored = ledger.restore(there, 'refused_by_store', () => year?.mark(late, now));
    year?.marked(late);
    return { stored: stored[id.class] ?? 0, refused: [...refused.values(), ...notSent.values()] };
  }

  #write(
    frames: readonly MetricFrame[],
    prepare: (frame: MetricFrame) => Prepared,
    onAccepted: Accepted,
  ): Promise<readonly FrameOutcome[]> {
    if (this.#closing) throw new HeliographError('HG_STORE_CLOSED', 'the metric store');
    // From here on nobody has the frames but what is sent of them.
    const writing = this.#bringAll(this.#sort(frames, prepare), onAccepted);
    this.#writing.add(writing);
    const over = () => this.#writing.delete(writing);
    writing.then(over, over);
    return writing;
  }

  #sort(frames: readonly MetricFrame[], prepare: (frame: MetricFrame) => Prepared): Sorted {
    const { ledger } = this.#parts;
    const fresh: Prepared[] = [];
    const before = new Set<UnderWay>();
    const here = new FrameMap<true>();
    const entries = frames.map((frame) => {
      const { id } = frame;
      const other = this.#underWay.get(id);
      // It came twice, and the first is not safe yet: this one is when that one is.
      if (other) before.add(other);
      else if (!ledger.has(id) && !here.has(id)) {
        here.set(id, true);
        const prepared = prepare(frame);
        fresh.push(prepared);
        return prepared;
      }
      return { id, repeated: itemsIn(frame) };
    });
    return { entries, fresh, before: [...before] };
  }

  async #bringAll({ entries, fresh, before }: Sorted, onAccepted: Accepted): Promise<readonly FrameOutcome[]> {
    const { gate, clock, onWrite } = this.#parts;
    const tell = () => onAccepted((frame) => 'refused' in entries[frame]!);
    const started = clock.mono();
    let written: Promise<void> = Promise.resolve();
    if (fresh.length > 0) {
      if (fresh.some(({ samples }) => samples > 0)) gate.pass();
      const accepted = Promise.withResolvers<void>();
      written = this.#send(fresh, () => {
        for (const one of fresh) one.letGo();
        accepted.resolve();
        tell();
      });
      const way = { accepted: accepted.promise, durable: written };
      for (const { id } of fresh) this.#underWay.set(id, way);
      // A write that fails was never accepted: whoever waits for that hears of the failure.
      written.then(accepted.resolve, accepted.reject);
      accepted.promise.catch(() => undefined);
      const gone = () => {
        for (const { id } of fresh) this.#underWay.delete(id);
      };
      written.then(gone, gone);
    }
    // Nothing new: it is as far as what came before.
    if (fresh.length === 0) Promise.all(before.map((one) => one.accepted)).then(tell, () => undefined);
    await Promise.all([written, ...before.map((one) => one.durable)]);
    const outcomes = await this.#outcomes(entries);
    onWrite(outcomes, clock.mono() - started);
    return outcomes;
  }

  /** Those that were entered now, and for the others that they came again. */
  async #outcomes(entries: Sorted['entries']): Promise<FrameOutcome[]> {
    const again: { id: MetricFrame['id']; written: number; dropped: Record<string, number> }[] = [];
    const outcomes = entries.map((one): FrameOutcome => {
      if ('refused' in one) return { written: one.samples - one.refused.samples, repeated: 0, dropped: droppedOf(one) };
      again.push({ id: one.id, written: one.repeated, dropped: {} });
      return { written: 0, repeated: one.repeated, dropped: {} };
    });
    if (again.length > 0) await this.#parts.ledger.enterSoon(again, this.#parts.clock.now()).durable;
    return outcomes;
  }

  async #send(fresh: readonly Prepared[], onAccepted: () => void): Promise<void> {
    await this.#push(fresh, onAccepted).durable;
    const { onRefused } = this.#parts;
    for (const one of fresh) {
      if (one.refused.samples === 0) continue;
      await onRefused(one.frame!, one.refused);
      one.frame = null;
    }
    await this.#enter(fresh);
  }

  /** `durable` of what it gives: every address has on its disk what it does not refuse. */
  #push(fresh: readonly Prepared[], onAccepted: () => void): Job {
    const { addresses } = this.#parts;
    const rows = fresh.flatMap((one) => one.rows);
    const pieces = addresses
      .map((address, place) => {
        const mine = addresses.length === 1 ? rows : rows.filter(({ group }) => group.columns[place]?.length !== 0);
        return { address, mine, samples: mine.reduce((sum, row) => sum + samplesAt(row, place), 0) };
      })
      .filter(({ samples }) => samples > 0);
    const job = new Job(pieces.length, onAccepted);
    for (const { address, mine, samples } of pieces) address.push(new Piece(mine, samples, fresh.length, job));
    return job;
  }

  /** Into the ledger, with what else became durable in this turn: one transaction, or several where that would take long. */
  #enter(prepared: readonly Prepared[]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#durable.push({ prepared, done: (error) => (error ? reject(error) : resolve()) });
      if (this.#durable.length === 1) setImmediate(() => this.#enterSome());
    });
  }

  #enterSome(): void {
    let frames = 0;
    let end = 0;
    while (end < this.#durable.length && frames < MOST_ENTERED) frames += this.#durable[end++]!.prepared.length;
    const all = this.#durable.splice(0, end);
    const entries = all.flatMap(({ prepared }) =>
      prepared.map((one) => ({
        id: one.id,
        written: one.samples - one.refused.samples,
        dropped: droppedOf(one),
      })),
    );
    const { ledger, clock, year } = this.#parts;
    const now = clock.now();
    const late = year?.lateOf(timesOf(all.flatMap(({ prepared }) => prepared))) ?? [];
    const tell = (error: Error | null) => {
      for (const { done } of all) done(error);
    };
    try {
      const { durable } = ledger.enterSoon(entries, now, () => year?.mark(late, now));
      year?.marked(late);
      durable.then(() => tell(null), tell);
    } catch (error) {
      tell(error as Error);
    }
    if (this.#durable.length > 0) setImmediate(() => this.#enterSome());
  }

  answer(...question: Parameters<MetricStore['answer']>): ReturnType<MetricStore['answer']> {
    return this.#parts.queries.answer(...question);
  }

  series(...question: Parameters<MetricStore['series']>): ReturnType<MetricStore['series']> {
    return this.#parts.queries.series(...question);
  }

  labelNames(...question: Parameters<MetricStore['labelNames']>): Promise<string[]> {
    return this.#parts.queries.labelNames(...question);
  }

  labelValues(...question: Parameters<MetricStore['labelValues']>): Promise<string[]> {
    return this.#parts.queries.labelValues(...question);
  }

  export(matchers: readonly (readonly Matcher[])[], start: number, end: number): AsyncIterable<SeriesSamples[]> {
    return this.#parts.queries.export(matchers, start, end);
  }

  async sequences(): Promise<readonly SequenceRanges[]> {
    return this.#parts.ledger.sequences();
  }

  /** What waits on our disk since before the start counts: it can be lost no more. */
  async totals(): ReturnType<MetricStore['totals']> {
    const { ledger, gate, addresses, countSeries } = this.#parts;
    // The account is whole without it; the engine that is down is the gate's to tell. Asked first: what is counted below is of one instant.
    if (gate.passed) this.#series = await countSeries();
    const { written, repeated, dropped } = ledger.totals('metric');
    const waiting = (this.#doors?.found ?? []).filter(({ id }) => !ledger.has(id));
    for (const { outcome } of waiting) {
      for (const [reason, n] of Object.entries(outcome.dropped))
        countReason(dropped as Record<string, number>, reason, n);
    }
    return {
      samples: written.items + waiting.reduce((sum, { outcome }) => sum + outcome.written, 0),
      repeated: repeated.items,
      dropped,
      series: this.#series,
      bytes: addresses.flatMap(({ looks }) => looks).reduce((sum, { bytes }) => sum + bytes, 0),
      lost: this.#doors?.lost ?? {},
      frames: { written: written.frames + waiting.length, repeated: repeated.frames },
    };
  }

  /** The engine drops what is old by itself, by its own flag, which was looked at. */
  async retain(now: number): Promise<void> {
    const { ledger, retentionMs } = this.#parts;
    ledger.forget(now - retentionMs - 86_400_000, now);
  }

  /** May be called again. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const { gate, addresses, ledger, close } = this.#parts;
    await this.#doors?.close();
    // Before the gate: it may be in the middle of a look at an engine that does not answer.
    for (const address of addresses) address.close(new HeliographError('HG_STORE_CLOSED', 'the metric store'));
    await gate.close();
    // Writes that just became durable are entered before the ledger goes.
    await Promise.allSettled(this.#writing);
    await close();
    ledger.close();
  }
}

/** Every time of which there may be a sample, and of which host. */
function* timesOf(prepared: readonly Prepared[]): Generator<readonly [time: number, instance: string]> {
  for (const { instance, times } of prepared) {
    for (const some of times) for (const time of some) yield [time, instance];
  }
}

/** How many samples of a row go to an address, near enough to size requests by. */
function samplesAt(row: FrameRows, place: number): number {
  const columns = row.group.columns[place]!;
  if (columns === null) return presentOf(row);
  return Math.ceil((presentOf(row) * columns.length) / row.group.size);
}
