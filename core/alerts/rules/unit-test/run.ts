import { DatabaseSync } from 'node:sqlite';
import { setImmediate } from 'node:timers/promises';
import { HeliographError } from '../../../../lib/errors.ts';
import { Registry } from '../../../../lib/metrics.ts';
import type { OwnSample } from '../../../own-samples.ts';
import type { QueryOptions } from '../../../ports/metric-store.ts';
import { evaluateInstant } from '../../../promql/evaluate.ts';
import { AlertBook } from '../../alert-book.ts';
import { AlertStore } from '../../alert-store.ts';
import { samplesOf } from '../evaluate-rule.ts';
import { RuleFigures } from '../figures.ts';
import { type RuleGroup, ruleName } from '../file.ts';
import { GroupRun, type GroupRunParts } from '../group-run.ts';
import { labelsKey } from '../labels-key.ts';
import { type RuleInUse, rulesOf } from '../rule-in-use.ts';
import type { RuleResult } from '../rule-query.ts';
import { sameAlerts, sameSamples } from './compare.ts';
import type { AlertTest, ExpectedAlert, ExpressionTest, UnitTest, UnitTestFile } from './file.ts';
import { MemorySeries } from './memory-series.ts';
import type { FoundSample, Problem, TestOutcome } from './problem.ts';

/** As Prometheus looks back. */
const LOOKBACK_MS = 300_000;
const MOST_SAMPLES = 50_000_000;
const MOST_ALERTS = 1_000_000;
const TIMEOUT_MS = 100_000;
/** More evaluations than this no test needs. */
const MOST_EVALUATIONS = 1_000_000;

/**
 * Runs one unit test: its series go into an empty store, and the rules are evaluated over them at each interval by the code that a core evaluates
 * them with.
 * @param groups of all rule files of the file of tests
 */
export async function runUnitTest(
  { evaluationMs, groupOrder, fuzzy }: Pick<UnitTestFile, 'evaluationMs' | 'groupOrder' | 'fuzzy'>,
  test: UnitTest,
  groups: readonly RuleGroup[],
): Promise<TestOutcome> {
  const problems: Problem[] = [];
  const run = new TestRun(test, inOrder(groups, groupOrder), evaluationMs);
  try {
    const until = Math.max(0, ...test.alerts.map(({ at }) => at), ...test.expressions.map(({ at }) => at));
    if (until / evaluationMs > MOST_EVALUATIONS) {
      throw new HeliographError(
        'HG_CONFIG_VALUE',
        `line ${test.line}: more than ${MOST_EVALUATIONS} evaluations; choose an earlier eval_time or a longer evaluation_interval`,
      );
    }
    const alerts = test.alerts.toSorted((a, b) => a.at - b.at);
    let next = 0;
    for (let at = 0; at <= until; at += evaluationMs) {
      const failed = await run.evaluate(at);
      if (failed.length > 0) return { name: test.name, line: test.line, problems: [...problems, ...failed] };
      for (; next < alerts.length && alerts[next]!.at < at + evaluationMs; next++) {
        const one = alerts[next]!;
        const found = run.firing(one.alert);
        if (!sameAlerts(one.expected, found)) problems.push(alertsProblem(one, found));
      }
    }
    for (const one of test.expressions) {
      const problem = run.hold(one, fuzzy);
      if (problem !== null) problems.push(problem);
    }
  } finally {
    run.close();
  }
  return { name: test.name, line: test.line, problems };
}

/** Groups of a name that is listed later come later; those that are not listed come with the first, as in promtool. */
function inOrder(groups: readonly RuleGroup[], order: readonly string[]): RuleGroup[] {
  const place = ({ name }: RuleGroup) => Math.max(0, order.indexOf(name));
  return groups.toSorted((a, b) => place(a) - place(b));
}

/** A store, a book of alerts and the rules of one test. */
class TestRun {
  readonly #test: UnitTest;
  /** Of two with the same labels the last. */
  readonly #input: UnitTest['series'];
  readonly #series = new MemorySeries();
  readonly #groups: readonly (readonly RuleInUse[])[];
  readonly #database = new DatabaseSync(':memory:');
  readonly #book = new AlertBook(new AlertStore(this.#database, ':memory:'), MOST_ALERTS);
  readonly #options: QueryOptions;
  readonly #parts: GroupRunParts;
  /** How many values of each input series are there. */
  readonly #loaded: number[];
  #now = 0;

