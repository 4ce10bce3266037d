import { globSync, readFileSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { fileError } from '../../../../lib/config/file-error.ts';
import { parsePlacedConfig } from '../../../../lib/config/load.ts';
import { msOf } from '../duration.ts';
import { metricOf } from './metric-text.ts';
import { startOf, unitTestFile, yamlNumber } from './schema.ts';
import { type SeriesValue, seriesValues } from './series-values.ts';

type Labels = Readonly<Record<string, string>>;

/** What an alert is to be like. */
export interface ExpectedAlert {
  readonly labels: Labels;
  readonly annotations: Labels;
}

/** Which alerts of a name are to fire at a time. Times are ms from the test's start. */
export interface AlertTest {
  readonly line: number;
  readonly at: number;
  readonly alert: string;
  readonly expected: readonly ExpectedAlert[];
}

/** What an expression is to give at a time. */
export interface ExpressionTest {
  readonly line: number;
  readonly at: number;
  readonly expression: string;
  readonly expected: readonly { readonly labels: Labels; readonly value: number }[];
}

export interface UnitTest {
  readonly name: string;
  readonly line: number;
  /** Between two values of an input series, ms. */
  readonly intervalMs: number;
  readonly series: readonly { readonly labels: Labels; readonly values: readonly SeriesValue[] }[];
  readonly alerts: readonly AlertTest[];
  readonly expressions: readonly ExpressionTest[];
  readonly externalLabels: Labels;
  readonly externalUrl: string;
  /** ms since the epoch */
  readonly start: number;
}

export interface UnitTestFile {
  readonly file: string;
  readonly ruleFiles: readonly string[];
  /** Patterns that no file fits. */
  readonly missing: readonly string[];
  readonly evaluationMs: number;
  readonly groupOrder: readonly string[];
  /** Values may be apart by the last bit. */
  readonly fuzzy: boolean;
  readonly tests: readonly UnitTest[];
}

/**
 * A file of unit tests as promtool has them (prometheus.io/docs/prometheus/latest/configuration/unit_testing_rules).
 * @throws HeliographError HG_CONFIG_FILE, HG_CONFIG_SYNTAX, HG_CONFIG_KEY, HG_CONFIG_VALUE with file, line, value and fix
 */
export function loadUnitTestFile(file: string): UnitTestFile {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw fileError(file, 'rules test', cause);
  }
  const { value, lineOf } = parsePlacedConfig(file, text, unitTestFile, { schema: 'failsafe', merge: true });
  const found = (value.rule_files ?? []).map((pattern) => {
    const path = isAbsolute(pattern) ? pattern : join(dirname(file), pattern);
    return { pattern, files: globSync(path).sort() };
  });
  const evaluationMs = msOf(value.evaluation_interval) || 60_000;
  return {
    file,
    ruleFiles: found.flatMap(({ files }) => files),
    missing: found.filter(({ files }) => files.length === 0).map(({ pattern }) => pattern),
    evaluationMs,
    groupOrder: value.group_eval_order ?? [],
    fuzzy: value.fuzzy_compare === 'true',
    tests: (value.tests ?? []).map((test, t) => ({
      name: test.name ?? '',
      line: lineOf(['tests', t]),
      intervalMs: msOf(test.interval) || evaluationMs,
      series: (test.input_series ?? []).map((one) => ({
        labels: metricOf(one.series),
        values: seriesValues(one.values),
      })),
      alerts: (test.alert_rule_test ?? []).map((one, i) => ({
        line: lineOf(['tests', t, 'alert_rule_test', i]),
        at: msOf(one.eval_time),
        alert: one.alertname,
        expected: (one.exp_alerts ?? []).map(({ exp_labels = {}, exp_annotations = {} }) => ({
          labels: { ...exp_labels, alertname: one.alertname },
          annotations: exp_annotations,
        })),
      })),
      expressions: (test.promql_expr_test ?? []).map((one, i) => ({
        line: lineOf(['tests', t, 'promql_expr_test', i]),
        at: msOf(one.eval_time),
        expression: one.expr,
        expected: (one.exp_samples ?? []).map(({ labels, value: expected }) => ({
          labels: labels === undefined ? {} : metricOf(labels),
          value: expected === undefined ? 0 : yamlNumber(expected)!,
        })),
      })),
      externalLabels: test.external_labels ?? {},
      externalUrl: test.external_url ?? '',
      start: test.start_timestamp === undefined ? 0 : startOf(test.start_timestamp)!,
    })),
  };
}
