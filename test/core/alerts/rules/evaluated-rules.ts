import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { AlertBook } from '../../../../core/alerts/alert-book.ts';
import { AlertStore } from '../../../../core/alerts/alert-store.ts';
import { RuleFigures } from '../../../../core/alerts/rules/figures.ts';
import { loadRuleFile } from '../../../../core/alerts/rules/file.ts';
import { RuleClock } from '../../../../core/alerts/rules/rule-clock.ts';
import { RuleEvaluator } from '../../../../core/alerts/rules/rule-evaluator.ts';
import { RuleFiles } from '../../../../core/alerts/rules/rule-files.ts';
import { RuleQueries } from '../../../../core/alerts/rules/rule-query.ts';
import { RuleWriter } from '../../../../core/alerts/rules/writer.ts';
import { openOwnDatabase } from '../../../../core/disk/own-database.ts';
import { OwnSamples } from '../../../../core/own-samples.ts';
import { silentLog } from '../../../../lib/log.ts';
import { Registry } from '../../../../lib/metrics.ts';
import { MemoryMetrics } from './memory-metrics.ts';

/** A whole number of hours. */
export const EPOCH = 1_800_000_000_000;

/** Rules over a store in memory, with a clock that stands until it is moved. */
export class EvaluatedRules {
  readonly directory = mkdtempSync(join(tmpdir(), 'heliograph-rules-'));
  readonly metrics = new MemoryMetrics();
  readonly registry = new Registry();
  readonly missed: number[] = [];
  /** Evaluations that are over. */
  freed = 0;
  wall = EPOCH;
  mono = 0;
  book!: AlertBook;
  evaluator!: RuleEvaluator;
  files!: RuleFiles;
  clock!: RuleClock;
  #close: () => void = () => undefined;
  readonly #more: { concurrency?: number; maxSeries?: number };

  constructor(more: { concurrency?: number; maxSeries?: number } = {}) {
    this.#more = more;
  }

  get path(): string {
    return join(this.directory, 'rules.yml');
  }

  write(text: string, file = 'rules.yml'): void {
    writeFileSync(join(this.directory, file), text);
  }

  /** With what is on disk. */
  open(): this {
    const path = join(this.directory, 'alerts.db');
    const database = openOwnDatabase(path);
    this.#close = () => database.close();
    this.book = new AlertBook(new AlertStore(database, path), 1_000);
    const { metrics, book, registry } = this;
    const figures = new RuleFigures(registry);
    const { concurrency = 4, maxSeries = 1_000 } = this.#more;
    const queries = new RuleQueries(metrics, { timeoutMs: 10_000, maxSamples: 1e6, lookbackMs: 300_000, maxSeries });
    const account = { take: () => undefined, settle: () => undefined };
    const now = () => this.wall;
    const newest = [...book.all()].reduce((most, { heldAt }) => Math.max(most, heldAt), 0);
    this.clock = new RuleClock({ now, mono: () => this.mono }, newest);
    this.evaluator = new RuleEvaluator({
      ...{ book, queries, figures, metrics, now, mono: () => this.mono, log: silentLog, concurrency },
      writer: new RuleWriter(new OwnSamples(metrics, account, now), metrics, 'a'.repeat(16)),
      clock: this.clock,
      everyMs: 15_000,
      timeoutMs: 10_000,
      startAfterMs: 0,
      externalLabels: { region: 'north' },
      externalUrl: 'https://core.example',
      breathe: () => setImmediate(),
      commit: (time) => book.commit(time),
      onMissed: (_, missed) => this.missed.push(missed),
      onFree: () => this.freed++,
    });
    this.files = new RuleFiles([this.directory], loadRuleFile, silentLog);
    this.look();
    return this;
  }

  look(): void {
    this.files.look();
    this.evaluator.setGroups(this.files.groups, new Set(this.files.trouble.keys()));
  }

  /** As time goes by: each second what is due is evaluated. `put` is told of the seconds since the beginning first. */
  async pass(seconds: number, put: (second: number) => void = () => undefined): Promise<void> {
    for (let i = 0; i < seconds; i++) {
      this.wall += 1_000;
      this.mono += 1_000;
      put(this.mono / 1_000);
      this.evaluator.step();
      await this.evaluator.idle();
    }
  }

  /** The alerts as `instance state value`, in order. */
  states(): string[] {
    return [...this.book.all()]
      .map(({ labels, state, value }) => `${labels.instance ?? labels.alertname} ${state} ${value}`)
      .sort();
  }

  /** As a kill: nothing is written any more. */
  kill(): void {
    this.#close();
    this.#close = () => undefined;
  }

  close(): void {
    this.kill();
    rmSync(this.directory, { recursive: true, force: true });
  }
}
