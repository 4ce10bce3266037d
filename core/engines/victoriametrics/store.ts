import type { Clock } from '../../../lib/clock.ts';
import { HeliographError } from '../../../lib/errors.ts';
import { countPresent, countReason, refuseSamples } from '../../metrics/sample-filter.ts';
import type { MetricFrame, PageRows } from '../../ports/frames.ts';
import type {
  FrameOutcome,
  Matcher,
  MetricQueries,
  MetricStore,
  QueryData,
  QueryOptions,
  SequenceRanges,
  SeriesSamples,
} from '../../ports/metric-store.ts';
import type { FrameLedger } from '../../seen/frame-ledger.ts';
import { frameKey } from '../../seen/seen-frames.ts';
import type { EngineGate } from '../gate.ts';
import type { Address } from './address.ts';
import type { DoorJournal } from './door-journal.ts';
import type { WaitingFrame } from './door-record.ts';
import { type FrameRows, Job, Piece, RefusedSamples } from './job.ts';
import type { EngineQueries } from './queries.ts';
import type { SeriesBytes } from './series-bytes.ts';
import type { YearLedger } from './year/ledger.ts';

export interface VictoriaMetricsParts {
  readonly gate: EngineGate;
  readonly ledger: FrameLedger;
  readonly addresses: readonly Address[];
  readonly series: SeriesBytes;
  readonly queries: MetricQueries & Pick<EngineQueries, 'export'>;
  /** Which windows of the year's tier have to be computed again; null: there is no such tier. */
  readonly year: YearLedger | null;
  readonly clock: Clock;
  readonly retentionMs: number;
  /** Samples further ahead of the clock are refused, ms. */
  readonly futureMs: number;
  /** Keeps series that the engine will not take; resolves when they are durable. */
  readonly onRefused: (frame: MetricFrame, refused: RefusedSamples) => Promise<void>;
  readonly onWrite: (outcomes: readonly FrameOutcome[], ms: number) => void;
  /** How many series it has, asked of the engine. */
  readonly countSeries: () => Promise<number>;
  readonly close: () => Promise<void>;
}

/** What is decided of a frame before it is sent. */
interface Prepared {
  readonly frame: MetricFrame;
  readonly rows: readonly FrameRows[];
  readonly samples: number;
  readonly dropped: Record<string, number>;
  readonly refused: RefusedSamples;
}

/** VictoriaMetrics puts what it is given before queries once a second. */
const VISIBLE_AFTER_MS = 1_000;
/** A staleness marker: the one NaN that means something. Prometheus, model/value. */
const STALE = 0x7ff0000000000002n;

/**
 * The metric store on VictoriaMetrics. A success of the engine is not durability: what it answered is held until the same process has
 * run long enough to have it on its disk, and is sent again if it was started anew. Which frames are there stands in the ledger of this process.
 */
export class VictoriaMetricsStore implements MetricStore {
  readonly exact = false;
  readonly visibleAfterMs = VISIBLE_AFTER_MS;
  readonly #parts: VictoriaMetricsParts;
  /** Frames on their way, by name. */
  readonly #underWay = new Map<string, { readonly accepted: Promise<void>; readonly durable: Promise<void> }>();
  #doors: DoorJournal | null = null;
  #durable: { prepared: readonly Prepared[]; done: (error: Error | null) => void }[] = [];
  #closing: Promise<void> | null = null;
  #series = 0;

  constructor(parts: VictoriaMetricsParts) {
    this.#parts = parts;
  }

  /** What waits on our disk for the engine; set once, before the first `take`. */
  attach(doors: DoorJournal): void {
    this.#doors = doors;
  }

  async write(frames: readonly MetricFrame[], onAccepted?: () => void): Promise<readonly FrameOutcome[]> {
    if (frames.length === 0) return [];
    return this.#write(frames, (frame) => this.#prepare(frame), onAccepted ?? (() => undefined));
  }

  /** Frames of the door journal: what is refused of them was told already. */
  async bring(waiting: readonly WaitingFrame[]): Promise<void> {
    const outcomes = new Map(waiting.map(({ frame, outcome }) => [frame, outcome]));
    const again = (frame: MetricFrame) => this.#prepareAgain(frame, outcomes.get(frame)!);
    await this.#write([...outcomes.keys()], again, () => undefined);
  }

  async take(frame: MetricFrame): Promise<FrameOutcome> {
    const doors = this.#doors!;
    const { ledger } = this.#parts;
    const items = frame.rows.reduce((sum, { present, values }) => sum + countPresent(present, values.length), 0);
    const there = doors.there(frame.id);
    // It came before, and is only as safe as that one.
    if (there) await there;
    if (there || ledger.has(frame.id) || this.#underWay.has(frameKey(frame.id))) {
      return { written: 0, repeated: items, dropped: {} };
    }
    const { rows, samples, dropped } = this.#prepare(frame);
    const outcome = { written: samples, repeated: 0, dropped };
    const kept = frame.rows.flatMap((row, i): PageRows[] => {
      const taken = rows.find(({ source }) => source === i);
      return taken ? [{ ...row, present: taken.mask }] : [];
    });
    await doors.put({ frame: { ...frame, rows: kept }, outcome });
    return outcome;
  }

