/**
 * The intake for samples that no host source gave: pushed by asynchronous code (a scrape, a poll of a device, a server for applications), each with an
 * instant of its own. Such code asks the collector for a target and pushes rows into it:
 *
 *     const target = collector.pushed.target({ job: 'snmp', instance: 'switch-7', labels: { module: 'if_mib' }, seriesLimit: 4000 });
 *     // After each poll. `instant` is when it was made; what was in the row before and is not in this one gets a stale marker.
 *     const pushed = target.row(instant, (sink) => {
 *       sink.add('ifHCInOctets', ['ifIndex', '3', 'ifName', 'ge-0/0/3'], 1234567);
 *       sink.add('up', NO_LABELS, 1);
 *     });
 *     pushed.taken; pushed.refused.series_limit; // what became of it, in samples
 *     target.row(instant, (sink) => sink.add('up', NO_LABELS, 0)); // it does not answer: all its series but `up` end
 *     target.close(host.now()); // it left the configuration: all end
 *
 * and samples with instants of their own, where absence says nothing, by `target.samples([{ name, labels, time, value }])`.
 *
 * What holds of every target:
 * - Labels: `job` and `labels` of the target, then the collector's configured `labels` but for its job; what a sample brings itself goes before both. `instance` is
 *   the target's, or the sample's own: it becomes the series' instance where the certificate grants it (`heliograph ca issue --speaks-for`), `exported_instance` where not,
 *   and without one the series is the collector's own.
 * - A target that is `open` takes what any process of the host says, and believes no name: an `instance` that a sample brings is `exported_instance` whatever is granted, a job of
 *   the collector's own (its configured one, heliograph, snmp) is `exported_job`, and names that begin with heliograph_collector_ are refused (`reserved`).
 * - Secrets in values of labels are covered, then `relabel` of the configuration is applied, once for each series.
 * - A series never goes back in time: a sample at or before its last one is refused (`disordered`), one more than ten minutes ahead of the clock is, too
 *   (`future`). Where a last one is that far ahead the clock was set, and the series begins anew.
 * - Bounded: `seriesLimit` for each target and `seriesLimit` of the intake for all, of 1,000 characters each; 4 MiB of frames before the spool.
 * - What is refused is in the answer, in the ledger by reason, and in heliograph_collector_pushed_refused_total{job, reason}: nothing is lost silently.
 * - `done` of `row` and `samples` is called when they are in the spool, durable as the spool is, or with why they are not.
 */
import type { MaskStage } from '../../../lib/mask/mask.ts';
import type { Host } from '../host.ts';
import { MetricFrames } from '../sampling/metric-frames.ts';
import type { SeriesRules } from '../sampling/series-rules.ts';
import type { Definitions } from '../spool/definitions.ts';
import type { Spool } from '../spool/spool.ts';
import { PushedQueue } from './queue.ts';
import { RefusedRequests } from './refused-requests.ts';
import { type Speaker, spokenForm } from './spoken-series.ts';
import { type Pushed, PushedTarget, type RefusedSample } from './target.ts';

export interface TargetOptions {
  /** The label `job` of its series. */
  readonly job: string;
  /** Whom its series are of; left out: the collector's own host. */
  readonly instance?: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** Any process of this host can push here. */
  readonly open?: boolean;
  /** A sample that comes again with its time and value is no news and no fault: pages with times of their own repeat them. */
  readonly repeats?: boolean;
  /** Most series of this target; left out: those of the intake. */
  readonly seriesLimit?: number;
}

export interface PushedIntakeOptions {
  readonly host: Host;
  readonly spool: Spool;
  readonly definitions: Definitions;
  readonly mask: MaskStage;
  readonly rules: SeriesRules | null;
  readonly speaker: Speaker;
  /** The collector's configured ones. */
  readonly labels: Readonly<Record<string, string>>;
  /** Most series of all targets. */
  readonly seriesLimit: number;
  /** Of names and labels of all of them; 1,000 for each that there may be unless given. */
  readonly characterLimit?: number;
  /** Frames before the spool; 4 MiB unless given. */
  readonly queueBytes?: number;
  /** Samples that the rules dropped, and that are refused or lost. */
  readonly onRefused: (reason: string, samples: number) => void;
}

