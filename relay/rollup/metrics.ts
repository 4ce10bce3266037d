import type { Registry } from '../../lib/metrics.ts';
import type { RollupEngine } from './engine.ts';
import type { RollupStream } from './stream.ts';

/** What the roll-ups do, as figures of the relay. */
export function rollupMetrics(engine: RollupEngine, stream: RollupStream, metrics: Registry): void {
  metrics
    .gauge(
      'heliograph_relay_rollup_samples',
      'Samples that a rule matched since it began, by rule and what became of them.',
    )
    .collect(function* () {
      for (const { state } of engine.rules) {
        for (const [fate, count] of Object.entries(state.fates))
          yield [{ rule: state.rule.name, fate }, count] as const;
      }
    });
  metrics
    .gauge('heliograph_relay_rollup_series', 'Series that a rule remembers, by rule.')
    .collect(() => engine.rules.map(({ state }) => [{ rule: state.rule.name }, state.size] as const));
  metrics
    .gauge('heliograph_relay_rollup_groups', 'Sets of labels that a rule has left, by rule.')
    .collect(() => engine.rules.map(({ state }) => [{ rule: state.rule.name }, state.groups.size] as const));
  metrics
    .gauge(
      'heliograph_relay_rollup_frames',
      'Metric frames that the roll-ups read since the start, by what became of them.',
    )
    .collect(() => Object.entries(stream.counts.frames).map(([fate, count]) => [{ fate }, count] as const));
  metrics
    .gauge(
      'heliograph_relay_rollup_outputs',
      'Samples that roll-ups made since the start: written, or dropped for want of room for their definitions; and sketches that the core is to merge.',
    )
    .collect(() => Object.entries(stream.counts.outputs).map(([fate, count]) => [{ fate }, count] as const));
  metrics
    .gauge('heliograph_relay_rollup_behind_bytes', 'Bytes of the journal that the roll-ups have not read yet.')
    .collect(() => [[{}, stream.behind]]);
  metrics
    .gauge('heliograph_relay_rollup_snapshots', 'How often the state of roll-ups was written since the start.')
    .collect(() => [[{}, stream.counts.snapshots]]);
}
