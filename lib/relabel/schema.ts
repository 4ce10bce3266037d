import { z } from 'zod';
import { ruleProblems } from './check.ts';
import { FIXED_LABELS } from './fixed-labels.ts';
import { RELABEL_ACTIONS, RELABEL_DEFAULTS, type RelabelKind } from './rule.ts';

/** A list of rules in Prometheus' form, for labels of series or for ECS fields of lines. */
export const relabelRules = (kind: RelabelKind) =>
  z.array(
    z
      .strictObject({
        /** What is done: `replace`, `keep`, `drop` ... as in Prometheus' `relabel_config`, and so are the other keys. */
        action: z.preprocess(
          (action) => (typeof action === 'string' ? action.toLowerCase() : action),
          z.enum(RELABEL_ACTIONS).default(RELABEL_DEFAULTS.action),
        ),
        /** Labels (or fields) whose values are joined and looked at. */
        source_labels: z.array(z.string()).default([]),
        /** Stands between these values. */
        separator: z.string().default(RELABEL_DEFAULTS.separator),
        /** In RE2's syntax; it must match the whole value. */
        regex: z.string().default(RELABEL_DEFAULTS.regex),
        /** Of `hashmod`: into how many parts. */
        modulus: z.int().min(0).default(0),
        /** Where the result goes. */
        target_label: z.string().default(''),
        /** What goes there; `$1` and `${name}` are groups of the expression. Nothing: the label is taken away. */
        replacement: z.string().default(RELABEL_DEFAULTS.replacement),
      })
      .superRefine((rule, context) => {
        for (const { key, message } of ruleProblems(rule, kind, FIXED_LABELS[kind])) {
          context.addIssue({ code: 'custom', message, path: [key] });
        }
      }),
  );
