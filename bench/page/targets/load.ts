import { climb, curve, fewFrames, lasting, whole } from '../kinds.ts';
import { run, type TargetPart } from './target.ts';

/** Ten thousand hosts, everything compared afterwards. */
export const WHOLE = run(
  'end-to-end --hosts=10000 --instants=10 --seconds=600 --store=victoriametrics-zstd --verify=1 --workers=2',
);
const FEW_FRAMES = run(
  'end-to-end --hosts=1000 --series=1000 --interval-ms=10000 --instants=1 --store=victoriametrics-zstd --verify=1',
);
const CURVE = run('end-to-end --curve=1 --store=victoriametrics-zstd');

/** The whole way of a sample, by kinds of load. */
export const LOAD: readonly TargetPart[] = [
  {
    part: '10,000 mTLS hosts, 100 series each, for 10 minutes: relay, core, VictoriaMetrics and simulator on one machine',
    full: (section) => section.bench === 'scale' || lasting(600)(section),
    targets: [
      { what: 'sent to stored', figures: /^samples, sent to stored$/, of: whole, least: 1e6, command: WHOLE },
      { what: 'backlog grew by', figures: /^backlog grew by$/, of: whole, command: WHOLE },
      { what: 'not acknowledged', figures: /^samples not acknowledged$/, of: whole, command: WHOLE },
      { what: 'refused', figures: /^frames that the relay refused$/, of: whole, command: WHOLE },
      {
        what: 'found wrong by comparison with the store',
        figures: /^samples missing, doubled, altered or foreign$/,
        of: whole,
        command: WHOLE,
      },
      { what: 'CPU share', figures: /^([\w ]+): CPU share$/, of: whole, command: WHOLE },
      {
        what: "sent to queryable, by queries, p99 (the store's own floor, and 0.5 s)",
        figures: /^sent to queryable, by queries, p99$/,
        of: whole,
        command: WHOLE,
      },
      {
        what: 'longest turn of an event loop',
        figures: /^(relay|core): longest turn of the event loop$/,
        of: whole,
        command: WHOLE,
      },
      {
        what: 'highest load that is sustained',
        figures: /^highest load that was sustained$/,
        of: climb,
        least: 1e6,
        command: run('scale --hosts=2000 --instants=10 --seconds=60 --store=victoriametrics-zstd'),
      },
    ],
  },
  {
    part: 'The same at 1,000 series and 10 s, one instant a frame',
    targets: [
      { what: 'sent to stored', figures: /^samples, sent to stored$/, of: fewFrames, command: FEW_FRAMES },
      {
        what: 'sent to queryable, as the core counts it',
        figures: /^sent to queryable, as the core counts it, (p50|p99)$/,
        of: fewFrames,
        command: FEW_FRAMES,
      },
      {
        what: 'sent to queryable, by queries',
        figures: /^sent to queryable, by queries, (p50|p99)$/,
        of: fewFrames,
        command: FEW_FRAMES,
      },
    ],
  },
  {
    part: 'Freshness and cost by instants a frame',
    targets: [
      {
        what: 'relay, CPU',
        figures: /^(\d+) instants? a frame: (?:relay: CPU|CPU of relay)$/,
        of: curve,
        command: CURVE,
      },
      { what: 'core, CPU', figures: /^(\d+) instants? a frame: (?:core: CPU|CPU of core)$/, of: curve, command: CURVE },
      {
        what: 'VictoriaMetrics, CPU',
        figures: /^(\d+) instants? a frame: (?:VictoriaMetrics: CPU|CPU of VictoriaMetrics)$/,
        of: curve,
        command: CURVE,
      },
      {
        what: 'collector to relay, payload',
        figures: /^(\d+) instants? a frame: collector to relay, payload$/,
        of: curve,
        most: 1.6,
        command: CURVE,
      },
      {
        what: 'sent to queryable, p99',
        figures: /^(\d+) instants? a frame: sent to queryable, as the core counts it, p99$/,
        of: curve,
        command: CURVE,
      },
      {
        what: 'sample time to queryable, p99',
        figures: /^(\d+) instants? a frame: sample time to queryable, .*, p99$/,
        of: curve,
        command: CURVE,
      },
    ],
  },
];
