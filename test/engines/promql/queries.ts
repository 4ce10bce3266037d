import type { Alignment } from './samples.ts';
import { SPAN, START } from './samples.ts';

/** Queries over everything that is supported, made by chance from a seed. */
export interface Query {
  readonly text: string;
  readonly time: number;
  /** ms; undefined: an instant query. */
  readonly range?: { readonly end: number; readonly step: number };
}

const SELECTORS = [
  'requests_total',
  'requests_total{code="500"}',
  'requests_total{job=~"a.*|db",code!="500"}',
  'requests_total{job!~"web|d.",instance="a:1"}',
  'bytes_total',
  'temperature',
  'temperature{job="api"}',
  'load',
  'load{instance!="b:2"}',
  'up',
  'memory',
  'odd',
  'odd{kind=~"[xy]"}',
  'nan_now_and_then',
  'constant',
  '{__name__=~"temp.*|load"}',
  '{__name__="owner"}',
  'does_not_exist{job="a"}',
];
/** Values that do not meet one another, so that topk has no ties to break. */
const DISTINCT = ['temperature', 'memory', 'temperature{job=~"api|db"}', 'memory{job!="api"}'];
const RANGE_FUNCTIONS = [
  'rate increase delta irate idelta changes resets deriv avg_over_time min_over_time max_over_time sum_over_time',
  'count_over_time last_over_time present_over_time stddev_over_time stdvar_over_time first_over_time mad_over_time',
  'ts_of_first_over_time ts_of_last_over_time ts_of_min_over_time ts_of_max_over_time integral',
]
  .join(' ')
  .split(' ');
const EACH_FUNCTIONS = 'abs ceil floor round sgn exp sqrt ln log2 log10 deg rad atan timestamp sort'.split(' ');
/** Of plain samples only: of a large computed argument they show nothing but its last bit. */
const WAVES = 'sin cos tan asin acos sinh cosh tanh asinh acosh atanh'.split(' ');
const AGGREGATES = 'sum avg min max count group stddev stdvar'.split(' ');
const ARITHMETIC = ['+', '-', '*', '/', '%', '^'];
const COMPARISONS = ['==', '!=', '>', '<', '>=', '<='];

/** Two mathematical libraries may differ in the last digit of these, and these turn a last digit into a whole answer. */
const LAST_DIGIT = /\^|exp|ln|log|sin|cos|tan|stddev|stdvar/;
const JUMP = /%|floor|ceil|round|sgn|count_values|[=!<>]=|[<>]|\^.*\^/;