  constructor(test: UnitTest, groups: readonly RuleGroup[], evaluationMs: number) {
    this.#test = test;
    const keys = test.series.map(({ labels }) => labelsKey(labels));
    this.#input = test.series.filter((_, i) => keys.lastIndexOf(keys[i]!) === i);
    this.#groups = groups.map((group) => rulesOf(group, evaluationMs));
    this.#loaded = this.#input.map(() => 0);
    this.#options = {
      ...{ timeoutMs: TIMEOUT_MS, maxSamples: MOST_SAMPLES, lookbackMs: LOOKBACK_MS, subqueryStepMs: evaluationMs },
    };
    this.#parts = {
      breathe: () => setImmediate(),
      timeoutMs: TIMEOUT_MS,
      book: this.#book,
      keep: () => undefined,
      queries: { ask: async (expression, time) => this.#ask(expression, time) },
      writer: {
        write: async (samples) => this.#write(samples),
        visible: async () => undefined,
      },
      figures: new RuleFigures(new Registry()),
      now: () => this.#now,
      mono: () => 0,
      externalLabels: test.externalLabels,
      externalUrl: test.externalUrl,
      inForce: () => true,
      onFailure: () => undefined,
    };
  }

  /** All groups at a time, ms from the test's start. @returns the rules that failed */
  async evaluate(at: number): Promise<Problem[]> {
    this.#now = this.#test.start + at;
    this.#load(at);
    for (const rules of this.#groups) {
      await new GroupRun(this.#parts, { time: this.#now, alertTime: this.#now }).run(rules);
    }
    return this.#groups.flat().flatMap(({ rule, fate }): Problem[] => {
      if (fate.lastError === null) return [];
      const name = ruleName(rule);
      return [{ kind: 'rule', line: this.#test.line, at, rule: name, message: fate.lastError }];
    });
  }

  /** The alerts of a name that fire now. */
  firing(name: string): ExpectedAlert[] {
    const makers = this.#groups.flat().filter(({ rule }) => rule.kind === 'alert' && rule.alert === name);
    return makers
      .flatMap(({ id }) => [...this.#book.ofMaker(id)])
      .filter(({ state }) => state === 'firing')
      .map(({ labels, annotations }) => ({ labels, annotations }));
  }

  /** Null: the expression gives what it is to give. */
  hold({ line, at, expression, expected }: ExpressionTest, fuzzy: boolean): Problem | null {
    let found: readonly FoundSample[];
    try {
      found = this.#ask(expression, this.#test.start + at).samples;
    } catch (error) {
      if (!(error instanceof HeliographError)) throw error;
      return { kind: 'query', line, at, expression, message: error.message };
    }
    if (sameSamples(expected, found, fuzzy)) return null;
    const sorted = found.toSorted((a, b) => (labelsKey(a.labels) < labelsKey(b.labels) ? -1 : 1));
    return { kind: 'samples', line, at, expression, expected, found: sorted };
  }

  close(): void {
    this.#database.close();
  }

  /** As Prometheus: a rule that would write over a sample, or before one, fails. @throws HeliographError HG_RULE_TWICE */
  #write(samples: readonly OwnSample[]): { written: number; dropped: Record<string, number> } {
    let over: OwnSample | undefined;
    let written = 0;
    for (const sample of samples) {
      const { series, time, value, stale } = sample;
      const labels = { __name__: series.name, ...Object.fromEntries(series.labels) };
      if (this.#series.append(labels, time, stale ? null : value)) written++;
      else if (!stale) over ??= sample;
    }
    if (over !== undefined) {
      const { name } = over.series;
      throw new HeliographError('HG_RULE_TWICE', `${name} has another sample of that time already, or a later one`);
    }
    return { written, dropped: {} };
  }

  #ask(expression: string, time: number): RuleResult {
    return { samples: samplesOf(evaluateInstant(expression, time, this.#series, this.#options)), partial: false };
  }

  /** The samples of the input series up to a time. */
  #load(at: number): void {
    const { intervalMs, start } = this.#test;
    for (const [i, { labels, values }] of this.#input.entries()) {
      for (let n = this.#loaded[i]!; n < values.length && n * intervalMs <= at; n++) {
        const value = values[n]!;
        if (value !== 'nothing') {
          this.#series.append(labels, start + n * intervalMs, value === 'stale' ? null : value);
        }
        this.#loaded[i] = n + 1;
      }
    }
  }
}

function alertsProblem({ line, at, alert, expected }: AlertTest, found: readonly ExpectedAlert[]): Problem {
  return { kind: 'alerts', line, at, alert, expected, found };
}
