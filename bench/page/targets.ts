import {
  beforeSink,
  bench,
  climb,
  curve,
  embeddedBus,
  fewFrames,
  type Kind,
  lasting,
  manyHosts,
  whole,
} from './kinds.ts';

/** One line of the table of targets: which figures of which run stand beside which target. */
export interface Target {
  readonly what: string;
  /** The figures' names in a section. A group in it is said before each figure, where there are several. */
  readonly figures: RegExp;
  /** Whether a section is of such a run; of several the one with the most hosts counts, then the newest. */
  readonly of: Kind;
  /** What it should be at least, or at most; without either the targets count that stand in the section, where there are some. */
  readonly least?: number;
  readonly most?: number;
  /** What makes such a run, where there is none. */
  readonly command: string;
}

/** What the table says one below the other; a part has a heading of its own. */
export interface TargetPart {
  readonly part: string;
  /** What a run must be for its verdict to count in full; unless given, any does. */
  readonly full?: Kind;
  readonly targets: readonly Target[];
}

const run = (text: string) => `npm run bench -- ${text}`;
const WHOLE = run(
  'end-to-end --hosts=10000 --instants=10 --seconds=600 --store=victoriametrics-zstd --verify=1 --workers=2',
);
const FEW_FRAMES = run(
  'end-to-end --hosts=1000 --series=1000 --interval-ms=10000 --instants=1 --store=victoriametrics-zstd --verify=1',
);
const CURVE = run('end-to-end --curve=1 --store=victoriametrics-zstd');
const SINK = run('end-to-end --hosts=10000 --instants=10 --store=sink --workers=2');
const FLOOD = run('log-flood --rate=60 --seconds=120');
const STORM = run('storm --hosts=10000');
const SOAK = run('soak --hosts=10000 --instants=10 --seconds=3600 --store=victoriametrics-zstd --rate=RATE');

