import { z } from 'zod';
import type { BenchRun } from '../result.ts';
import type { RunMade } from './section.ts';

/** A run as `--json` keeps it. */
export type KeptRun = BenchRun & RunMade & { readonly name: string };

/** JSON has no number for what is not one: a quantile of nothing. */
const number = z
  .number()
  .nullable()
  .transform((value) => value ?? Number.NaN);
const benchRun = z.object({
  results: z.array(
    z.object({
      name: z.string(),
      value: number,
      unit: z.string(),
      target: number.optional(),
      note: z.string().optional(),
    }),
  ),
  wrong: z.array(z.string()).optional(),
  series: z.array(z.record(z.string(), z.number().nullable())).optional(),
});
const keptRuns = z.array(
  benchRun.extend({
    name: z.string(),
    at: z.number(),
    machine: z.string(),
    load: z.number(),
    commit: z.string().nullable().default(null),
    settings: z.array(z.string()),
  }),
);

/** What the process of a benchmark has printed as its run. @throws ZodError where it is none */
export function readRun(text: string): BenchRun {
  return benchRun.parse(JSON.parse(text));
}

/** What `--json` has written, the oldest first. @throws SyntaxError or ZodError where it is something else */
export function readKept(text: string): KeptRun[] {
  return keptRuns.parse(JSON.parse(text)).sort((a, b) => a.at - b.at);
}