/** What became of the samples of one job since the start. */
export interface JobFigures {
  taken: number;
  readonly refused: Map<string, number>;
}

/** Of names and labels, for each series that there may be: usual ones have 200. */
const CHARACTERS = 1000;

/** All that pushes. */
export class PushedIntake {
  /** Of the doors for applications. */
  readonly requests: RefusedRequests;
  readonly #options: PushedIntakeOptions;
  readonly #frames: MetricFrames;
  readonly #queue: PushedQueue;
  readonly #targets = new Set<PushedTarget>();
  readonly #jobs = new Map<string, JobFigures>();
  readonly #characterLimit: number;
  #series = 0;
  #characters = 0;

  constructor(options: PushedIntakeOptions) {
    this.#options = options;
    this.requests = new RefusedRequests(() => options.host.mono());
    const { seriesLimit, characterLimit = Number.POSITIVE_INFINITY } = options;
    this.#characterLimit = Math.min(seriesLimit * CHARACTERS, characterLimit);
    this.#frames = new MetricFrames(options.host, options.definitions);
    this.#queue = new PushedQueue(options.host, options.spool, options.queueBytes);
  }

  /** The collector's. */
  get name(): string {
    return this.#options.speaker.name;
  }

  /** Series of all targets. */
  get series(): number {
    return this.#series;
  }

  get jobs(): ReadonlyMap<string, JobFigures> {
    return this.#jobs;
  }

  /** Two targets must not give the same series: they would go back in time. */
  target(options: TargetOptions): PushedTarget {
    const { host, mask, rules, speaker, seriesLimit } = this.#options;
    const { job, instance } = options;
    const { job: own, ...labels } = this.#options.labels;
    const jobs = new Set(['heliograph', 'snmp', ...(own === undefined ? [] : [own])]);
    const most = options.seriesLimit ?? seriesLimit;
    let held = 0;
    const target: PushedTarget = new PushedTarget({
      host,
      frames: this.#frames,
      queue: this.#queue,
      mask,
      rules,
      form: spokenForm(speaker),
      characterLimit: this.#characterLimit,
      repeats: options.repeats ?? false,
      reserved: options.open ? { name: speaker.name, jobs } : null,
      labels: { ...labels, ...options.labels, job, ...(instance === undefined ? {} : { instance }) },
      admit: (characters) => {
        const full = held >= most || this.#series >= seriesLimit;
        if (full || this.#characters + characters > this.#characterLimit) return false;
        held++;
        this.#series++;
        this.#characters += characters;
        return true;
      },
      released: (series, characters) => {
        held -= series;
        this.#series -= series;
        this.#characters -= characters;
      },
      retire: (hashes) => this.#retire(hashes),
      count: (pushed) => this.#count(job, pushed),
    });
    this.#targets.add(target);
    return target;
  }

  /** The target is gone: its series end, and it takes nothing more. */
  remove(target: PushedTarget): void {
    target.close(this.#options.host.now());
    this.#targets.delete(target);
  }

  /** Calls back when all that was pushed before is in the spool, or refused. */
  whenSpooled(done: () => void): void {
    this.#queue.behind(() => this.#options.spool.afterWaiting('metric', done));
  }

  #count(job: string, pushed: Pushed): void {
    let figures = this.#jobs.get(job);
    if (!figures) {
      figures = { taken: 0, refused: new Map() };
      this.#jobs.set(job, figures);
    }
    figures.taken += pushed.taken;
    const { onRefused, rules } = this.#options;
    for (const [reason, samples] of Object.entries(pushed.refused) as [RefusedSample, number][]) {
      figures.refused.set(reason, (figures.refused.get(reason) ?? 0) + samples);
      onRefused(reason, samples);
    }
    if (pushed.dropped > 0) rules?.report(onRefused);
  }

  /** After the frames that may name them, in the order of the spool. */
  #retire(hashes: readonly string[]): void {
    const { spool, definitions } = this.#options;
    this.#queue.behind(() =>
      spool.afterWaiting('metric', () => {
        const end = spool.journal.end('metric');
        for (const hash of hashes) {
          let used = false;
          for (const target of this.#targets) used ||= target.names(hash);
          if (!used) definitions.retire(hash, end);
        }
      }),
    );
  }
}
