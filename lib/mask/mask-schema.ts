import { z } from 'zod';
import { DEFAULT_MASKS, MASK_KINDS } from './kinds.ts';
import { regexProblem } from './own-rule.ts';

/** The section `mask` of a configuration: which secrets are covered before anything is written or sent, and how. */
export const maskConfig = () =>
  z
    .strictObject({
      /** Kinds that are covered. Left out: all but `ip`. */
      kinds: z.array(z.enum(MASK_KINDS)).default([...DEFAULT_MASKS]),
      /** `stars`: nothing of a secret is left. `hash`: a keyed hash stands in its place, so that equal secrets can be told to be equal; card numbers become stars all the same. */
      way: z.enum(['stars', 'hash']).default('stars'),
      /** With `hash`: the file of the key, 16 bytes at least; the same at every host whose lines are to be compared. */
      keyFile: z.string().min(1).optional(),
      /** Rules of your own, after the kinds. */
      rules: z
        .array(
          z.strictObject({
            /** Under which it counts; each once, and not that of a kind. */
            name: z.string().regex(/^[a-z][a-z0-9_]{0,63}$/, 'small letters, digits and "_", a letter first'),
            /** In RE2's syntax. The first group is covered, or without one all that matches. */
            regex: z
              .string()
              .min(1)
              .superRefine((regex, context) => {
                const problem = regexProblem(regex);
                if (problem !== null) context.addIssue({ code: 'custom', message: `is no expression: ${problem}` });
              }),
            /** A text without which nothing matches: lines that have it not cost nothing. */
            contains: z.string().min(1).optional(),
          }),
        )
        .superRefine((rules, context) => {
          const names = new Set<string>(MASK_KINDS);
          for (const [i, { name }] of rules.entries()) {
            if (names.has(name))
              context.addIssue({ code: 'custom', message: 'is taken: choose another name', path: [i, 'name'] });
            names.add(name);
          }
        })
        .default([]),
    })
    .refine(({ way, keyFile }) => way !== 'hash' || keyFile !== undefined, {
      message: 'is missing: write the file of the key, or set way to stars',
      path: ['keyFile'],
    })
    .prefault({});

export type MaskConfig = z.output<ReturnType<typeof maskConfig>>;