  async #write(
    frames: readonly MetricFrame[],
    prepare: (frame: MetricFrame) => Prepared,
    onAccepted: () => void,
  ): Promise<readonly FrameOutcome[]> {
    const { ledger, gate, clock, onWrite } = this.#parts;
    if (this.#closing) throw new HeliographError('HG_STORE_CLOSED', 'the metric store');
    const started = clock.mono();
    const fresh: Prepared[] = [];
    const before: { accepted: Promise<void>; durable: Promise<void> }[] = [];
    const keys = new Set<string>();
    for (const frame of frames) {
      const key = frameKey(frame.id);
      const other = this.#underWay.get(key);
      // It came twice, and the first is not safe yet: this one is when that one is.
      if (other) before.push(other);
      else if (!ledger.has(frame.id) && !keys.has(key)) {
        keys.add(key);
        fresh.push(prepare(frame));
      }
    }
    let written: Promise<void> = Promise.resolve();
    if (fresh.length > 0) {
      if (fresh.some(({ samples }) => samples > 0)) gate.pass();
      const accepted = Promise.withResolvers<void>();
      written = this.#send(fresh, () => {
        accepted.resolve();
        onAccepted();
      });
      for (const key of keys) this.#underWay.set(key, { accepted: accepted.promise, durable: written });
      // A write that fails was never accepted: whoever waits for that hears of the failure.
      written.then(accepted.resolve, accepted.reject);
      accepted.promise.catch(() => undefined);
      const gone = () => {
        for (const key of keys) this.#underWay.delete(key);
      };
      written.then(gone, gone);
    }
    // Nothing new: it is as far as what came before.
    if (fresh.length === 0) Promise.all(before.map((one) => one.accepted)).then(onAccepted, () => undefined);
    await Promise.all([written, ...before.map((one) => one.durable)]);
    const outcomes = this.#outcomes(frames, fresh);
    onWrite(outcomes, clock.mono() - started);
    return outcomes;
  }

  /** Those that were entered now, and for the others that they came again. */
  #outcomes(frames: readonly MetricFrame[], fresh: readonly Prepared[]): FrameOutcome[] {
    const entered = new Map(fresh.map((one) => [one.frame, one]));
    const again: { id: MetricFrame['id']; written: number; dropped: Record<string, number> }[] = [];
    const outcomes = frames.map((frame): FrameOutcome => {
      const one = entered.get(frame);
      // The same object twice is the same frame twice.
      entered.delete(frame);
      if (one) return { written: one.samples - one.refused.samples, repeated: 0, dropped: droppedOf(one) };
      const items = frame.rows.reduce((sum, { present, values }) => sum + countPresent(present, values.length), 0);
      again.push({ id: frame.id, written: items, dropped: {} });
      return { written: 0, repeated: items, dropped: {} };
    });
    if (again.length > 0) this.#parts.ledger.enter(again, this.#parts.clock.now(), null);
    return outcomes;
  }

  async #send(fresh: readonly Prepared[], onAccepted: () => void): Promise<void> {
    const { addresses, onRefused } = this.#parts;
    const rows = fresh.flatMap((one) => one.rows);
    const pieces = addresses
      .map((address, place) => {
        const mine = rows.filter(({ group }) => group.columns[place]?.length !== 0);
        return { address, mine, samples: mine.reduce((sum, row) => sum + samplesAt(row, place), 0) };
      })
      .filter(({ samples }) => samples > 0);
    const job = new Job(pieces.length, onAccepted);
    for (const { address, mine, samples } of pieces) address.push(new Piece(mine, samples, job));
    await job.durable;
    for (const { frame, refused } of fresh) if (refused.samples > 0) await onRefused(frame, refused);
    await this.#enter(fresh);
  }

  /** Into the ledger, with whatever else became durable in this turn: one transaction. */
  #enter(prepared: readonly Prepared[]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#durable.push({ prepared, done: (error) => (error ? reject(error) : resolve()) });
      if (this.#durable.length > 1) return;
      setImmediate(() => {
        const all = this.#durable;
        this.#durable = [];
        const entries = all.flatMap(({ prepared }) =>
          prepared.map((one) => ({
            id: one.frame.id,
            written: one.samples - one.refused.samples,
            dropped: droppedOf(one),
          })),
        );
        let failed: Error | null = null;
        const { ledger, clock, year } = this.#parts;
        const now = clock.now();
        const late = year?.lateOf(timesOf(all.flatMap(({ prepared }) => prepared))) ?? [];
        try {
          ledger.enter(entries, now, null, () => year?.mark(late, now));
          year?.marked(late);
        } catch (error) {
          failed = error as Error;
        }
        for (const { done } of all) done(failed);
      });
    });
  }

  #prepare(frame: MetricFrame): Prepared {
    const { clock, retentionMs, futureMs } = this.#parts;
    const now = clock.now();
    const time = (at: number) => {
      if (!Number.isSafeInteger(at)) return 'bad_time';
      if (at < now - retentionMs) return 'outside_retention';
      return at > now + futureMs ? 'future' : null;
    };
    const dropped: Record<string, number> = {};
    const refused = new RefusedSamples();
    const rows = frame.rows.flatMap((row, source): FrameRows[] => {
      const n = row.page.series.length;
      if (row.values.length !== row.times.length * n || (row.present && row.present.length !== row.values.length)) {
        countReason(dropped, 'malformed', countPresent(row.present, row.values.length));
        return [];
      }
      const group = this.#parts.series.of(row.page, frame.target);
      const value = nanCheck(row.values);
      const checks = { time, columns: group.refused, ...(value === undefined ? {} : { value }) };
      const mask = refuseSamples(row, n, checks, dropped);
      if (countPresent(mask, row.values.length) === 0) return [];
      return [{ group, times: row.times, values: row.values, mask, frame: refused, source, page: row.page }];
    });
    return { frame, rows, samples: rows.reduce((sum, row) => sum + presentOf(row), 0), dropped, refused };
  }

  #prepareAgain(frame: MetricFrame, outcome: FrameOutcome): Prepared {
    const refused = new RefusedSamples();
    const dropped = { ...outcome.dropped };
    const rows = frame.rows.map((row, source): FrameRows => {
      const { page, times, values } = row;
      const group = this.#parts.series.of(page, frame.target);
      // The engine may have come back with narrower limits.
      const mask = refuseSamples(row, group.size, { time: () => null, columns: group.refused }, dropped);
      return { group, times, values, mask, frame: refused, source, page };
    });
    return { frame, rows, samples: rows.reduce((sum, row) => sum + presentOf(row), 0), dropped, refused };
  }

  query(expression: string, time: number, options: QueryOptions): Promise<QueryData> {
    return this.#parts.queries.query(expression, time, options);
  }

  queryRange(expression: string, start: number, end: number, step: number, options: QueryOptions): Promise<QueryData> {
    return this.#parts.queries.queryRange(expression, start, end, step, options);
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
    const { written, repeated, dropped } = ledger.totals('metric');
    const waiting = (this.#doors?.found ?? []).filter(({ id }) => !ledger.has(id));
    for (const { outcome } of waiting) {
      for (const [reason, n] of Object.entries(outcome.dropped))
        countReason(dropped as Record<string, number>, reason, n);
    }
    // The account is whole without it; the engine that is down is the gate's to tell.
    if (gate.passed) this.#series = await countSeries();
    return {
      samples: written.items + waiting.reduce((sum, { outcome }) => sum + outcome.written, 0),
      repeated: repeated.items,
      dropped,
      series: this.#series,
      bytes: addresses.flatMap(({ looks }) => looks).reduce((sum, { bytes }) => sum + bytes, 0),
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
    await Promise.allSettled([...this.#underWay.values()].map(({ durable }) => durable));
    await close();
    ledger.close();
  }
}

function droppedOf({ dropped, refused }: Prepared): Record<string, number> {
  return refused.samples === 0 ? dropped : { ...dropped, refused_by_store: refused.samples };
}

/** Every time of which there may be a sample, and of which host. */
function* timesOf(prepared: readonly Prepared[]): Generator<readonly [time: number, instance: string]> {
  for (const { frame, rows } of prepared) {
    const instance = frame.target.instance ?? '';
    for (const { times } of rows) for (const time of times) yield [time, instance];
  }
}

function presentOf({ mask, values }: FrameRows): number {
  return countPresent(mask, values.length);
}

/** How many samples of a row go to an address, near enough to size requests by. */
function samplesAt(row: FrameRows, place: number): number {
  const columns = row.group.columns[place]!;
  if (columns === null) return presentOf(row);
  return Math.ceil((presentOf(row) * columns.length) / row.group.size);
}

/** The engine drops an ordinary NaN behind a success. Undefined: there is none. */
function nanCheck(values: Float64Array): ((value: number, at: number) => string | null) | undefined {
  if (!hasNan(values)) return undefined;
  const bits = new BigUint64Array(values.buffer, values.byteOffset, values.length);
  return (value, at) => (Number.isNaN(value) && bits[at] !== STALE ? 'nan' : null);
}

function hasNan(values: Float64Array): boolean {
  for (let i = 0; i < values.length; i++) if (Number.isNaN(values[i]!)) return true;
  return false;
}
