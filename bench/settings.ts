/** What benchmarks can be told, as `--name=value` or as the variable HELIOGRAPH_BENCH_NAME; each reads those that mean something to it. */
export const SETTINGS: Readonly<Record<string, string>> = {
  hosts: 'simulated hosts',
  series: 'series of a host',
  'interval-ms': 'ms between samples',
  instants: 'instants a frame',
  rate: 'end-to-end, scale, soak: samples/s in all, instead of the interval; log-flood: MB/s of lines, instead of a search',
  seconds: 'how long it is counted',
  minutes: 'availability, collector-siege: how long',
  backlog: 'collector-siege: log files that nobody has read, such as 10GiB',
  hardware: 'collector-siege: hardware profile',
  workers: 'processes of the simulator',
  store:
    'victoriametrics, victoriametrics-zstd, embedded or sink; log-flood: embedded or kafka; alert-latency: embedded or victoriametrics',
  logs: 'lines a second, over all hosts',
  lines: 'indexer, kafka, peers, relay-syslog, rotations: lines in all',
  agents: 'rotations: some of heliograph,rsyslog,syslog-ng',
  columns: 'rotations: some of create,copytruncate,delete,compress,copytruncate-compress,symlink',
  frames: 'relay-steady, relay-websocket: frames a second; peers: frames in all',
  'span-ms': 'log-flood: what time the lines of a frame span',
  partitions: 'log-freshness: partitions of a topic',
  steps: 'scale: loads that are tried at most',
  link: '1: alert-latency pulls a network by taking the link of a network namespace down, which wants root',
  'backlog-min':
    'alert-latency: minutes that the relay was without a core, whose samples are brought beside the live ones',
  'store-share': 'alert-latency: part of the time that the metric store may work, such as 0.5',
  kills: 'alert-latency: how often each collector is killed',
  pulls: 'alert-latency: how often the network of each is pulled',
  'outage-s': 'engines-outage: how long OpenSearch is away',
  verify: '1: end-to-end compares samples and lines with the store afterwards',
  curve: '1: end-to-end runs 1, 2, 5 and 10 instants a frame',
  profile: 'log-flood, storm, relay-connections, relay-syslog: a folder for CPU profiles',
};

/** Before the name of every variable that says what is run. */
export const PREFIX = 'HELIOGRAPH_BENCH_';

/** Hosts of a benchmark that was told no number. */
export const USUAL_HOSTS = {
  'alert-latency': 2_000,
  'end-to-end': 500,
  'hand-over': 500,
  'log-flood': 1_000,
  'relay-connections': 2_000,
  'relay-rollups': 200,
  'relay-status': 2_000,
  'relay-steady': 1_000,
  'relay-websocket': 200,
  scale: 200,
  simulator: 1_500,
  soak: 200,
  storm: 1_000,
} as const;

/** The variable of a setting. */
export function variableOf(name: string): string {
  return `${PREFIX}${name.toUpperCase().replaceAll('-', '_')}`;
}

/** `--help`. @param named those that run only when they are named */
export function help(names: readonly string[], named: ReadonlySet<string>): string {
  const width = Math.max(...Object.keys(SETTINGS).map((name) => name.length));
  return [
    'npm run bench -- [NAME ...] [--setting=value ...] [--page] [--json FILE]',
    '',
    'Runs the benchmarks that are named, each in a process of its own, and prints their figures beside their targets. Without a name: all of them',
    `but ${[...named].sort().join(', ')}, and docs/benchmarks.md is written.`,
    '',
    '  --page       also with names: puts their sections on docs/benchmarks.md',
    '  --json FILE  keeps all figures, those over time too',
    '  --from FILE  runs nothing: puts what --json kept on docs/benchmarks.md; may be given several times',
    '',
    'A section of the page is the newest run of a benchmark with these hosts, series, instants, logs, store and curve; others stand beside it. With the page',
    'docs/sizing.md is written, which is computed from it.',
    '',
    ...Object.entries(SETTINGS).map(([name, means]) => `  --${name.padEnd(width)}  ${means}`),
    '',
    `Benchmarks: ${names.join(', ')}`,
    '',
    'Ends with 1 when one did not run, or says of itself that it is not good; with 2 when it was called wrongly.',
    '',
    'Example:',
    '  npm run bench -- end-to-end --hosts=1000 --instants=10 --verify=1',
  ].join('\n');
}

/**
 * Takes the settings out of the arguments. @returns the other arguments, and what to set in the environment
 * @throws TypeError that names the setting and those that there are
 */
export function takeSettings(args: readonly string[]): { rest: string[]; env: Record<string, string> } {
  const rest: string[] = [];
  const env: Record<string, string> = {};
  for (const arg of args) {
    const [, name, value] = /^--(?!json=|from=)([a-z-]+)=(.*)$/.exec(arg) ?? [];
    if (name === undefined) {
      rest.push(arg);
      continue;
    }
    if (!(name in SETTINGS)) {
      throw new TypeError(`no setting --${name}: give some of ${Object.keys(SETTINGS).join(', ')}`);
    }
    env[variableOf(name)] = value!;
  }
  return { rest, env };
}
