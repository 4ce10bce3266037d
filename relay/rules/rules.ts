import { z } from 'zod';
import { labelTexts } from '../../lib/alerts/label-texts.ts';
import { duration } from '../../lib/config/duration.ts';
import { loadConfig } from '../../lib/config/load.ts';
import { HeliographError } from '../../lib/errors.ts';
import { readExpression } from './expression.ts';
import { templateTrouble } from './template.ts';

const expression = () =>
  z.string().transform((text, context) => {
    try {
      return readExpression(text);
    } catch (error) {
      if (!(error instanceof HeliographError)) throw error;
      const why = error.message.slice(error.code.length + 2);
      context.addIssue({ code: 'custom', message: `write what docs/relay-rules.md lists: ${why}` });
      return z.NEVER;
    }
  });

const templates = (given: readonly string[]) => labelTexts(given, templateTrouble);

const alertingRule = z.strictObject({
  /** The alert's name, and its label `alertname`. */
  alert: z.string().min(1).max(200),
  /** PromQL: what it gives is an alert each. */
  expr: expression(),
  /** How long it must hold before the alert fires. */
  for: duration().prefault('0s'),
  /** How long the alert goes on firing after it held last. */
  keep_firing_for: duration().prefault('0s'),
  /** Labels more. */
  labels: templates(['alertname', '__name__']),
  /** What people read. */
  annotations: templates([]),
});

const group = z.strictObject({
  name: z.string().min(1).max(200),
  /** How often; rules.evaluateEvery where it is left out. */
  interval: duration()
    .refine((ms) => ms >= 1000, 'write 1s or more')
    .optional(),
  rules: z.array(alertingRule).min(1),
});

/** A rule file of Prometheus, as far as a relay goes with it. */
export const ruleFile = z.strictObject({ groups: z.array(group) }).superRefine(({ groups }, context) => {
  for (const [i, { name, rules }] of groups.entries()) {
    if (groups.findIndex((other) => other.name === name) < i) {
      context.addIssue({ code: 'custom', message: 'give each group a name of its own', path: ['groups', i, 'name'] });
    }
    const ids = rules.map(({ alert, labels }) => JSON.stringify([alert, labels]));
    for (const [r, id] of ids.entries()) {
      if (ids.indexOf(id) === r) continue;
      const message = 'give it another name or label: its alerts would be those of the rule before';
      context.addIssue({ code: 'custom', message, path: ['groups', i, 'rules', r, 'alert'] });
    }
  }
});

export interface AlertingRule extends z.output<typeof alertingRule> {
  readonly group: string;
  /** ms; undefined: as the relay is configured. */
  readonly interval: number | undefined;
  /** Equal for rules whose alerts go on as one another's. */
  readonly id: string;
}

/** The rules of a file, in its order. @throws HeliographError HG_CONFIG_*, with file, line, value and fix */
export function loadAlertingRules(file: string): AlertingRule[] {
  const { groups } = loadConfig(file, ruleFile, 'rules.file');
  return groups.flatMap(({ name, interval, rules }) =>
    rules.map((rule) => ({
      ...rule,
      group: name,
      interval,
      id: JSON.stringify([name, rule.alert, rule.expr.text, rule.labels]),
    })),
  );
}
