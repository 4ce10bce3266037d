import { z } from 'zod';
import { oneOrMore } from '../config/one-or-more.ts';

/** The configuration's `logRoutes`. */
export const logRoutes = () =>
  z
    .array(
      z.strictObject({
        /** What counts and the ledger call it, and what goes with its lines as `heliograph.route`. */
        name: z.string().regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, 'small letters, digits, ".", "_" and "-", 64 at most'),
        /** Names of services, with `*` and `?`, one or a list; left out: every one. */
        service: oneOrMore().optional(),
        /** Paths of files, in the same form. */
        file: oneOrMore().optional(),
        /** Left out: every one. A line that says none counts as info. */
        levels: z
          .array(z.enum(['debug', 'info', 'warning', 'error', 'fatal']))
          .min(1)
          .optional(),
        /** The share that is sent: 1 all, 0.01 one in a hundred, 0 none. Warnings and errors are all sent unless `levels` names them. */
        keep: z.number().min(0).max(1).default(1),
      }),
    )
    .superRefine((routes, context) => {
      for (const [i, { name }] of routes.entries()) {
        const first = routes.findIndex((route) => route.name === name);
        if (first < i)
          context.addIssue({
            code: 'custom',
            message: `is the name of route ${first + 1} too: give each its own`,
            path: [i, 'name'],
          });
      }
    });
