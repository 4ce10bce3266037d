import { z } from 'zod';
import { HeliographError } from '../../../../lib/errors.ts';
import { ruleDuration } from '../duration.ts';
import { orNothing } from '../or-nothing.ts';
import { metricOf } from './metric-text.ts';
import { seriesValues } from './series-values.ts';

const series = () =>
  z.string().superRefine((text, context) => {
    try {
      metricOf(text);
    } catch (error) {
      if (!(error instanceof HeliographError)) throw error;
      context.addIssue({ code: 'custom', message: `mend the series: ${error.message.slice(error.code.length + 2)}` });
    }
  });

const values = () =>
  z.string().superRefine((text, context) => {
    try {
      seriesValues(text);
    } catch (error) {
      context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : String(error) });
    }
  });

/** A number as YAML writes it. */
export function yamlNumber(text: string): number | null {
  const special = /^([+-]?)\.(inf|Inf|INF|nan|NaN|NAN)$/.exec(text);
  if (special) {
    if (special[2]!.toLowerCase() === 'nan') return Number.NaN;
    return special[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  }
  const plain = text.replaceAll('_', '').replace(/^\+/, '');
  return plain === '' || /\s/.test(plain) || !Number.isFinite(Number(plain)) ? null : Number(plain);
}

const truth = () => z.enum(['true', 'false']);
const texts = () => orNothing(z.record(z.string(), z.string()));

const alertTest = z.strictObject({
  eval_time: orNothing(ruleDuration()),
  alertname: z.string().min(1, 'write the name of the alert'),
  exp_alerts: orNothing(z.array(z.strictObject({ exp_labels: texts(), exp_annotations: texts() }))),
});

const expressionTest = z.strictObject({
  expr: z.string().min(1, 'write an expression in PromQL'),
  eval_time: orNothing(ruleDuration()),
  exp_samples: orNothing(
    z.array(
      z.strictObject({
        labels: orNothing(series()),
        value: orNothing(z.string().refine((text) => yamlNumber(text) !== null, 'write a number, .inf or .nan')),
        histogram: orNothing(z.string().refine(() => false, 'native histograms are not supported: leave out the test')),
      }),
    ),
  ),
});

/** ms since the epoch of an RFC 3339 time or of seconds; null: neither. */
export function startOf(text: string): number | null {
  const seconds = yamlNumber(text);
  if (seconds !== null && Number.isFinite(seconds)) return Math.round(seconds * 1000);
  const ms = /^\d{4}-\d\d-\d\d[Tt ]/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(ms) ? null : ms;
}

const unitTest = z.strictObject({
  name: orNothing(z.string()),
  interval: orNothing(ruleDuration()),
  input_series: orNothing(z.array(z.strictObject({ series: series(), values: values() }))),
  alert_rule_test: orNothing(z.array(alertTest)),
  promql_expr_test: orNothing(z.array(expressionTest)),
  external_labels: texts(),
  external_url: orNothing(z.string()),
  start_timestamp: orNothing(
    z.string().refine((text) => startOf(text) !== null, 'write a time such as 2026-01-01T00:00:00Z, or seconds'),
  ),
});

/** A file of unit tests as promtool has them, whose scalars were all read as text. */
export const unitTestFile = z.strictObject({
  rule_files: orNothing(z.array(z.string())),
  evaluation_interval: orNothing(ruleDuration()),
  group_eval_order: orNothing(z.array(z.string())).superRefine((names, context) => {
    for (const [i, name] of (names ?? []).entries()) {
      if (names!.indexOf(name) === i) continue;
      context.addIssue({ code: 'custom', message: 'name each group once', path: [i] });
    }
  }),
  fuzzy_compare: orNothing(truth()),
  tests: orNothing(z.array(unitTest)),
});
