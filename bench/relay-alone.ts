import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { connectAsync } from 'mqtt';
import type { Ledger } from '../lib/ledger.ts';
import type { RelayStatus } from '../relay/status/contract.ts';
import { until } from '../test/support/until.ts';
import { figureOf, pageOf } from './end-to-end/snapshot.ts';
import { threeDigits } from './page/three-digits.ts';
import { Crowd } from './relay/crowd.ts';
import { CuttableWay } from './relay/cuttable.ts';
import { answer, start } from './relay/processes.ts';
import { openStation } from './relay/station.ts';
import type { BenchResult } from './result.ts';

/** How long the core is cut off: --seconds=1800 for the figure that counts. */
const SECONDS = Number(process.env.HELIOGRAPH_BENCH_SECONDS ?? 60);
const HOSTS = 50;
const AT_ONCE = 10;
/** notify.after, as it is where nobody says otherwise. */
const AFTER_MS = 30_000;
/** Afterwards, for a notification too many. */
const LONGER_MS = 40_000;
const RULES = `groups:
  - {name: g, interval: 1s, rules: [{alert: HostSilent, expr: heliograph_host_up == 0, for: 10s}]}
`;

/** A relay whose core is cut off: how soon it notifies of a host that dies meanwhile, and how often anybody is notified in all. */
export async function run(): Promise<BenchResult[]> {
  const heard: { at: number; status: string }[] = [];
  const hook = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      for (const { status } of JSON.parse(body).alerts) heard.push({ at: performance.now(), status });
      response.end();
    });
  });
  await new Promise<void>((resolve) => hook.listen(0, '127.0.0.1', resolve));
  const station = await openStation(HOSTS);
  const { cores, ...config } = station.config as typeof station.config & { cores: readonly string[] };
  const way = new CuttableWay(Number(cores[0]!.split(':')[1]));
  await way.open();
  const file = join(dirname(station.ca), 'rules.yaml');
  writeFileSync(file, RULES);
  const webhooks = [`http://127.0.0.1:${(hook.address() as AddressInfo).port}/`];
  const rules = { file, restartGrace: '1s', notify: { after: `${AFTER_MS}ms`, webhooks } };
  const relay = start('relay.ts', [JSON.stringify({ ...config, cores: [`127.0.0.1:${way.port}`], rules })]);
  let crowd: Crowd | undefined;
  try {
    const at = await answer<{ mqtt: number; http: number }>(relay);
    const page = (path: string) => pageOf(new URL(`http://127.0.0.1:${at.http}${path}`));
    const status = async () => JSON.parse(await page('/status.json')) as RelayStatus;
    const decided = async (who: string) =>
      figureOf(await page('/metrics'), 'heliograph_relay_rules_decisions', `who="${who}"`);
    crowd = await Crowd.open({ port: at.mqtt, directory: station.ca, hosts: HOSTS - 1 });
    await crowd.connect(HOSTS - 1, AT_ONCE);
    const name = `h${HOSTS - 1}`;
    const pem = (end: string) => readFileSync(join(station.ca, end));
    const files = { ca: pem('ca.pem'), cert: pem(`${name}.pem`), key: pem(`${name}.key`) };
    const host = await connectAsync(`mqtts://127.0.0.1:${at.mqtt}`, {
      ...files,
      clientId: name,
      protocolVersion: 4,
      reconnectPeriod: 0,
    });
    await until('all are known', async () => (await status()).rules!.hosts.known === HOSTS);
    await until('there is a core', async () => (await status()).workers[0]!.upstream!.open);
    const cut = performance.now();
    way.cut();
    await until('there is none', async () => !(await status()).workers[0]!.upstream!.open);
    await wait(AFTER_MS);
    const died = performance.now();
    host.end(true);
    await until('the relay notifies', () => heard.length > 0);
    await wait(Math.max(0, SECONDS * 1000 - (performance.now() - cut)));
    const away = (performance.now() - cut) / 1000;
    await way.open();
    await until('the core has all', async () => {
      const { entries } = JSON.parse(await page('/ledger.json')) as Ledger;
      return entries.every(({ queued }) => queued.frames === 0);
    });
    await wait(LONGER_MS);
    const note = `${HOSTS} hosts, the core away for ${Math.round(away)} s, rule with for: 10s evaluated each second`;
    return [
      {
        name: 'from the end of a host to the notification',
        value: threeDigits((heard[0]!.at - died) / 1000),
        unit: 's',
        note,
      },
      { name: 'notifications by the relay', value: heard.length, unit: 'in all', target: 1 },
      { name: 'alerts handed to the core', value: await decided('core'), unit: 'in all', target: 0 },
    ];
  } finally {
    relay.kill('SIGKILL');
    crowd?.kill();
    way.cut();
    station.close();
    hook.closeAllConnections();
    hook.close();
  }
}
