import { z } from 'zod';
import { duration } from '../../lib/config/duration.ts';
import { loadConfig } from '../../lib/config/load.ts';
import { HeliographError } from '../../lib/errors.ts';
import { parseSelector } from '../../lib/promql/selector.ts';
import { planOf } from './outputs/plan.ts';
import { outputOf } from './outputs/table.ts';

/** Labels that relay and core give, and a rule cannot. */
const GIVEN_LABELS: ReadonlySet<string> = new Set(['__name__', 'relay', 'site']);
const LEAST_INTERVAL_MS = 1000;
const LONGEST_INTERVAL_MS = 86_400_000;

/** A selector, or a list of them. */
const selectors = () =>
  z.unknown().transform((value, context) => {
    const wrong = (message: string, path: number[] = []) => {
      context.addIssue({ code: 'custom', message, path });
      return z.NEVER;
    };
    const texts: readonly unknown[] = Array.isArray(value) ? value : [value];
    if (texts.length === 0) return wrong('write a PromQL selector such as up{job="node"}');
    return texts.map((text, i) => {
      const path = Array.isArray(value) ? [i] : [];
      if (typeof text !== 'string')
        return wrong('write a PromQL selector such as up{job="node"}, or a list of them', path);
      try {
        return parseSelector(text);
      } catch (error) {
        if (!(error instanceof HeliographError)) throw error;
        const why = error.message.slice(error.code.length + 2);
        return wrong(`write a PromQL selector such as up{job="node"}: ${why}`, path);
      }
    });
  });

const output = () =>
  z.string().transform((text, context) => {
    const found = outputOf(text);
    if (typeof found !== 'string') return { text: text.replaceAll(/\s/g, ''), aggregate: found };
    context.addIssue({ code: 'custom', message: found });
    return z.NEVER;
  });

const labels = () =>
  z
    .array(
      z
        .string()
        .regex(/^[a-zA-Z_][a-zA-Z0-9_]*$/, 'write label names such as instance or mode')
        .refine(
          (name) => !GIVEN_LABELS.has(name),
          'leave out __name__, relay and site: every output has them as they are',
        ),
    )
    .default([])
    .transform((names) => [...new Set(names)].sort());

const rule = (workers: number) =>
  z
    .strictObject({
      /** What metrics and log lines call the rule; each once. */
      name: z.string().regex(/^[\w.:-]{1,100}$/, 'use letters, digits, ".", ":", "_" and "-", at most 100'),
      /** Which series: PromQL selectors, one of which a series must meet. A series has the label `instance` here already: the host's name. */
      match: selectors(),
      /** Length of a window, aligned to the epoch: 1s to 1d. It stands in the outputs' names as it is written. */
      interval: z.string(),
      /** How long after its end a window waits for samples that are late. */
      lateness: duration().prefault('30s'),
      /** A sample this much older than a window is not compared with what comes in it: Prometheus' look-back. */
      staleness: duration().prefault('5m'),
      /** Labels that outputs keep; all, where neither `by` nor `without` is there. */
      by: labels(),
      /** Labels that outputs lose. */
      without: labels(),
      /** What is computed. */
      outputs: z.array(output()).min(1),
      /**
       * Who writes the results. `core`: the relay sends what it has of a window, and the core makes one answer of what all relays have. `own`: the core writes what this relay
       * has, under the relay's name; of several processes it always does.
       */
      merge: z.enum(['relay', 'own', 'core']).default('relay'),
      /** What becomes of the samples that went in: on to the core, or dropped there and counted as rolled_up. */
      inputs: z.enum(['keep', 'drop']).default('keep'),
    })
    .transform((one, context) => {
      const read = duration().safeParse(one.interval);
      const ms = read.data ?? 0;
      if (ms < LEAST_INTERVAL_MS || ms > LONGEST_INTERVAL_MS || ms % 1 !== 0) {
        context.addIssue({
          code: 'custom',
          message: 'write a duration from 1s to 1d such as 30s or 5m',
          path: ['interval'],
        });
        return z.NEVER;
      }
      if (one.by.length > 0 && one.without.length > 0) {
        context.addIssue({ code: 'custom', message: 'give by or without, not both', path: ['without'] });
      }
      const suffixes = one.outputs.map(({ aggregate }) => aggregate.suffix);
      const twice = suffixes.find((suffix, i) => suffixes.indexOf(suffix) < i);
      if (twice) context.addIssue({ code: 'custom', message: `name ${twice} once`, path: ['outputs'] });
      const merged = one.merge !== 'relay' || workers > 1;
      const plan = merged ? planOf(one.outputs) : null;
      if (typeof plan === 'string') context.addIssue({ code: 'custom', message: plan, path: ['outputs'] });
      return { ...one, intervalMs: ms, plan: typeof plan === 'string' ? null : plan };
    });

/** The file of roll-up rules: a list. @param workers of the relay: where there are several, the core merges what they have */
const rulesFor = (workers: number) =>
  z.array(rule(workers)).superRefine((rules, context) => {
    for (const [i, { name }] of rules.entries()) {
      if (rules.findIndex((other) => other.name === name) === i) continue;
      context.addIssue({ code: 'custom', message: 'give each rule a name of its own', path: [i, 'name'] });
    }
  });

export const rollupRules: ReturnType<typeof rulesFor> = rulesFor(1);

export type RollupRule = z.output<typeof rollupRules>[number];

/**
 * @param workers of the relay
 * @throws HeliographError HG_CONFIG_*, with file, line, value and fix
 */
export function loadRules(file: string, workers = 1): RollupRule[] {
  return loadConfig(file, rulesFor(workers), 'rollups.rules');
}

/** Equal for rules that compute the same: what was begun under one goes on under the other. */
export function identityOf({
  name,
  match,
  intervalMs,
  staleness,
  by,
  without,
  outputs,
  merge,
  plan,
}: RollupRule): string {
  const made = outputs.map(({ text }) => text);
  const own = [name, match, intervalMs, staleness, by, without, made];
  if (merge === 'core') return JSON.stringify([...own, merge]);
  return JSON.stringify(plan ? [...own, 'workers'] : own);
}
