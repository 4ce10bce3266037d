import type { Counter, Registry } from '../../../lib/metrics.ts';
import type { Passed } from './pipeline.ts';

/** What became of the lines of one frame. */
export class Tally {
  readonly parsed = new Map<string, number>();
  /** By rule and reason, with a blank between. */
  readonly failed = new Map<string, number>();
  /** Lines left out, by filter; null: none. */
  left: Map<string, number> | null = null;

  add({ rule, failure, filter }: Passed): void {
    if (rule !== null) {
      if (failure === null) more(this.parsed, rule);
      else more(this.failed, `${rule} ${failure}`);
    }
    if (filter !== null) {
      this.left ??= new Map();
      more(this.left, filter);
    }
  }
}

function more(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

/** The counters of the pipeline, each there from the start. */
export class PipelineFigures {
  readonly #parsed: Counter;
  readonly #failed: Counter;
  readonly #filtered: Counter;
  readonly #faults: Counter;

  constructor(registry: Registry, rules: readonly string[], filters: readonly string[]) {
    const name = (rest: string) => `heliograph_core_indexer_${rest}`;
    this.#parsed = registry.counter(name('parsed_lines_total'), 'Lines that a rule parsed, by rule');
    this.#failed = registry.counter(
      name('parse_failed_lines_total'),
      'Lines that a rule could not parse, or not wholly, by rule and reason; they are stored',
    );
    this.#filtered = registry.counter(name('filtered_lines_total'), 'Lines that a filter dropped, by filter');
    this.#faults = registry.counter(
      name('pipeline_faults_total'),
      'Lines that met a defect of the pipeline; they are stored',
    );
    for (const rule of rules) this.#parsed.inc({ rule }, 0);
    for (const rule of filters) this.#filtered.inc({ rule }, 0);
  }

  add({ parsed, failed, left }: Tally): void {
    for (const [rule, count] of parsed) this.#parsed.inc({ rule }, count);
    for (const [key, count] of failed) {
      const [rule, reason] = key.split(' ') as [string, string];
      this.#failed.inc({ rule, reason }, count);
    }
    for (const [rule, count] of left ?? []) this.#filtered.inc({ rule }, count);
  }

  fault(rule: string): void {
    this.#faults.inc({ rule });
  }
}
