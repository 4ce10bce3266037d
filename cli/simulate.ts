import { availableParallelism } from 'node:os';
import { Command, Option } from 'commander';
import type { RelayMember } from '../collector/core/uplink/relay-order.ts';
import { type Mix, USUAL_MIX } from '../simulator/kinds.ts';
import { NAMES } from '../simulator/names.ts';
import { calmPhase, type Phase } from '../simulator/phase.ts';
import type { RunOptions } from '../simulator/run.ts';
import { reportAndExit } from './failure.ts';
import { wholeOption } from './options.ts';
import { amount, coreUrl, kindsOption, milliseconds, prefix, relayOption, shareOption } from './simulate/options.ts';
import { RunView } from './simulate/view.ts';

interface Options {
  readonly hosts: number;
  readonly relay: readonly RelayMember[];
  readonly interval: number;
  readonly duration: number;
  readonly series?: number;
  readonly kinds?: Mix;
  readonly instants: number;
  readonly logsPerSecond: number;
  readonly workers?: number;
  readonly churn: number;
  readonly slow: number;
  readonly bad: number;
  readonly skewedClocks: number;
  readonly storm?: boolean;
  readonly outage?: number;
  readonly outageHosts: number;
  readonly scenario?: string;
  readonly ca: string;
  readonly verify?: URL;
  readonly verifyHosts?: number;
  readonly names: string;
  readonly seed: number;
  readonly json?: boolean;
}

/** Hosts that are worth a process of their own. */
const HOSTS_A_WORKER = 250;
const MOST = 100_000;

const program = new Command('simulate')
  .description(
    'Simulated hosts against a relay: each with a TLS connection and a certificate of its own, values from a recording that differ ' +
      'from host to host, logs with stack traces and masked card numbers; and a report.',
  )
  .option('--hosts <n>', 'how many', wholeOption(1, MOST), 20)
  .requiredOption(
    '--relay <host:port>',
    "the relay's MQTT address; for several give it several times, each with =WEIGHT and @TIER behind it where these are not 1: hosts choose as collectors do",
    relayOption,
  )
  .addOption(
    new Option('--duration <duration>', 'how long to run; 0s: until stopped')
      .argParser(milliseconds(0))
      .default(60_000, '1m'),
  )
  .option(
    '--workers <n>',
    'processes to spread the hosts over (default: one a core, with 250 hosts each at least)',
    wholeOption(1, 256),
  )
  .option(
    '--ca <folder>',
    'the certificate authority ("heliograph ca init"); certificates are made and kept there',
    './data/ca',
  )
  .option(
    '--names <prefix>',
    'what the names of the hosts begin with; other runs at the same relay want others',
    prefix,
    NAMES,
  )
  .option('--seed <n>', 'for everything random', wholeOption(1, 4_294_967_295), 1)
  .optionsGroup('What the hosts send:')
  .addOption(
    new Option('--interval <duration>', 'time between two samples of a host')
      .argParser(milliseconds(100))
      .default(10_000, '10s'),
  )
  .option(
    '--series <n>',
    'series of a host, on hosts of several kinds (default: the 507 recorded ones of a server, the same on all)',
    wholeOption(1, 10_000),
  )
  .option('--kinds <kinds>', 'parts of web, database, device, router and server, such as web=50,router=10', kindsOption)
  .option('--instants <n>', 'instants gathered in one frame: fewer messages, later samples', wholeOption(1, 127), 1)
  .option('--logs-per-second <r>', 'log lines a second, over all hosts', amount, 0)
  .optionsGroup('What goes wrong:')
  .addOption(
    new Option('--churn <share>', 'share of the hosts that restart each minute: a new boot, series that come and go')
      .argParser(shareOption)
      .default(0, '0%'),
  )
  .option('--storm', 'after a third of the run everyone reconnects at once; says when all are back and current')
  .option(
    '--outage <duration>',
    'after a third of the run hosts lose the network so long, then fill in from their outbox',
    milliseconds(1000),
  )
  .addOption(
    new Option('--outage-hosts <share>', 'the share of the hosts that --outage hits')
      .argParser(shareOption)
      .default(1, '100%'),
  )
  .addOption(
    new Option('--slow <share>', 'share of the hosts that read slowly').argParser(shareOption).default(0, '0%'),
  )
  .addOption(
    new Option('--skewed-clocks <share>', 'share of the hosts whose clocks are one to five minutes off')
      .argParser(shareOption)
      .default(0, '0%'),
  )
  .addOption(
    new Option(
      '--bad <share>',
      'share of the hosts that send garbage among the good: torn, another version, unknown pages, huge',
    )
      .argParser(shareOption)
      .default(0, '0%'),
  )
  .option('--scenario <file>', 'a file of phases instead of all these; see simulator/scenarios/bad-day.yaml')
  .optionsGroup('What is said of it:')
  .option('--verify <core-url>', 'afterwards compare the samples and lines in the store with what was sent', coreUrl)
  .option(
    '--verify-hosts <n>',
    'hosts whose values are compared one by one, by chance; samples are counted and lines compared for all (default: 500)',
    wholeOption(1, MOST),
  )
  .option('--json', 'the report as JSON')
  .addHelpText(
    'after',
    '\nExample (beside a running "npm start"):\n  simulate --hosts 200 --relay 127.0.0.1:8883 --interval 10s --duration 60s --logs-per-second 500 --verify http://127.0.0.1:9470\n' +
      '\nTen thousand hosts of several kinds, with a reconnect storm:\n  simulate --hosts 10000 --series 100 --relay relay.example:8883 --duration 10m --storm\n' +
      '\nTwo relays, the second with twice as many hosts, and one for when neither is there:\n  simulate --hosts 300 --relay r1.example:8883 --relay r2.example:8883=2 --relay far.example:8883@2\n' +
      '\nExits with 1 when a host never connected, when nothing was sent, when a good frame was refused or garbage was not, when a storm was not over\n' +
      'at the end, when something sent was not acknowledged (given up in a full outbox counts too, declared or not), or when --verify finds anything missing, doubled or altered, nothing to compare, or cannot ask the store.\n' +
      'Ctrl-C ends the run with its report; once more, at once and without one.',
  );

