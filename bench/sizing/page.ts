import { MEASURED, type Measured } from './measured.ts';
import { type Demand, FLEET, type Part, plan, TEN_TIMES } from './plan.ts';

/** docs/sizing.md as the measured figures have it now. */
export function sizingPage(): string {
  const { relayFrame, relaySample, coreSample, storeSample, indexerLine, searchLine } = MEASURED;
  const perFrame = (samples: number) => (relayFrame.value + samples * relaySample.value) / samples;
  const carries = [
    ['relay, frames of 100 samples', `${count(1 / perFrame(100))} samples/s`, relayFrame],
    ['relay, frames of 500', `${count(1 / perFrame(500))} samples/s`, relayFrame],
    ['relay, frames of 1,000', `${count(1 / perFrame(1_000))} samples/s`, relayFrame],
    ['gateway', `${count(1 / coreSample.value)} samples/s`, coreSample],
    ['VictoriaMetrics', `${count(1 / storeSample.value)} samples/s, written once`, storeSample],
    ['indexer', `${thousands(1e6 / indexerLine.value)} lines/s`, indexerLine],
    ['OpenSearch', `${thousands(1e6 / searchLine.value)} lines/s, of one copy`, searchLine],
  ] as const satisfies readonly (readonly [string, string, Measured])[];
  return `# Sizing

What one core carries, what a sample and a line take on each hop, and what follows for a fleet. The first two tables are measured, each figure by the command
beside it; the others are **computed from them and not run**: no machine here is large enough. Written by \`npm run bench -- sizing\` from
bench/sizing/measured.ts; do not edit. A star marks a figure that was taken while other programs used the machine too: the true one is better.

## One core carries

All of it busy; plan with half. A relay counts messages, hardly samples: let collectors gather several instants a frame where a second or two is soon enough
(\`HELIOGRAPH_BENCH_CURVE=1 npm run bench -- end-to-end\` shows what that gives on each hop). A store takes a series' instants together for less, too.

| part | carries | measured by |
| --- | ---: | --- |
${carries.map(([part, what, source]) => `| ${part} | ${what}${star(source)} | \`${source.command}\` |`).join('\n')}

## Measured

| what | figure | by |
| --- | ---: | --- |
${Object.values(MEASURED)
  .map(
    (one: Measured) =>
      `| ${one.what} | ${one.value} ${one.unit}${star(one)} | \`${one.command}\`${one.note === undefined ? '' : `, ${one.note}`} |`,
  )
  .join('\n')}

Bytes of samples are those of hosts whose values move as recorded hosts' do; of lines, those of lines in which nothing but the names of fields repeats. What
is on disk grows with what can be searched: a line whose JSON is parsed by the pipeline takes more than one that is kept as text.

${[FLEET, TEN_TIMES].map(fleetText).join('\n')}
## How it is computed

- Cores: CPU of a sample, line or frame, by the rate, by the copies; twice that, so that half are idle in the busiest minute of logs (${FLEET.logPeak} times the
  mean). Queries, and what engines do for each other in a cluster, are not in it: leave as much again on the stores where many people look.
- Disks of engines: bytes by rate, days and copies, at three quarters full. Relays: a day of everything with no core. Kafka: ${FLEET.busHours / 24} days.
- Windows: ${FLEET.aggregates} aggregates of every series each 5 minutes, one copy; on disk taken for as large as samples, which they are not quite.
- Not in it: indices of engines' inner nodes, operating systems, replacement machines. Two of each part is the least where one may be lost
  ([operations](operations.md)).
`;
}

function fleetText(demand: Demand): string {
  const rows = plan(MEASURED, demand).map(row).join('\n');
  return `## ${demand.name}

Computed, not run. ${demand.frameSamples} samples a frame; lines kept ${demand.logDays} days in ${demand.logCopies} copies, samples ${demand.metricDays} days in ${demand.metricCopies}, 5-minute windows a year, Kafka in ${demand.busCopies}.

| part | cores busy, mean | busiest minute | cores to have | disk | in |
| --- | ---: | ---: | ---: | ---: | ---: |
${rows}
`;
}

function row({ part, mean, peak, cores, diskBytes, inBytesPerSecond }: Part): string {
  return `| ${part} | ${mean.toFixed(1)} | ${peak.toFixed(1)} | ${cores} | ${bytes(diskBytes)} | ${bytes(inBytesPerSecond)}/s |`;
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

function star({ loaded = false }: Measured): string {
  return loaded ? ' \\*' : '';
}
