import { LINE_BYTES } from '../log-lines.ts';
import type { Figures, Measured } from './measured.ts';
import { type Demand, FLEET, MACHINE, type Part, plan, RELAY_HOSTS, TEN_TIMES } from './plan.ts';

/** docs/sizing.md as the measured figures have it. */
export function sizingPage(figures: Figures): string {
  const { relayFrame, relaySample, relayLine, gatewayLine, coreSample, storeSample, indexerLine, searchLine } = figures;
  const perFrame = (samples: number) => (relayFrame.value + samples * relaySample.value) / samples;
  const carries = [
    ['relay, frames of 100 samples', `${count(1 / perFrame(100))} samples/s`, relayFrame],
    ['relay, frames of 500', `${count(1 / perFrame(500))} samples/s`, relayFrame],
    ['relay, frames of 1,000', `${count(1 / perFrame(1_000))} samples/s`, relayFrame],
    ['relay, lines', `${thousands(1e6 / relayLine.value)} lines/s`, relayLine],
    ['gateway', `${count(1 / coreSample.value)} samples/s`, coreSample],
    ['gateway, lines', `${thousands(1e6 / gatewayLine.value)} lines/s`, gatewayLine],
    ['VictoriaMetrics', `${count(1 / storeSample.value)} samples/s, written once`, storeSample],
    ['indexer', `${thousands(1e6 / indexerLine.value)} lines/s`, indexerLine],
    ['OpenSearch', `${thousands(1e6 / searchLine.value)} lines/s, of one copy`, searchLine],
  ] as const satisfies readonly (readonly [string, string, Measured])[];
  return `# Sizing

What one core carries, what a sample and a line take on each hop, and what follows for a fleet. The first two tables are measured: each figure stands on
[the page of benchmarks](benchmarks.md), where the command beside it has put it. The others are **computed from them and not run**: no machine here is large
enough. Written by \`npm run bench -- sizing\`, and with the page of benchmarks; do not edit. A star marks a figure that was taken while other programs used the machine
too: the true one is better. A dagger marks one of an earlier run that is not on that page; the command beside it puts one there.

## One core carries

All of it busy; plan with half. A relay counts messages, hardly samples: let collectors gather several instants a frame where a second or two is soon enough
(\`npm run bench -- end-to-end --curve=1\` shows what that gives on each hop). A store takes a series' instants together for less, too.

| part | carries | measured by |
| --- | ---: | --- |
${carries.map(([part, what, source]) => `| ${part} | ${what}${mark(source)} | \`${source.command}\` |`).join('\n')}

## Measured

| what | figure | by |
| --- | ---: | --- |
| a line, as it was written | ${LINE_BYTES} B/line | all of these |
${Object.values(figures)
  .map(
    (one) =>
      `| ${one.what} | ${one.value} ${one.unit}${mark(one)} | \`${one.command}\`${one.note === '' ? '' : `, ${one.note}`} |`,
  )
  .join('\n')}

Bytes of samples are those of hosts whose values move as recorded hosts' do. Lines are the hard case: in each a random trace id of 128 bits, a client
and a user, and nothing repeats but the names of the fields. Lines that are alike took 15 bytes on the bus and 87 on OpenSearch's disk, 221 with their JSON
parsed; [operations](operations.md) names them beside these. Measure with your own before you buy disks.

${[FLEET, TEN_TIMES].map((demand) => fleetText(figures, demand)).join('\n')}
## Measure your own

