import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Clock } from '../../lib/clock.ts';
import { RulesFile } from '../../lib/config/rules-file.ts';
import type { JournalFiles } from '../../lib/journal/contract.ts';
import type { Logger } from '../../lib/log.ts';
import type { Registry } from '../../lib/metrics.ts';
import { SKETCH_LAYOUT } from '../../proto/sketches.ts';
import type { RelayConfig } from '../config.ts';
import { DecodedDefinitions } from '../decoded-definitions.ts';
import { OwnMetrics, type OwnMetricsParts } from '../own-metrics.ts';
import type { UplinkState } from '../uplink.ts';
import { DroppedInputs } from './dropped-inputs.ts';
import { RollupEngine } from './engine.ts';
import { rollupMetrics } from './metrics.ts';
import { OutputPages } from './output-pages.ts';
import type { RollupRoom } from './rule-state.ts';
import { loadRules, type RollupRule } from './rules.ts';
import { RollupStream } from './stream.ts';

/** The roll-ups of a relay, while it is up. */
export interface Rollups {
  /** For who sends frames on. */
  readonly inputs: DroppedInputs;
  /** Shared, since both decode the same frames. */
  readonly definitions: DecodedDefinitions;
  /** In words, what somebody has to do something about. */
  readonly troubles: (core: UplinkState) => string[];
  /** Looks whether the rules changed. Called now and then. */
  sweep(): void;
  /** Stops, and writes down the state. */
  close(): Promise<void>;
}

/**
 * Puts the roll-ups together and starts them.
 * @throws HeliographError HG_CONFIG_* for rules that are not good at the start
 */
export async function openRollups(options: {
  /** With `rollups`. */
  readonly config: RelayConfig;
  /** What frames of the relay's own are made and kept with. */
  readonly own: OwnMetricsParts;
  /** Which of the relay's processes it is; null: the relay is one. */
  readonly worker: number | null;
  /** Whether series go on to the core as others than they came, or not at all. */
  readonly changed: () => boolean;
  readonly files: JournalFiles;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Registry;
}): Promise<Rollups> {
  const { config, own, worker, changed, files, clock, log, metrics } = options;
  const rollups = config.rollups!;
  const rules = new RulesFile({
    what: 'roll-up rules',
    file: rollups.rules,
    read: (file) => rulesOf(file, config.workers, worker),
    metric: 'heliograph_relay_rollup_rules_refused',
    log,
    metrics,
  });
  const room = { series: 0, groups: 0, mostSeries: rollups.maxSeries, mostGroups: rollups.maxGroups };
  const errors = metrics.counter('heliograph_relay_rollup_errors_total', 'Errors within a roll-up rule, by rule.');
  const engine = new RollupEngine(config.site, room, (rule, error) => {
    errors.inc({ rule });
    log.error('a roll-up rule failed; the others go on', { rule, error: String(error) });
  });
  engine.setRules(rules.load());
  const definitions = new DecodedDefinitions(own.definitions);
  const stream = new RollupStream({
    engine,
    journal: own.journal,
    definitions,
    own: new OwnMetrics(own),
    pages: new OutputPages((bytes) => createHash('sha256').update(bytes).digest()),
    relay: config.name,
    worker,
    changed,
    files,
    snapshot: join(config.dataDir, 'rollups.snapshot'),
    clock,
    graceMs: rollups.restartGrace,
    saveMs: rollups.snapshotEvery,
    log,
  });
  rollupMetrics(engine, stream, metrics);
  await stream.start();
  return {
    inputs: new DroppedInputs(engine, metrics),
    definitions,
    troubles: (core) => [
      ...(rules.trouble === null ? [] : [`the roll-up rules cannot be used, those before stay: ${rules.trouble}`]),
      ...overLimit(engine, room),
      ...olderCore(engine, core),
    ],
    sweep: () => {
      const changed = rules.changed();
      if (changed) stream.setRules(changed);
    },
    close: () => stream.close(),
  };
}

function overLimit({ rules }: RollupEngine, { series, mostSeries, groups, mostGroups }: RollupRoom): string[] {
  if (series < mostSeries && groups < mostGroups) return [];
  const samples = rules.reduce((sum, { state }) => sum + state.fates.series_limit, 0);
  if (samples === 0) return [];
  const what = series < mostSeries ? `maxGroups (${mostGroups})` : `maxSeries (${mostSeries})`;
  return [
    `rolled-up series over the limit: ${samples} samples are in no window; raise rollups.${what}, or match fewer`,
  ];
}

/** Upgrades come in either order: what a core cannot read yet is kept there. */
function olderCore({ rules }: RollupEngine, { open, core, sketches }: UplinkState): string[] {
  if (!open || sketches >= SKETCH_LAYOUT || rules.every(({ state }) => state.rule.plan === null)) return [];
  return [
    `${core} is older than this relay and may not know roll-ups that it is to merge: those are among its dead letters; upgrade it, then replay them`,
  ];
}

/** A worker that only sends on what it has left, beside a relay that is one process again, has nothing to say of rules that this one computes alone. */
function rulesOf(file: string, workers: number, worker: number | null): RollupRule[] {
  const rules = loadRules(file, workers);
  return worker === null || worker < workers ? rules : rules.filter(({ merge }) => merge !== 'relay');
}
