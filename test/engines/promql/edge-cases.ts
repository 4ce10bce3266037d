import { LABELS } from './edge-labels.ts';
import { MATCHING } from './edge-matching.ts';
import { TEXTS } from './edge-texts.ts';
import { TIMES } from './edge-times.ts';

const METRICS = ['up', 'requests_total', 'gauge', 'single', 'nothing', 'left', 'typed_total', 'up{job="api"}'];

const EACH = (
  'abs ceil floor round sgn exp sqrt ln log2 log10 sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh deg rad ' +
  'timestamp sort sort_desc absent scalar minute hour day_of_week day_of_month day_of_year days_in_month month year ' +
  'histogram_count histogram_sum histogram_avg histogram_stddev histogram_stdvar start_timestamp'
).split(' ');

const RANGE = (
  'rate increase delta irate idelta changes resets deriv avg_over_time min_over_time max_over_time sum_over_time ' +
  'count_over_time last_over_time first_over_time present_over_time absent_over_time stddev_over_time stdvar_over_time ' +
  'mad_over_time ts_of_first_over_time ts_of_last_over_time ts_of_min_over_time ts_of_max_over_time integral'
).split(' ');

const AGGREGATES = 'sum avg min max count group stddev stdvar'.split(' ');
const BUCKETS = 'latency noinf negative onlyinf odd nan zero'.split(' ').map((name) => `${name}_bucket`);

/** Made of the tables above. */
function combined(): string[] {
  const queries: string[] = [];
  for (const metric of METRICS) {
    for (const name of EACH) {
      queries.push(name === 'scalar' ? `vector(scalar(${metric}))` : `${name}(${metric})`);
    }
    for (const name of RANGE) {
      for (const range of ['[1m]', '[2m]', '[5m]', '[10m] offset 1m', '[4m:1m]', '[4m:90s] @ 300', '[1ms]']) {
        queries.push(`${name}(${metric}${range})`);
      }
    }
    for (const edges of ['anchored', 'smoothed']) {
      for (const name of ['rate', 'increase', 'delta', 'changes', 'resets', 'sum_over_time']) {
        queries.push(`${name}(${metric}[3m] ${edges})`, `${name}(${metric}[90s] ${edges} offset 30s)`);
      }
      queries.push(`${metric} ${edges}`, `${metric}[3m] ${edges}`);
    }
    for (const name of AGGREGATES) {
      queries.push(`${name}(${metric})`, `${name} by (job) (${metric})`, `${name} without (instance, k) (${metric})`);
      queries.push(`${name} by (__name__) (${metric})`, `${name}(${name} by (job, k) (${metric}))`);
    }
    for (const q of ['0', '0.5', '1', '-1', '2', 'NaN', '0.25']) {
      queries.push(`quantile(${q}, ${metric})`, `quantile_over_time(${q}, ${metric}[5m])`);
    }
    for (const k of ['0', '1', '2', '10', '-1', '1.9', 'NaN', '1e30', '-1e30', 'Inf']) {
      queries.push(
        `count(topk(${k}, ${metric}))`,
        `limitk(${k}, ${metric})`,
        `count(bottomk by (job) (${k}, ${metric}))`,
      );
    }
    for (const r of ['0', '0.3', '-0.3', '1', '-1', '1.5', '-7', 'NaN', '0.5 + 0'])
      queries.push(`limit_ratio(${r}, ${metric})`);
    for (const operator of ['+', '-', '*', '/', '%', '^', 'atan2', '==', '!=', '<', '>', '<=', '>=', '</', '>/']) {
      for (const scalar of ['0', '1', 'NaN', '-Inf', '2']) {
        queries.push(`${metric} ${operator} ${scalar}`, `${scalar} ${operator} ${metric}`);
        if (/[=<>]/.test(operator)) queries.push(`${metric} ${operator} bool ${scalar}`);
      }
      queries.push(`${metric} ${operator} ${metric}`, `${metric} ${operator} on (job) ${metric}`);
    }
    queries.push(
      `count_values("v", ${metric})`,
      `count_values by (job) ("job", ${metric})`,
      `-${metric}`,
      `+${metric}`,
    );
    queries.push(`predict_linear(${metric}[5m], 60)`, `predict_linear(${metric}[1m], 60)`, `clamp(${metric}, 2, 1)`);
    queries.push(
      `clamp(${metric}, NaN, 1)`,
      `clamp_min(${metric}, NaN)`,
      `clamp_max(${metric}, -Inf)`,
      `round(${metric}, 0)`,
    );
    queries.push(
      `round(${metric}, 0.3)`,
      `round(${metric}, -2)`,
      `double_exponential_smoothing(${metric}[5m], 0.5, 0.1)`,
    );
    queries.push(
      `double_exponential_smoothing(${metric}[5m], 0, 0.1)`,
      `info(${metric})`,
      `info(${metric}, {version=~".+"})`,
    );
    queries.push(
      `info(${metric} offset 3m, {version="2"})`,
      `info(${metric}, {__name__=~".*_info"})`,
      `integral(${metric}[5m], 7)`,
    );
  }
  for (const buckets of BUCKETS) {
    for (const q of ['0', '0.3', '0.5', '0.9', '1', '-1', '2', 'NaN'])
      queries.push(`histogram_quantile(${q}, ${buckets})`);
    for (const bounds of ['0, 1', '-Inf, +Inf', '0.2, 0.7', '-3, -2', '1, 0', 'NaN, 1', '1, NaN', '5, 6', '-10, -6']) {
      queries.push(`histogram_fraction(${bounds}, ${buckets})`);
    }
    queries.push(`histogram_quantiles(${buckets}, "q", 0.5, 1)`, `histogram_quantiles(${buckets}, "q", 0.5, 0.5)`);
  }
  return queries;
}

function lines(text: string): string[] {
  return text.split('\n').filter((line) => line.trim() !== '');
}

/** Each is asked at several times. */
export function edgeQueries(): string[] {
  return [...combined(), ...lines(MATCHING), ...lines(LABELS), ...lines(TIMES)];
}

/** Each is asked once. Some have line breaks. */
export function edgeTexts(): string[] {
  return TEXTS.trim()
    .split(/ \| |\n(?!b"|\]|\}|5m|a \|)/)
    .map((text) => text.trim());
}
