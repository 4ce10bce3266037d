import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleCollector } from '../collector/node/bundle.ts';
import { loadProfile } from '../collector/node/profile/load.ts';
import { nodeFlags, SMALL_ENVIRONMENT } from '../collector/node/small-process.ts';
import { type CertificateFiles, createAuthority } from '../lib/certificates/authority.ts';
import { imbalance } from '../lib/ledger.ts';
import type { Status } from '../proto/status.ts';
import { freePort } from '../test/support/free-port.ts';
import { until } from '../test/support/until.ts';
import { writeCollectorConfig } from './collector/config-file.ts';
import { LEVELS_OF, OF_EACH_LEVEL, SIEGE_LINE_BYTES, siegeLines } from './collector-siege/lines.ts';
import { type SiegeOptions, siegeOptions } from './collector-siege/options.ts';
import type { Seen } from './collector-siege/relay.ts';
import { type Moment, watch } from './collector-siege/watch.ts';
import { flood, writeBacklog } from './collector-siege/write.ts';
import { progressLine as say } from './end-to-end/progress-line.ts';
import { Daemon } from './peers/daemon.ts';
import type { BenchResult, BenchRun } from './result.ts';

const RELAY = fileURLToPath(new URL('./collector-siege/relay.ts', import.meta.url));
const MIB = 2 ** 20;
const BLOCK_LINES = 250_000;
/** What waits after the relay is back goes out in this time. */
const DRAIN_MS = 200_000;
const LINE_CLASSES = ['error', 'log', 'debug'] as const;

/**
 * A collector as its package starts it, with its hardware profile's caps, while its relay is gone: log files full of what was never read, and a flood of
 * new lines. Whether its memory stays under the cap; and, when the relay is back, that its account is even and that no error line was left out.
 */
export async function run(): Promise<BenchRun> {
  const options = siegeOptions(process.env);
  const directory = mkdtempSync(join(tmpdir(), 'heliograph-siege-'));
  const stop = new AbortController();
  let collector: Daemon | null = null;
  try {
    const authority = await createAuthority(join(directory, 'ca'), Date.now());
    const relay = await authority.issue({ name: 'relay-1', role: 'relay', hosts: ['127.0.0.1'], days: 1 });
    const host = await authority.issue({ name: 'host-1', role: 'collector', days: 1 });
    const profile = loadProfile(options.hardware);
    const { main: bundle } = await bundleCollector(join(directory, 'bundle'));
    const logs = join(directory, 'logs');
    const runtime = join(directory, 'run');
    for (const folder of [logs, runtime]) mkdirSync(folder);
    const lines = siegeLines(BLOCK_LINES);
    const backlogLines = writeBacklog(logs, options.backlog, lines);
    say(`${backlogLines} lines of ${SIEGE_LINE_BYTES} bytes are there`);
    const port = await freePort();
    const config = writeCollectorConfig(directory, port, host, {
      profile: options.hardware,
      logs: [{ paths: [join(logs, '*.log')], level: 'debug' }],
      statusInterval: '5s',
    });
    const flags = nodeFlags(Math.floor(profile.caps.heap / MIB), profile.compilers);
    // As its unit in the package starts it.
    const environment = { ...SMALL_ENVIRONMENT, RUNTIME_DIRECTORY: runtime };
    collector = new Daemon(process.execPath, [...flags, bundle, config], environment);
    const spool = join(directory, 'data', 'spool');
    await until('a spool', () => collector!.check() === undefined && existsSync(spool));
    const flooding = flood(join(logs, 'flood.log'), lines, options.linesPerSecond, stop.signal);
    const moments = await watch(collector, spool, options.minutes * 60_000, stop.signal);
    stop.abort();
    const flooded = await flooding;
    say('the relay is back');
    const { seen, final } = await welcome(collector, port, relay);
    return judge(options, profile.caps.memory / MIB, moments, {
      seen,
      final,
      written: backlogLines + flooded,
      flooded,
    });
  } finally {
    stop.abort();
    await collector?.stop();
    rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
  }
}

interface Ending {
  readonly seen: Seen;
  readonly final: Status;
  readonly written: number;
  readonly flooded: number;
}