/** What Prometheus 2 does not know. */
const NEWER =
  /limitk|limit_ratio|first_over|mad_over|ts_of|integral|double_exp|anchored|smoothed|fill|max_of|min_of|(?:step|range)\(\)|vector\((?:start|end)|\* 2\]|\/ 11\]|histogram_(?!quantile\()|sort_by_label|info\(/;

export class QueryMaker {
  readonly #random: () => number;
  readonly #alignment: Alignment;
  readonly #version: 2 | 3;

  constructor(random: () => number, alignment: Alignment, version: 2 | 3 = 3) {
    this.#random = random;
    this.#alignment = alignment;
    this.#version = version;
  }

  query(): Query {
    let text = this.#vector(this.#below(4));
    while ((LAST_DIGIT.test(text) && JUMP.test(text)) || (this.#version === 2 && NEWER.test(text))) {
      text = this.#vector(this.#below(4));
    }
    // Off edge: a whole second that is no multiple of the subqueries' resolutions either.
    const minute = START + 10 * 60_000 + Math.floor((this.#random() * (SPAN - 600_000)) / 60_000) * 60_000;
    const time = minute + (this.#alignment === 'off-edge' ? 7000 : this.#pick([0, 0, 5000, 10_000, 40_000]));
    if (this.#random() < 0.7) return { text, time };
    const step = 60_000 * (1 + this.#below(4));
    // Who asks for a range seldom asks for one that ends on a step.
    const beyond = this.#pick([0, 0, 1000, step / 2, step - 1000]);
    return { text, time, range: { end: time + step * this.#below(20) + beyond, step } };
  }

  #below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }

  #pick<T>(list: readonly T[]): T {
    return list[this.#below(list.length)]!;
  }

  #offset(): string {
    const chance = this.#random();
    if (chance < 0.08) return ` offset ${this.#pick(['1m', '90s', '-3m', '10m'])}`;
    if (chance < 0.12) return ` @ ${this.#pick([String(START / 1000 + 3607), 'start()', 'end()'])}`;
    return '';
  }

  #scalar(): string {
    return this.#pick([
      '0',
      '1',
      '2',
      '-3.5',
      '0.25',
      '1e3',
      '100',
      'time() / 1e6',
      'scalar(memory{job="api"})',
      '(2 * 3)',
      'pi()',
    ]);
  }

  #labels(): string {
    return this.#pick(['job', 'instance', 'job, instance', 'code', 'kind', '', 'job, nothing', '__name__']);
  }

  #range(): string {
    const range = this.#pick([
      '1m',
      '90s',
      '5m',
      '10m',
      '1h',
      '20s',
      '301s',
      '2m * 2',
      '(1h - 5m) / 11',
      'max_of(1m, step())',
    ]);
    if (this.#random() < 0.06) return `${this.#pick(SELECTORS)}[${this.#pick(['5m:1m', '10m:30s', '7m:', '3m:20s'])}]`;
    return `${this.#pick(SELECTORS)}[${range}]${this.#offset()}`;
  }

  #overTime(): string {
    const chance = this.#random();
    if (chance < 0.06)
      return `quantile_over_time(${this.#pick(['0.5', '0.9', '0', '1', '-1', '2', '0.123'])}, ${this.#range()})`;
    if (chance < 0.1) return `predict_linear(${this.#range()}, ${this.#pick(['60', '3600', '-100'])})`;
    if (chance < 0.13) return `absent_over_time(${this.#range()})`;
    if (chance < 0.16) return this.#extended();
    if (chance < 0.19) {
      return `double_exponential_smoothing(${this.#range()}, ${this.#pick(['0.5', '0.1', '1'])}, ${this.#pick(['0.3', '0.9'])})`;
    }
    if (chance < 0.21) return `integral(${this.#range()}, ${this.#pick(['0', '1', '2', '3', '0.5'])})`;
    return `${this.#pick(RANGE_FUNCTIONS)}(${this.#range()})`;
  }

  #extended(): string {
    const edges = this.#pick(['anchored', 'smoothed']);
    const name = this.#pick(['rate', 'increase', 'delta', edges === 'anchored' ? 'changes' : 'rate', 'resets']);
    return `${name}(${this.#pick(SELECTORS)}[${this.#pick(['1m', '5m', '20s'])}] ${edges}${this.#offset()})`;
  }

  #aggregate(depth: number): string {
    const modifier = this.#pick([` by (${this.#labels()}) `, ` without (${this.#labels()}) `, ' ', '']);
    const chance = this.#random();
    if (chance < 0.12) {
      return `${this.#pick(['topk', 'bottomk'])}${modifier}(${this.#pick(['1', '2', '3', '100', '0'])}, ${this.#pick(DISTINCT)})`;
    }
    if (chance < 0.2)
      return `quantile${modifier}(${this.#pick(['0.5', '0.9', '0.33', '-0.1', '1.1', 'NaN', '1'])}, ${this.#vector(depth - 1)})`;
    if (chance < 0.215) return `limitk${modifier}(${this.#pick(['1', '2', '0', '10'])}, ${this.#pick(SELECTORS)})`;
    if (chance < 0.24) {
      const ratio = this.#pick(['0.5', '-0.5', '0.2', '-0.8', '1', '-1', '0', '2', '-3']);
      return `limit_ratio${modifier}(${ratio}, ${this.#pick(SELECTORS)})`;
    }
    if (chance < 0.27) return `count_values${modifier}("v", ${this.#pick(SELECTORS)})`;
    return `${this.#pick(AGGREGATES)}${modifier}(${this.#vector(depth - 1)})`;
  }

  #matching(): string {
    const fill =
      this.#random() < 0.1 ? ` ${this.#pick(['fill(0)', 'fill_left(1)', 'fill_right(-2) fill_left(NaN)'])}` : '';
    return `${this.#labelsMatched()}${fill}`;
  }

  #labelsMatched(): string {
    const chance = this.#random();
    if (chance < 0.4) return '';
    if (chance < 0.6) return ` on (${this.#pick(['job, instance', 'job', 'kind', ''])})`;
    if (chance < 0.75) return ` ignoring (${this.#pick(['code', 'job', 'code, kind'])})`;
    return ` on (${this.#pick(['job', 'job, instance'])}) ${this.#pick(['group_left', 'group_right'])}${this.#pick(['', ' (team)', ' ()'])}`;
  }

  #binary(depth: number): string {
    const chance = this.#random();
    if (chance < 0.15) {
      const on = this.#pick(['', ' on (job)', ' ignoring (code)', ' on (job, instance)']);
      return `${this.#vector(depth - 1)} ${this.#pick(['and', 'or', 'unless'])}${on} ${this.#vector(depth - 1)}`;
    }
    const comparison = this.#random() < 0.35;
    const operator = this.#pick(comparison ? COMPARISONS : ARITHMETIC);
    const bool = comparison && this.#random() < 0.4 ? ' bool' : '';
    if (chance < 0.4) return `${this.#vector(depth - 1)} ${operator}${bool} ${this.#scalar()}`;
    if (chance < 0.5) return `${this.#scalar()} ${operator}${bool} ${this.#vector(depth - 1)}`;
    if (chance < 0.6) return `temperature ${operator}${bool}${this.#matching()} load`;
    if (chance < 0.7) return `load ${operator}${bool} on (job) group_left (team) owner`;
    return `${this.#vector(depth - 1)} ${operator}${bool}${this.#matching()} ${this.#vector(depth - 1)}`;
  }

  #special(): string {
    const buckets = this.#pick([
      'latency_bucket',
      'rate(latency_bucket[5m])',
      'sum by (le, job) (rate(latency_bucket[10m]))',
    ]);
    const date = this.#pick('minute hour day_of_week day_of_month day_of_year days_in_month month year'.split(' '));
    return this.#pick([
      `histogram_quantile(${this.#pick(['0.5', '0.99', '0', '1', '-1', '1.5', '0.3'])}, ${buckets})`,
      `label_replace(${this.#pick(SELECTORS)}, "kind", "<$1:\${2}>", "job", "(a|d)(.*)")`,
      `label_replace(${this.#pick(SELECTORS)}, "${this.#pick(['job', 'instance', 'code', '__name__'])}", "", "", "")`,
      `histogram_fraction(${this.#pick(['0', '0.05', '-1', '0.3', '-Inf'])}, ${this.#pick(['0.4', '1', '+Inf', '0.05', 'NaN'])}, ${buckets})`,
      `histogram_quantiles(${buckets}, "q", 0.5, ${this.#pick(['0.9', '1', '-1', '0.5'])})`,
      `histogram_${this.#pick(['count', 'sum', 'avg', 'stddev', 'stdvar'])}(${this.#pick(SELECTORS)})`,
      `sort_by_label${this.#pick(['', '_desc'])}(${this.#pick(SELECTORS)}, "${this.#pick(['instance', 'job", "code', 'none'])}")`,
      `info(${this.#pick(SELECTORS)}${this.#pick(['', ', {}', ', {team=~".+"}', ', {version!=""}', ', {__name__=~"target_info|owner"}', ', {none="x"}'])})`,
      `info(rate(requests_total[5m] offset 2m)${this.#pick(['', ', {version="2"}', ', {__name__!="owner"}'])})`,
      `vector(${this.#pick(['start()', 'end()', 'step()', 'range()', 'max_of(1, time())', 'min_of(NaN, 2)'])})`,
      `label_join(${this.#pick(SELECTORS)}, "both", "/", "job", "instance", "none")`,
      `${date}()`,
      `${date}(timestamp(${this.#pick(SELECTORS)}) * ${this.#pick(['1', '0.7', '1.01'])})`,
    ]);
  }

  #vector(depth: number): string {
    const chance = this.#random();
    if (depth <= 0) return chance < 0.5 ? `${this.#pick(SELECTORS)}${this.#offset()}` : this.#overTime();
    if (chance < 0.2) return this.#overTime();
    if (chance < 0.45) return this.#aggregate(depth);
    if (chance < 0.75) return `(${this.#binary(depth)})`;
    if (chance < 0.79) return `-${this.#pick(SELECTORS)}`;
    if (chance < 0.82) return `absent(${this.#pick(SELECTORS)})`;
    if (chance < 0.85) return `vector(${this.#scalar()})`;
    if (chance < 0.88) return `clamp(${this.#vector(depth - 1)}, ${this.#scalar()}, ${this.#scalar()})`;
    if (chance < 0.9)
      return `${this.#pick(['clamp_min', 'clamp_max', 'round'])}(${this.#vector(depth - 1)}, ${this.#scalar()})`;
    if (chance < 0.94) return this.#special();
    if (chance < 0.955) return `${this.#pick(WAVES)}(${this.#pick(SELECTORS)})`;
    return `${this.#pick(EACH_FUNCTIONS)}(${this.#vector(depth - 1)})`;
  }
}
