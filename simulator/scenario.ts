import { z } from 'zod';
import { duration } from '../lib/config/duration.ts';
import { loadConfig } from '../lib/config/load.ts';
import { KINDS } from './kinds.ts';
import type { Phase } from './phase.ts';
import { parseShare } from './share.ts';

/** A part of the hosts: `5%`, `0.5%`; the value is from 0 to 1. */
export const share = () =>
  // Not only text: who writes 5 instead of 5% is told of the share, not of a type.
  z.unknown().transform((written, context) => {
    const value = typeof written === 'string' ? parseShare(written) : null;
    if (value === null) {
      context.addIssue({ code: 'custom', message: 'write a share such as 1%, 0.5% or 100%' });
      return z.NEVER;
    }
    return value;
  });

const lines = () => z.number().min(0, 'write lines a second over all hosts, at least 0');

const phase = z.strictObject({
  /** Shown while it runs, and in the report. */
  name: z.string().min(1).optional(),
  duration: duration().refine((ms) => ms > 0, 'a phase lasts longer than nothing'),
  /** Over all hosts; unless stated that of the scenario. */
  logsPerSecond: lines().optional(),
  /** Share of the hosts that restart each minute, with a new boot. */
  churn: share().prefault('0%'),
  /** Share of the hosts that read slowly. */
  slow: share().prefault('0%'),
  /** Share of the hosts that send garbage among the good. */
  bad: share().prefault('0%'),
  /** At the beginning of the phase all connections break, and all come back at once. */
  storm: z.boolean().default(false),
  /** At the beginning of the phase some hosts lose the network, for so long. */
  outage: z.strictObject({ for: duration(), hosts: share().prefault('100%') }).optional(),
});

/** A scenario: who the hosts are, and what happens to them, phase by phase. */
export const scenarioSchema = z.strictObject({
  hosts: z.int().min(1).max(100_000).default(1000),
  /** Series of a host. */
  series: z.int().min(1).max(10_000).default(100),
  interval: duration()
    .refine((ms) => ms >= 100, 'an interval is 100ms at least')
    .prefault('10s'),
  /** Instants gathered in one frame. */
  instants: z.int().min(1).max(127).default(1),
  logsPerSecond: lines().default(0),
  /** Share of the hosts whose clocks are minutes off. */
  skewedClocks: share().prefault('0%'),
  /** How many of the hosts are of which kind, as parts of their sum. */
  kinds: z.partialRecord(z.enum(KINDS), z.number().min(0)).optional(),
  phases: z.array(phase).min(1, 'at least one phase'),
});

export type Scenario = z.output<typeof scenarioSchema>;

/** @throws HeliographError HG_CONFIG_*, with file, line and fix */
export function loadScenario(file: string): Scenario {
  return loadConfig(file, scenarioSchema, '--scenario');
}

/** The phases of a scenario as a run has them. */
export function phasesOf(scenario: Scenario): Phase[] {
  return scenario.phases.map((one, i) => ({
    name: one.name ?? `phase ${i + 1}`,
    durationMs: one.duration,
    logsPerSecond: one.logsPerSecond ?? scenario.logsPerSecond,
    churn: one.churn,
    slow: one.slow,
    bad: one.bad,
    storm: one.storm,
    outage: one.outage ? { ms: one.outage.for, share: one.outage.hosts } : null,
  }));
}