/** What the system is to reach on one machine, line by line. */
export const TARGETS: readonly TargetPart[] = [
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
        what: 'sent to queryable, by queries, p99',
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
  {
    part: 'Relay',
    targets: [
      {
        what: 'CPU at 1,000 samples a frame',
        figures: /^relay, 1000 samples a frame: CPU per million samples$/,
        of: bench('relay'),
        most: 0.15,
        command: run('relay'),
      },
      {
        what: 'CPU at 100 samples a frame',
        figures: /^relay, 100 samples a frame: CPU per million samples$/,
        of: bench('relay'),
        most: 0.5,
        command: run('relay'),
      },
      { what: 'CPU within the whole system', figures: /^relay: CPU$/, of: whole, command: WHOLE },
      {
        what: 'memory at 10,000 hosts, MiB',
        figures: /^relay: memory, the most$/,
        of: whole,
        most: 900,
        command: WHOLE,
      },
    ],
  },
  {
    part: 'Core gateway',
    targets: [
      {
        what: 'CPU, zstd, by hosts',
        figures: /^core, block to remote write and acknowledgement, zstd, (\d+ hosts)/,
        of: bench('core-many-hosts'),
        most: 0.15,
        command: run('core-many-hosts'),
      },
      {
        what: 'CPU, snappy, by hosts',
        figures: /^core, block to remote write and acknowledgement, snappy, (\d+ hosts)/,
        of: bench('core-many-hosts'),
        most: 0.6,
        command: run('core-many-hosts'),
      },
      { what: 'CPU within the whole system', figures: /^core: CPU$/, of: whole, command: WHOLE },
    ],
  },
  {
    part: 'Relay and core before a sink that counts, so that the store is not what limits them',
    full: manyHosts,
    targets: [
      { what: 'sent to the sink', figures: /^samples, sent to stored$/, of: beforeSink, command: SINK },
      { what: 'CPU', figures: /^(relay|core|sink): CPU$/, of: beforeSink, command: SINK },
      { what: 'CPU share', figures: /^([\w ]+): CPU share$/, of: beforeSink, command: SINK },
    ],
  },
  {
    part: 'Bytes of a sample',
    targets: [
      {
        what: 'collector to relay, payload',
        figures: /^collector to relay, payload$/,
        of: whole,
        most: 1.6,
        command: WHOLE,
      },
      {
        what: 'collector to relay, with MQTT and TLS',
        figures: /^collector to relay, with MQTT and TLS$/,
        of: whole,
        most: 2,
        command: WHOLE,
      },
      { what: 'relay to core, payload', figures: /^relay to core, payload$/, of: whole, most: 1.2, command: WHOLE },
      {
        what: 'relay to core, with gRPC and TLS',
        figures: /^relay to core, with gRPC and TLS$/,
        of: whole,
        most: 1.2,
        command: WHOLE,
      },
    ],
  },
  {
    part: 'Storm: 10,000 hosts come back after a restart of the relay',
    full: manyHosts,
    targets: [
      {
        what: 'all back and current',
        figures: /^storm: everybody back and current, after kill -9$/,
        of: bench('storm'),
        most: 30,
        command: STORM,
      },
      {
        what: 'frames lost',
        figures: /^(storm|at the second relay): frames lost$/,
        of: bench('storm'),
        most: 0,
        command: STORM,
      },
      {
        what: "connected hosts' acknowledgement, p99",
        figures: /^at the second relay, meanwhile: acknowledgement, p99$/,
        of: bench('storm'),
        most: 2_000,
        command: STORM,
      },
    ],
  },
  {
    part: 'Logs of 1,000 hosts into the bus, 120 s',
    full: (section) => section.bench === 'collector-logs' || lasting(120)(section),
    targets: [
      { what: 'lines', figures: /^lines into the embedded bus$/, of: embeddedBus, command: FLOOD },
      { what: 'lost', figures: /^lines lost$/, of: embeddedBus, most: 0, command: FLOOD },
      {
        what: 'collector, CPU, file to acknowledgement',
        figures: /^file to acknowledgement, masking included$/,
        of: bench('collector-logs'),
        command: run('collector-logs'),
      },
      { what: 'relay, CPU', figures: /^relay, CPU$/, of: embeddedBus, command: FLOOD },
      { what: 'gateway and bus, CPU', figures: /^core, gateway and bus, CPU$/, of: embeddedBus, command: FLOOD },
    ],
  },
  {
    part: 'An hour at half of the highest rate: what grew, in its second half',
    full: lasting(3_600),
    targets: [
      {
        what: 'memory',
        figures: /^(relay|core|core with its store): memory: grew in the second half by at least$/,
        of: bench('soak'),
        command: SOAK,
      },
      {
        what: 'open files',
        figures: /^(relay|core|core with its store): open files: grew in the second half by at least$/,
        of: bench('soak'),
        command: SOAK,
      },
      {
        what: 'acknowledgement, p99',
        figures: /^acknowledgement p99: grew in the second half by at least$/,
        of: bench('soak'),
        command: SOAK,
      },
      {
        what: 'sent to queryable, p99',
        figures: /^sent to queryable p99: grew in the second half by at least$/,
        of: bench('soak'),
        command: SOAK,
      },
      {
        what: 'the ledger, to the last sample',
        figures: /^the ledger: sums that do not come out even$/,
        of: bench('soak'),
        most: 0,
        command: SOAK,
      },
    ],
  },
  {
    part: 'The simulator, and others with the same load in the same run',
    targets: [
      {
        what: "the simulator's CPU, at most half of the relay's",
        figures: /^CPU per million samples$/,
        of: bench('simulator'),
        command: run('simulator'),
      },
      {
        what: 'vmagent (no TLS, no disk) beside relay and core',
        figures: /^vmagent beside relay and core together$/,
        of: bench('peers'),
        command: run('peers'),
      },
      {
        what: 'relay beside mosquitto (no disk, nothing forwarded)',
        figures: /^relay beside mosquitto$/,
        of: bench('peers'),
        command: run('peers'),
      },
      {
        what: 'collector beside rsyslog (no TLS, no acknowledgement, no masking)',
        figures: /^collector beside rsyslog$/,
        of: bench('peers'),
        command: run('peers'),
      },
    ],
  },
];
