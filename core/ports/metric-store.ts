import type { Matcher, MatchOperator } from '../../lib/promql/matcher.ts';
import type { DataClass } from '../../proto/class.ts';
import type { FrameId, MetricFrame } from './frames.ts';

export type { Matcher, MatchOperator };

/** What became of one frame, item by item: written + repeated + the refused make up all its items. */
export interface FrameOutcome {
  readonly written: number;
  /** The whole frame was there already (same FrameId); its items count here. */
  readonly repeated: number;
  /** Refused by reason, e.g. { outside_retention: 3, nan: 1 }. */
  readonly dropped: Readonly<Record<string, number>>;
}

/** One class's account in a store. A frame counts as written when it was new, whatever became of its items. */
export interface ClassTotals {
  readonly written: { readonly frames: number; readonly items: number };
  readonly repeated: { readonly frames: number; readonly items: number };
  /** Items by reason. */
  readonly dropped: Readonly<Record<string, number>>;
}

/** Received sequences of one (host, boot, class), as closed intervals in ascending order. For the audit. */
export interface SequenceRanges {
  readonly host: string;
  readonly boot: string;
  readonly class: DataClass;
  readonly ranges: readonly (readonly [number, number])[];
  /** Sequences that came more than once (bounded: the newest 1,000 intervals). */
  readonly repeated?: readonly (readonly [number, number])[];
}

export interface SeriesSamples {
  readonly labels: Readonly<Record<string, string>>;
  /** Ascending, no instant twice. */
  readonly times: Float64Array;
  readonly values: Float64Array;
}

/**
 * Where metrics go. Any implementation must promise:
 * - `write` resolves only when everything in it is durable: kill -9 and a power cut after that lose none of it.
 * - Writes are idempotent by FrameId, and equal (series, time) is one sample; the last value written stands.
 * - Frames come late and out of order and land where they belong.
 * - What is written is visible to `query` at the latest when `write` resolves (embedded) or after the store's stated floor.
 * - A sample it would not keep is refused with a reason in the outcome, never dropped behind a success.
 * - Doubles come back bit for bit unless the implementation documents its rounding (`exact` is then false).
 */
/** Something that `take` had promised to write was not written after all. */
export interface LaterDrop {
  readonly reason: string;
  /** Whole frames; 0: single samples of frames that are there. */
  readonly frames: number;
  readonly items: number;
}

export interface MetricStore extends MetricQueries {
  readonly exact: boolean;
  /** True: of two samples of one series and time the last one stands; else the engine decides which. */
  readonly overwrites?: boolean;
  /** True: writes are worked on one after the other, in the order in which they come; those whose series have to be made first are passed by others. */
  readonly inOrder?: boolean;
  /** How long after it was accepted what is written may be hidden from queries, ms; 0 where it is there at once. */
  readonly visibleAfterMs: number;
  /**
   * `onAccepted` is called at most once, where the store has answered and all that is left is to wait until it is durable. From then on the store
   * has no use for `frames`: whoever gave them may let go of them. `isNew` says of each, by its place, that it did not come before.
   */
  write(
    frames: readonly MetricFrame[],
    onAccepted?: (isNew: (frame: number) => boolean) => void,
  ): Promise<readonly FrameOutcome[]>;
  /**
   * False: series have to be made before the frame can be written, which takes longer than to write it. A guess, which decides who goes first and
   * nothing else. A store where nobody waits for that has none.
   */
  knows?(frame: MetricFrame): boolean;
  /**
   * The same for senders that cannot wait as long as an engine takes to be durable: resolves when what is written can be lost no more,
   * though the engine may not have it yet.
   */
  take(frame: MetricFrame): Promise<FrameOutcome>;
  /**
   * Writes series that the store refused when their frame came, under the labels they have. What is stored now is no longer accounted as dropped,
   * once, however often it is said. A store that never refuses a series has none.
   * @returns samples that were stored now and not before, and why series were refused again
   */
  restore?(
    frame: FrameId,
    series: readonly { readonly labels: readonly string[]; readonly samples: readonly (readonly [number, number])[] }[],
  ): Promise<{ readonly stored: number; readonly refused: readonly string[] }>;
  /** Raw samples, batch by batch, in [start, end] ms inclusive. For export and verification. */
  export(matchers: readonly (readonly Matcher[])[], start: number, end: number): AsyncIterable<SeriesSamples[]>;
  sequences(): Promise<readonly SequenceRanges[]>;
  /** Totals since the store was made, durable with the data. */
  totals(): Promise<{
    samples: number;
    repeated: number;
    dropped: Readonly<Record<string, number>>;
    series: number;
    bytes: number;
    /** Frames that it had promised to keep and lost before they were written, by reason; not among `frames`, nor is what was in them among `dropped`. */
    lost?: Readonly<Record<string, { frames: number; items: number }>>;
    /** Frames it has taken, and frames that came again. */
    frames: { written: number; repeated: number };
  }>;
  /** Applies the retention by age and by bytes. */
  retain(now: number): Promise<void>;
  close(): Promise<void>;
}

/** Times in ms. Results are Prometheus' own JSON (`data` of the API answer). Errors are HeliographError with HG_QUERY_... codes. */
export interface MetricQueries {
  query(expression: string, time: number, options: QueryOptions): Promise<QueryData>;
  queryRange(expression: string, start: number, end: number, step: number, options: QueryOptions): Promise<QueryData>;
  series(matches: readonly string[], start: number, end: number, limit: number): Promise<Record<string, string>[]>;
  labelNames(matches: readonly string[], start: number, end: number): Promise<string[]>;
  labelValues(name: string, matches: readonly string[], start: number, end: number): Promise<string[]>;
  /**
   * `query`, or with a range `queryRange`, as the JSON text of its `data`: an answer may be hundreds of MB, and nobody between
   * store and client has a use for its values. At most `limit` series (0: all); `cut` when there were more. `warnings` and `infos`
   * are what the engine says about the query beside its answer. `tier`, where there are several: which of them answered.
   */
  answer(
    expression: string,
    at: number | { start: number; end: number; step: number },
    options: QueryOptions,
    limit: number,
  ): Promise<{
    json: Uint8Array;
    cut: boolean;
    warnings: readonly string[];
    infos: readonly string[];
    /** A part of the engine did not answer: what is not in the answer may be there. */
    partial?: boolean;
    tier?: 'full' | 'year';
  }>;
}

export interface QueryOptions {
  readonly timeoutMs: number;
  readonly maxSamples: number;
  readonly lookbackMs: number;
  /** Resolution of a subquery that states none, ms; a minute where it is left out. */
  readonly subqueryStepMs?: number;
  /** An evaluation of rules: it waits for none of people's queries. */
  readonly urgent?: boolean;
  /** One word of shared memory: when it is not 0 any more, nobody wants the answer. */
  readonly stop?: Int32Array;
}

/** A sample value is [seconds, "value"] as Prometheus prints it: NaN, +Inf, -Inf, shortest round-trip decimal. */
export type SamplePair = [number, string];
export type QueryData =
  | { resultType: 'vector'; result: { metric: Record<string, string>; value: SamplePair }[] }
  | { resultType: 'matrix'; result: { metric: Record<string, string>; values: SamplePair[] }[] }
  | { resultType: 'scalar'; result: SamplePair }
  | { resultType: 'string'; result: SamplePair };
