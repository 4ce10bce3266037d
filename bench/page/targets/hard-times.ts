import { bench, embeddedBus, hostsOf, lasting, manyHosts } from '../kinds.ts';
import { run, type TargetPart } from './target.ts';

const FLOOD = run('log-flood --rate=60 --seconds=120');
const STORM = run('storm --hosts=10000');
const SOAK = run('soak --hosts=10000 --instants=10 --seconds=3600 --store=victoriametrics-zstd --rate=RATE');
const ROTATIONS = run('rotations');

/** Storms, floods of lines, and long runs. */
export const HARD_TIMES: readonly TargetPart[] = [
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
    full: (section) => section.bench === 'collector-logs' || (hostsOf(section) >= 1_000 && lasting(120)(section)),
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
    part: 'A million lines through each kind of rotation, three kill -9 of the agent, the other end gone for 30 s',
    targets: [
      {
        what: 'collector, missing or doubled',
        figures: /^heliograph collector, (\S+): (?:missing|doubled|torn or merged)$/,
        of: bench('rotations'),
        most: 0,
        command: ROTATIONS,
      },
      { what: 'rsyslog, missing', figures: /^rsyslog, (\S+): missing$/, of: bench('rotations'), command: ROTATIONS },
      {
        what: 'syslog-ng, missing',
        figures: /^syslog-ng, (\S+): missing$/,
        of: bench('rotations'),
        command: ROTATIONS,
      },
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
];
