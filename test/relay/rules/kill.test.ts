import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MqttClient } from 'mqtt';
import { afterEach, expect, test } from 'vitest';
import { createAuthority } from '../../../lib/certificates/authority.ts';
import type { RelayStatus } from '../../../relay/status/contract.ts';
import { AlertReceiver } from '../../support/alert-receiver.ts';
import { IngestCore } from '../../support/ingest-core.ts';
import { until } from '../../support/until.ts';
import { ClockedRelay } from '../rollup/clocked-relay.ts';
import { connectClient } from '../setup.ts';
import { alertEvents, notifiedByCore } from './alert-events.ts';

const directory = mkdtempSync(join(tmpdir(), 'rules-kill-'));
const core = new IngestCore();
const clients: MqttClient[] = [];
let receiver: AlertReceiver;
let relay: ClockedRelay | null = null;
afterEach(async () => {
  for (const client of clients) client.end(true);
  await relay?.kill();
  await core.close();
  await receiver.close();
  rmSync(directory, { recursive: true, force: true });
});

const RULES = `groups: [{name: g, rules: [{alert: HostSilent, expr: heliograph_host_up == 0, for: 1m}]}]`;

const page = async (path: string) => (await fetch(`http://127.0.0.1:${relay!.http}${path}`)).text();
const rules = async () => (JSON.parse(await page('/status.json')) as RelayStatus).rules!;
const evaluations = async () =>
  Number(/heliograph_relay_rules_evaluations (\d+)/.exec(await page('/metrics'))?.[1] ?? 0);

/** What an evaluation changed is on disk before the next one but one begins. */
const kept = async () => {
  const before = await evaluations();
  await until('rounds more', async () => (await evaluations()) > before + 2);
};

test('kill -9 forgets neither since when an alert pends, nor that it fires, nor who was told', async () => {
  receiver = await new AlertReceiver().listen();
  const authority = await createAuthority(join(directory, 'ca'), Date.now());
  const hosts = ['127.0.0.1', 'localhost'];
  const coreFiles = await authority.issue({ name: 'core1', role: 'core', hosts, days: 2 });
  await core.listen(coreFiles);
  const { port } = core;
  await core.close();
  const { ca, cert, key } = await authority.issue({ name: 'relay1', role: 'relay', hosts, days: 2 });
  const host = await authority.issue({ name: 'h1', role: 'collector', days: 2 });
  writeFileSync(join(directory, 'rules.yaml'), RULES);
  let time = Date.now();
  relay = new ClockedRelay(
    {
      name: 'relay1',
      dataDir: join(directory, 'relay'),
      mqtt: { listen: '127.0.0.1:0' },
      http: { listen: '127.0.0.1:0' },
      tls: { ca, cert, key },
      cores: [`127.0.0.1:${port}`],
      rules: {
        file: join(directory, 'rules.yaml'),
        evaluateEvery: '50ms',
        restartGrace: '1ms',
        notify: { after: '300ms', webhooks: [receiver.url] },
      },
    },
    time,
  );
  const pass = (ms: number) => {
    time += ms;
    relay!.pass(time);
  };
  const kill = async () => {
    await relay!.kill();
    await relay!.start();
  };
  await relay.start();
  const client = await connectClient(relay.mqtt, host, 'h1');
  clients.push(client);
  await until('the host is known', async () => (await rules()).hosts.known === 1);
  client.end(true);
  await until('the alert pends', async () => (await rules()).rules[0]!.pending === 1);
  await kept();
  pass(40_000);
  await kill();
  await until('rules are evaluated', async () => (await evaluations()) > 5);
  expect((await rules()).rules[0]).toMatchObject({ pending: 1, firing: 0 });
  pass(20_000);
  await until('the relay notifies', () => receiver.alerts.length === 1);
  await until('who was told is written', async () => (await rules()).firing[0]?.owner === 'relay');
  await kept();
  for (let i = 0; i < 2; i++) {
    await kill();
    await until('rules are evaluated', async () => (await evaluations()) > 5);
    expect((await rules()).firing).toMatchObject([{ owner: 'relay' }]);
  }
  expect(receiver.alerts).toHaveLength(1);

  const again = new IngestCore();
  try {
    await again.listen(coreFiles, port);
    await until('the core hears of it', () => alertEvents(again).some(({ type }) => type === 'alert.notified'));
    clients.push(await connectClient(relay.mqtt, host, 'h1'));
    await until('its end is told', () => receiver.alerts.length === 2);
    expect(receiver.alerts.map(({ status }) => status)).toEqual(['firing', 'resolved']);
    expect(new Set(receiver.alerts.map(({ key }) => key)).size).toBe(1);
    expect(notifiedByCore(alertEvents(again))).toEqual([]);
  } finally {
    await again.close();
  }
});
