import { MaskedLines } from '../simulator/masked-lines.ts';
import { threeDigits } from './page/three-digits.ts';
import { answer, start, usage } from './relay/processes.ts';
import { openStation } from './relay/station.ts';
import type { BenchResult } from './result.ts';
import { USUAL_HOSTS } from './settings.ts';
import { type Done, startFleet, watchFleet } from './simulator/fleet.ts';

const HOSTS = Number(process.env.HELIOGRAPH_BENCH_HOSTS ?? USUAL_HOSTS.simulator);
const FEW_HOSTS = 300;
const LOG_HOSTS = 1000;
const LINES = 200_000;
const SERIES = 100;
const INSTANTS = 10;
/** Two frames of each host. */
const SECONDS = 20;
const LOG_SECONDS = 8;
/** What is left of the machine for what is tested. */
const SHARE_OF_RELAY = 0.5;

/**
 * What simulated hosts cost beside the relay that they load: CPU of both in one run, memory of a connection, and CPU for log lines, before a
 * sink that acknowledges everything (else a full relay would be what is measured).
 */
export async function run(): Promise<BenchResult[]> {
  const station = await openStation(0);
  const sink = start('../simulator/sink.ts', [station.ca]);
  const relay = start('relay.ts', [JSON.stringify(station.config)]);
  try {
    const at = await answer<{ mqtt: number }>(relay);
    const { port } = await answer<{ port: number }>(sink);
    const metrics = { series: SERIES, intervalMs: 1000, instants: INSTANTS, linesPerSecond: 0, authority: station.ca };
    // For its memory alone.
    const few = await measured({ ...metrics, hosts: FEW_HOSTS, port }, 1);
    let relayCpu = 0;
    const many = await measured({ ...metrics, hosts: HOSTS, port: at.mqtt }, SECONDS, async (watch) => {
      const before = await usage(relay);
      const done = await watch();
      relayCpu = (await usage(relay)).cpu - before.cpu;
      return done;
    });
    const logs = { series: 1, intervalMs: 10_000, instants: INSTANTS, linesPerSecond: LINES, authority: station.ca };
    const lines = await measured({ ...logs, hosts: LOG_HOSTS, port }, LOG_SECONDS);
    return [...ofMetrics(many, few, relayCpu), ...ofLines(lines)];
  } finally {
    relay.kill('SIGKILL');
    sink.kill();
    station.close();
  }
}

async function measured(
  load: Parameters<typeof startFleet>[0],
  seconds: number,
  around: (watch: () => Promise<Done>) => Promise<Done> = (watch) => watch(),
): Promise<Done> {
  const fleet = await startFleet(load);
  try {
    return await around(() => watchFleet(fleet, seconds));
  } finally {
    fleet.kill();
  }
}

function ofMetrics(many: Done, few: Done, relayCpu: number): BenchResult[] {
  if (many.samples === 0) throw new Error(`no sample was sent in ${SECONDS} s: the machine is full`);
  const millions = many.samples / 1e6;
  const what = `${HOSTS} TLS connections, ${SERIES} series each second, ${INSTANTS} instants a frame`;
  const half = threeDigits((relayCpu / millions) * SHARE_OF_RELAY);
  const slope = (many.memory - few.memory) / (HOSTS - FEW_HOSTS);
  return [
    {
      name: 'CPU per million samples',
      value: threeDigits(many.cpu / millions),
      unit: 's',
      target: half,
      note: `${what}; the target is half of the relay's in the same run`,
    },
    {
      name: "the relay's CPU per million samples",
      value: threeDigits(relayCpu / millions),
      unit: 's',
      note: 'the same run',
    },
    {
      name: 'memory a connection',
      value: threeDigits(slope / 1024),
      unit: 'KiB',
      target: 120,
      note: `from ${FEW_HOSTS} to ${HOSTS} hosts; ${threeDigits(many.memory / 2 ** 20)} MiB in all`,
    },
  ];
}

function ofLines(done: Done): BenchResult[] {
  if (done.lines === 0) throw new Error(`no line was sent in ${LOG_SECONDS} s: the machine is full`);
  const bytes = bytesOfLine();
  const gigabytes = (done.lines * bytes) / 1e9;
  return [
    {
      name: 'log lines acknowledged',
      value: Math.round(done.acknowledgedLines / done.seconds),
      unit: 'lines/s',
      target: LINES,
      note: `${LINES} a second asked for, of ${threeDigits(bytes)} bytes in the mean, from ${LOG_HOSTS} hosts in one process`,
    },
    { name: 'CPU per GB of log lines', value: threeDigits(done.cpu / gigabytes), unit: 's', target: 10 },
    { name: 'wire bytes of a log line', value: threeDigits(done.bytes / done.lines), unit: 'B' },
  ];
}

/** In the mean, before they are compressed. */
function bytesOfLine(): number {
  const lines = new MaskedLines(Date.now());
  const count = 10_000;
  let sum = 0;
  for (let number = 0; number < count; number++) sum += lines.write(1, number).bytes.length;
  return sum / count;
}
