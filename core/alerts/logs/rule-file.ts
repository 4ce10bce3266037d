import { createHash } from 'node:crypto';
import { z } from 'zod';
import { labelTexts } from '../../../lib/alerts/label-texts.ts';
import { duration } from '../../../lib/config/duration.ts';
import { loadConfig } from '../../../lib/config/load.ts';
import { templateTrouble } from '../rules/template/template.ts';

const templates = (given: readonly string[]) =>
  labelTexts(given, (text) => {
    const trouble = templateTrouble(text);
    return trouble === null ? null : `mend the template: ${trouble}`;
  });

const span = (least: number, most: number, words: string) =>
  duration().refine((ms) => ms >= least && ms <= most, `write a time of ${words}`);
const texts = () => z.array(z.string().min(1)).max(100).default([]);

const rule = z
  .strictObject({
    /** The alert's name, and its label `alertname`. */
    alert: z.string().min(1).max(200),
    /** Words (all must occur) and "phrases in quotes", as in the search. */
    query: z.string().max(10_000).default(''),
    hosts: texts(),
    services: texts(),
    levels: texts(),
    /** Each must have just that value. */
    fields: z.record(z.string().min(1), z.string()).default({}),
    /** One alert for each: host, service, site, level, or a field. */
    by: z.array(z.string().min(1).max(100)).max(5).default([]),
    /** More lines than `above` within a time. */
    count: z
      .strictObject({ above: z.int().min(0).max(1_000_000_000), within: span(1000, 86_400_000, '1s to 1d') })
      .optional(),
    /** No line within a time. */
    absent: z
      .strictObject({
        within: span(1000, 35 * 86_400_000, '1s to 35d'),
        /** Values of `by` that are expected before a line of them was ever seen; for several names of `by` with "/" between. */
        expect: z.array(z.string().min(1)).max(10_000).default([]),
      })
      .optional(),
    /** A line of a kind that was never there before. */
    unseen: z
      .strictObject({
        /** How long from the first line of a service on every kind is taken for known. */
        learn: span(0, 30 * 86_400_000, '0s to 30d').prefault('1d'),
        /** How long the alert fires after its kind was last seen. */
        show: span(1000, 7 * 86_400_000, '1s to 7d').prefault('1h'),
      })
      .optional(),
    /** How long it must hold before the alert fires, and how long it fires on after it held last. */
    for: duration().prefault('0s'),
    keep_firing_for: duration().prefault('0s'),
    labels: templates(['alertname']),
    annotations: templates([]),
  })
  .superRefine((one, context) => {
    const kinds = [one.count, one.absent, one.unseen].filter((kind) => kind !== undefined).length;
    if (kinds !== 1) {
      context.addIssue({ code: 'custom', message: 'give one of count, absent and unseen', path: ['alert'] });
    }
    if (one.unseen && one.by.length > 0) {
      context.addIssue({ code: 'custom', message: 'leave it out: kinds are told apart by service', path: ['by'] });
    }
    if (one.absent && one.absent.expect.length > 0 && one.by.length === 0) {
      context.addIssue({ code: 'custom', message: 'say by what, as by: [host]', path: ['by'] });
    }
  });

const ruleFile = z.strictObject({ rules: z.array(rule).max(1000) }).superRefine(({ rules }, context) => {
  for (const [i, { alert }] of rules.entries()) {
    if (rules.findIndex((other) => other.alert === alert) === i) continue;
    context.addIssue({ code: 'custom', message: 'give each rule a name of its own', path: ['rules', i, 'alert'] });
  }
});

export interface LogRuleDefinition extends z.output<typeof rule> {
  /** Equal for rules whose counts and alerts go on as one another's: the same lines, looked at in the same way. */
  readonly id: string;
}

/** The rules of a file, in its order. @throws HeliographError HG_CONFIG_*, with file, line, value and fix */
export function loadLogRules(file: string): LogRuleDefinition[] {
  return loadConfig(file, ruleFile, 'alerts.logs.file').rules.map((one) => {
    const { labels: _, annotations: __, for: ___, keep_firing_for: ____, ...what } = one;
    const hash = createHash('sha256').update(JSON.stringify(what)).digest('hex').slice(0, 12);
    return { ...one, id: `log/${one.alert}/${hash}` };
  });
}