/** A relay takes all that waits; then the collector is told to end, and its last word is its account. */
async function welcome(collector: Daemon, port: number, { ca, cert, key }: CertificateFiles) {
  const relay = fork(RELAY, [String(port), ca, cert, key]);
  try {
    await once(relay, 'message');
    const ask = async (): Promise<Seen> => {
      const answer = once(relay, 'message') as Promise<[Seen]>;
      relay.send('count');
      return (await answer)[0];
    };
    const drained = async () => {
      collector.check();
      const { status } = await ask();
      return status !== null && LINE_CLASSES.every((name) => (status.classes[name]?.queuedBytes ?? 1) < MIB);
    };
    await until('what waits to go out', drained, { withinMs: DRAIN_MS, everyMs: 1_000 });
    await collector.stop();
    const seen = await until('the last word', async () => {
      const said = await ask();
      return said.status?.state === 'down' ? said : null;
    });
    return { seen, final: seen.status! };
  } finally {
    relay.disconnect();
  }
}

function judge(options: SiegeOptions, cap: number, moments: readonly Moment[], ending: Ending): BenchRun {
  const { seen, final, written, flooded } = ending;
  const wrong: string[] = [];
  const last = moments.at(-1)!;
  if (last.peak > cap)
    wrong.push(`${last.peak.toFixed(1)} MiB were resident, the cap of ${options.hardware} is ${cap} MiB`);
  const results: BenchResult[] = [
    {
      name: 'most resident while the relay is gone',
      value: last.peak,
      unit: 'MiB',
      target: cap,
      note: `${options.hardware}, ${options.minutes} min, ${(options.backlog / 2 ** 30).toFixed(1)} GiB of backlog, ${Math.round(flooded / last.seconds)} lines/s written beside; load ${loadavg()[0]!.toFixed(1)}`,
    },
    { name: 'resident, mean', value: mean(moments.map(({ resident }) => resident)), unit: 'MiB' },
    { name: 'resident at the end', value: last.resident, unit: 'MiB' },
    { name: 'CPU', value: last.cpu, unit: 's', note: `${((100 * last.cpu) / last.seconds).toFixed(0)} % of a core` },
    { name: 'spool, most', value: Math.max(...moments.map(({ spoolBytes }) => spoolBytes)) / MIB, unit: 'MiB' },
  ];
  const figures = final.sources.logs as { lines: number; pendingBytes: number };
  results.push(
    { name: 'lines written', value: written, unit: 'lines' },
    { name: 'lines read', value: figures.lines, unit: 'lines', note: `${figures.pendingBytes} bytes are not read yet` },
  );
  let errors = 0;
  for (const entry of final.ledger!.entries) {
    const rest = imbalance(entry);
    if (rest.frames !== 0 || rest.items !== 0) wrong.push(`the account does not balance: ${JSON.stringify(entry)}`);
    const name = LINE_CLASSES.find((known) => known === entry.class);
    if (name === undefined) continue;
    if (name === 'error') errors = entry.in.items;
    const came = seen.lines[name] ?? 0;
    results.push({ name: `${name}: delivered`, value: came, unit: 'lines', note: `${entry.queued.items} wait still` });
    for (const [reason, { items }] of Object.entries(entry.dropped)) {
      results.push({ name: `${name}: left out, ${reason}`, value: items, unit: 'lines' });
      if (name === 'error') wrong.push(`${items} error lines were left out: ${reason}`);
    }
    // What came and whose acknowledgement did not come back waits in the account.
    if (came < entry.out.items || came > entry.out.items + entry.queued.items)
      wrong.push(`${name}: ${came} lines came, the account says ${entry.out.items} and ${entry.queued.items} more`);
  }
  // A file is read from anywhere to anywhere: at most one in a block more or less for each file.
  const due = (figures.lines * OF_EACH_LEVEL.error) / LEVELS_OF;
  if (Math.abs(errors - due) > 2 * (options.backlog / 2 ** 30 + 10 + due * 1e-3))
    wrong.push(
      `${figures.lines} lines were read, and of some ${Math.round(due)} errors among them ${errors} were taken in`,
    );
  for (const [level, count] of Object.entries(OF_EACH_LEVEL)) {
    const read = Math.round((figures.lines * count) / LEVELS_OF);
    const came = seen.levels[level === 'warn' ? 'warning' : level] ?? 0;
    results.push({
      name: `lines of level ${level} delivered`,
      value: came,
      unit: 'lines',
      note: `of some ${read} read`,
    });
  }
  results.push({ name: 'error lines taken in', value: errors, unit: 'lines', note: `of some ${Math.round(due)} read` });
  return { results, wrong, series: moments };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
