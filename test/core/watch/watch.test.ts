import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { claimPort } from '../../../cli/start/ports.ts';
import type { PrometheusAnswer, Vector } from '../../support/core/answers.ts';
import { createFleet, type Fleet } from '../../support/fleet.ts';
import { TierProcess } from '../../support/tier-process.ts';
import { until } from '../../support/until.ts';
import { agentOf } from './certified.ts';

/** So long one of them may be silent here; unless stated it is 30 s. */
const SILENT = '3s';

let fleet: Fleet;
let watch: TierProcess;
let watchUrl: URL;
let watchDoor: number;

beforeAll(async () => {
  const free = () => claimPort({ option: '', port: 0, what: 'test' });
  const [door, http] = [await free(), await free()];
  watchDoor = door;
  watchUrl = new URL(`http://127.0.0.1:${http}`);
  const told = { watch: { to: [`127.0.0.1:${door}`], every: '500ms' } };
  fleet = await createFleet({
    collectors: 0,
    core: { watch: { ...told.watch, silent: SILENT } },
    relay: told,
  });
  const { cert, key } = await fleet.authority.issue({ name: 'watch-1', role: 'core', hosts: ['127.0.0.1'], days: 2 });
  const ca = join(fleet.directory, 'ca', 'ca.pem');
  const file = join(fleet.directory, 'watch.yaml');
  writeFileSync(
    file,
    stringify({
      ...{ name: 'watch-1', dataDir: join(fleet.directory, 'watch'), listen: `127.0.0.1:${door}` },
      ...{ http: { listen: `127.0.0.1:${http}` }, tls: { ca, cert, key } },
      alerts: { tiers: { expect: ['core-1', 'relay-1'], silent: SILENT } },
    }),
  );
  watch = new TierProcess('heliograph.ts', ['watch', '--config', file], join(fleet.directory, 'watch.out'));
  await Promise.all([watch.start(), fleet.core.start()]);
  await fleet.relay.start();
}, 60_000);
afterAll(async () => {
  await watch?.kill();
  await fleet?.close();
});

async function ask(url: URL, expression: string): Promise<Vector['result']> {
  const at = new URL('/api/v1/query', url);
  at.searchParams.set('query', expression);
  const answer = (await (await fetch(at)).json()) as PrometheusAnswer<Vector>;
  return answer.data.result;
}

test('the watch has what core and relay count of themselves, under their names', async () => {
  for (const [name, job, instance] of [
    ['heliograph_core_relays', 'core', 'core-1'],
    ['heliograph_relay_core_connected', 'relay', 'relay-1'],
  ]) {
    await until(`${name} of ${instance}`, async () => {
      const result = await ask(watchUrl, `${name}{job="${job}", instance="${instance}"} == 1`);
      return result.length === 1;
    });
  }
});

/** How many alerts of a name fire. What else a tier that was restarted may be told of is not looked at here. */
const firing = async (url: URL, name: string) => {
  const answer = await (await fetch(new URL('/api/v1/alerts?state=firing', url))).json();
  const { alerts } = (answer as { data: { alerts: { labels: Record<string, string> }[] } }).data;
  return alerts.filter(({ labels }) => labels.alertname === name).length;
};

test('a core or relay that is killed, hangs or is stopped is an alert at the watch, and none any more when it is back', async () => {
  await until('no alert', async () => (await firing(watchUrl, 'TierSilent')) === 0);
  await fleet.core.kill();
  await until('the alert of the core', async () => (await firing(watchUrl, 'TierSilent')) === 1);
  await fleet.relay.stop();
  await until('the alert of the relay beside it', async () => (await firing(watchUrl, 'TierSilent')) === 2);
  await fleet.core.start();
  await fleet.relay.start();
  await until('both over', async () => (await firing(watchUrl, 'TierSilent')) === 0);
  // It stands, with all its connections.
  process.kill(fleet.core.pid!, 'SIGSTOP');
  await until('the alert of the core that hangs', async () => (await firing(watchUrl, 'TierSilent')) === 1);
  process.kill(fleet.core.pid!, 'SIGCONT');
  await until('it is over', async () => (await firing(watchUrl, 'TierSilent')) === 0);
}, 120_000);

test('a watch that is killed is an alert at the core, until it is back and well', async () => {
  await until('no alert', async () => (await firing(fleet.coreUrl, 'WatchSilent')) === 0);
  await watch.kill();
  await until('the alert of the watch', async () => (await firing(fleet.coreUrl, 'WatchSilent')) === 1);
  await watch.start();
  await until('it is over', async () => (await firing(fleet.coreUrl, 'WatchSilent')) === 0);
}, 120_000);

test('only who has a certificate of the authority may tell the watch or ask how it is', async () => {
  const stranger = agentOf(fleet, null);
  expect(await stranger.status('/healthz', watchDoor)).toBe(401);
  expect(await stranger.status('/v1/ingest', watchDoor, { metrics: [{ name: 'x', value: 1 }] })).toBe(401);
  const relay = agentOf(fleet, 'relay-1');
  expect(await relay.status('/healthz', watchDoor)).toBe(200);
  // Nobody speaks for another.
  expect(await relay.status('/v1/ingest', watchDoor, { host: 'core-1', metrics: [{ name: 'spoken', value: 1 }] })).toBe(
    200,
  );
  await until('what it said', async () => (await ask(watchUrl, 'spoken{instance="relay-1"}')).length === 1);
  expect(await ask(watchUrl, 'spoken{instance="core-1"}')).toEqual([]);
  for (const path of ['/api/v1/query?query=up', '/metrics', '/'])
    expect(await relay.status(path, watchDoor), path).toBe(404);
  await Promise.all([stranger.close(), relay.close()]);
});