/** An option that says nothing without another one is a mistake. */
function refuseAlone(flag: string, other: unknown, says: string, missing: string): void {
  const option = program.options.find(({ long }) => long === flag)!;
  if (other === undefined && program.getOptionValueSource(option.attributeName()) === 'cli') {
    program.error(`error: ${flag} says ${says}; give ${missing} too`);
  }
}

async function main(): Promise<void> {
  program.parse();
  const options = program.opts<Options>();
  refuseAlone('--verify-hosts', options.verify, 'how many hosts --verify compares', '--verify CORE');
  if (options.scenario === undefined) {
    refuseAlone('--outage-hosts', options.outage, 'how many hosts --outage takes away', '--outage');
  }
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.on(signal, () => (stop.signal.aborted ? process.exit(130) : stop.abort()));
  process.on('disconnect', () => stop.abort());
  const what = await whatToRun(options);
  const tty = process.stderr.isTTY === true;
  const width = () => process.stderr.columns ?? 80;
  const view = new RunView(what.hosts, tty, (text) => process.stderr.write(text), width);
  const cores = Math.min(availableParallelism(), Math.ceil(what.hosts / HOSTS_A_WORKER));
  // Only now: what is asked for help or told of a mistake need not wait for it.
  const { runSimulation } = await import('../simulator/run.ts');
  const { reportText } = await import('../simulator/report.ts');
  const run = await runSimulation({
    ...what,
    relay: options.relay,
    authority: options.ca,
    names: options.names,
    workers: options.workers ?? cores,
    verify: options.verify ?? null,
    ...(options.verifyHosts === undefined ? {} : { verifyHosts: options.verifyHosts }),
    seed: options.seed,
    signal: stop.signal,
    say: (line) => view.say(line),
    onReady: () => process.send?.('ready'),
    onProgress: (stats, elapsed, phase) => view.progress(stats, elapsed, phase),
  });
  console.log(options.json ? JSON.stringify(run, null, 2) : reportText(run));
  process.exit(run.good ? 0 : 1);
}

/** Which options a scenario says itself, so that they must not stand beside it. */
const OF_SCENARIO = [
  ...['hosts', 'duration', 'interval', 'series', 'kinds', 'instants', 'logsPerSecond', 'churn', 'storm'],
  ...['outage', 'outageHosts', 'slow', 'skewedClocks', 'bad'],
] as const;

type What = Pick<
  RunOptions,
  'hosts' | 'intervalMs' | 'durationMs' | 'logsPerSecond' | 'series' | 'instants' | 'skewedClocks'
> & { readonly mix: Mix; readonly phases: readonly Phase[] };

/** The hosts and what happens to them, from the options or from a scenario's file. */
async function whatToRun(options: Options): Promise<What> {
  if (options.scenario === undefined) {
    return {
      hosts: options.hosts,
      intervalMs: options.interval,
      durationMs: options.duration,
      logsPerSecond: options.logsPerSecond,
      series: options.series ?? (options.kinds ? 100 : null),
      instants: options.instants,
      skewedClocks: options.skewedClocks,
      mix: options.kinds ?? (options.series === undefined ? { server: 1 } : USUAL_MIX),
      phases: phasesOfOptions(options),
    };
  }
  for (const name of OF_SCENARIO) {
    if (program.getOptionValueSource(name) === 'cli') {
      const flag = program.options.find((option) => option.attributeName() === name)!.long;
      program.error(`error: ${flag} cannot stand beside --scenario; write it into ${options.scenario}`);
    }
  }
  const { loadScenario, phasesOf } = await import('../simulator/scenario.ts');
  const scenario = loadScenario(options.scenario);
  const phases = phasesOf(scenario);
  return {
    hosts: scenario.hosts,
    intervalMs: scenario.interval,
    durationMs: phases.reduce((sum, { durationMs }) => sum + durationMs, 0),
    logsPerSecond: scenario.logsPerSecond,
    series: scenario.series,
    instants: scenario.instants,
    skewedClocks: scenario.skewedClocks,
    mix: scenario.kinds ?? USUAL_MIX,
    phases,
  };
}

/** One phase; or two, where something happens after a third of the run. */
function phasesOfOptions(options: Options): Phase[] {
  const { duration, logsPerSecond, churn, slow, bad, storm = false, outage } = options;
  const calm = { ...calmPhase(duration, logsPerSecond), churn, slow, bad };
  if (!storm && outage === undefined) return [calm];
  if (duration === 0) program.error('error: --storm and --outage come after a third of the run; give --duration');
  if (outage !== undefined && outage >= (duration * 2) / 3) {
    const least = Math.floor((outage * 1.5) / 1000) + 1;
    program.error(
      `error: --outage begins after a third of the run and would last past its end; give --duration more than ${least}s`,
    );
  }
  return [
    { ...calm, name: 'before', durationMs: duration / 3 },
    {
      ...calm,
      name: storm ? 'storm' : 'outage',
      durationMs: (duration * 2) / 3,
      storm,
      outage: outage === undefined ? null : { ms: outage, share: options.outageHosts },
    },
  ];
}

main().catch(reportAndExit);