| command | what it shows | set as \`--hosts=500\`, or by environment with HELIOGRAPH_BENCH_ before it |
| --- | --- | --- |
| \`npm run bench -- end-to-end\` | each process' CPU and memory, bytes on each hop, freshness beside the store's floor | HOSTS (500), SERIES (100), INTERVAL_MS (1000), INSTANTS (5), SECONDS (60), LOGS (0), WORKERS (1), STORE (victoriametrics, embedded or sink: what relay and gateway carry by themselves), CURVE=1 (1, 2, 5, 10 instants a frame) |
| \`npm run bench -- indexer\` | the indexer's CPU beside OpenSearch's for the same lines, ids, bytes | LINES (200000) |
| \`npm run bench -- log-flood\` | the highest rate of lines that relay and core bring into the bus, CPU and bytes of each hop, that none is lost, freshness of samples beside it | HOSTS (1000), SECONDS (20), RATE (MB/s; without it the highest is looked for), SPAN_MS (2000: the lines of this time make a host's frames), STORE (embedded or kafka), WORKERS (1), PROFILE (folder) |
| \`npm run bench -- log-freshness\` | where a line's time goes from collector to searchable, hop by hop | LOGS (200), PARTITIONS (6) |
| \`npm run bench -- peers\` | vmagent, mosquitto and rsyslog, where they are installed, for the same load in the same run | FRAMES (20000), LINES (200000) |

The partitions of a topic are taken at the same time, each with bulks of its own: with six partitions and 200 lines/s half of the lines were searchable 0.92 s after
they were written, 99 of 100 within 2.33 s, most of it OpenSearch's refresh (\`npm run bench -- log-freshness\`). Small bulks cost it more: 3,000 CPU us a line there, at
five lines a bulk. Have no more partitions (\`kafka.partitions\`) than the rate and the indexers need.

## How it is computed

- Cores: CPU of a sample, line or frame, by the rate, by the copies; twice that, so that half are idle in the busiest minute of logs (${FLEET.logPeak} times the
  mean). Queries, and what engines do for each other in a cluster, are not in it: leave as much again on the stores where many people look.
- Relays: by frames and samples, or by what a sample took within the whole system, whichever is more.
- Machines: of ${MACHINE.cores} cores and ${MACHINE.diskBytes / 1e12} TB, whichever wants more of them; no fewer than the copies, two of each so that one may be lost, and a relay
  for ${RELAY_HOSTS.toLocaleString('en-GB')} hosts, since more were not run. Parts may share them.
- Disks of engines: bytes by rate, days and copies, at three quarters full. Relays: a day of everything with no core. Kafka: ${FLEET.busHours / 24} days.
- Memory: that of the relays' connections, one a host. A relay has some 350 MiB besides ([operations](operations.md)). Within the whole system of ${FLEET.hosts.toLocaleString('en-GB')}
  hosts the relay had ${figures.relayMemory.value} MiB at most, the core ${figures.coreMemory.value} and VictoriaMetrics ${figures.storeMemory.value}; what the others need was not measured under such a load.
- Windows: ${FLEET.aggregates} aggregates of every series each 5 minutes, one copy; on disk taken for as large as samples, which they are not quite.
- Not in it: indices of engines' inner nodes, operating systems, replacement machines.
`;
}

function fleetText(figures: Figures, demand: Demand): string {
  const rows = plan(figures, demand).map(row).join('\n');
  return `## ${demand.name}

Computed, not run. ${demand.frameSamples} samples a frame; lines kept ${demand.logDays} days in ${demand.logCopies} copies, samples ${demand.metricDays} days in ${demand.metricCopies}, 5-minute windows a year, Kafka in ${demand.busCopies}.

| part | cores busy, mean | busiest minute | cores to have | machines | disk | memory of connections | in |
| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
${rows}
`;
}

function row({ part, mean, peak, cores, machines, diskBytes, memoryBytes, inBytesPerSecond }: Part): string {
  return `| ${part} | ${mean.toFixed(1)} | ${peak.toFixed(1)} | ${cores} | ${machines} | ${bytes(diskBytes)} | ${bytes(memoryBytes)} | ${bytes(inBytesPerSecond)}/s |`;
}

function bytes(value: number): string {
  if (value === 0) return '-';
  const units = ['B', 'KB', 'MB', 'GB', 'TB', 'PB'];
  const power = Math.min(units.length - 1, Math.floor(Math.log10(value) / 3));
  return `${(value / 1000 ** power).toPrecision(3)} ${units[power]}`;
}

/** Millions, as a number of samples a second by the CPU us of one. */
function count(millions: number): string {
  return thousands(millions * 1e6);
}

function thousands(value: number): string {
  const [, digits = '', zeros = '0'] = /^(\d(?:\.\d)?)\d*e\+?(\d+)$/.exec(value.toExponential(1)) ?? [];
  return (Number(digits) * 10 ** Number(zeros)).toLocaleString('en-GB');
}

function mark({ loaded, earlier }: Measured): string {
  return `${loaded ? ' \\*' : ''}${earlier ? ' †' : ''}`;
}
