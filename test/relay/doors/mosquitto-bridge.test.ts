import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import type { MqttClient } from 'mqtt';
import { afterEach, expect, test } from 'vitest';
import { createToken } from '../../../lib/tokens/token-file.ts';
import type { Matrix, PrometheusAnswer } from '../../support/core/answers.ts';
import { freePort } from '../../support/free-port.ts';
import { TwoTiers } from '../../support/two-tiers.ts';
import { until } from '../../support/until.ts';
import { connectDevice, TOPICS } from './devices.ts';

const PROGRAM = ['/usr/sbin/mosquitto', '/usr/local/sbin/mosquitto', '/opt/homebrew/sbin/mosquitto'].find(existsSync);

let tiers: TwoTiers | undefined;
let broker: ChildProcess | undefined;
let device: MqttClient | undefined;
afterEach(async () => {
  device?.end(true);
  if (broker && broker.exitCode === null) {
    broker.kill();
    await once(broker, 'exit');
  }
  await tiers?.close();
});

test.skipIf(!PROGRAM)('a mosquitto bridges a site’s topics to the relay, over TLS with a token', async () => {
  const mqttJson = { listen: '127.0.0.1:0', tls: true, topics: TOPICS };
  tiers = await TwoTiers.open({ core: {}, relay: { doors: { mqttJson } } });
  const { directory } = tiers.core;
  const made = { name: 'bridge', scopes: ['ingest:metrics' as const], created: Date.now(), expires: null };
  const password = createToken(join(directory, 'relay', 'tokens.json'), { ...made, anyHost: false });
  const port = await freePort();
  const file = join(directory, 'mosquitto.conf');
  writeFileSync(
    file,
    [
      // Started by root it would become another user, who may not read the folder.
      `user ${userInfo().username}`,
      `listener ${port} 127.0.0.1`,
      'allow_anonymous true',
      'connection relay',
      `address localhost:${tiers.relay.addresses.mqttJson}`,
      'topic site/# out 1',
      'bridge_protocol_version mqttv311',
      // It would ask, by a private bit of the version, whether the other end is a broker too; and tell its state in retained messages.
      'try_private false',
      'notifications false',
      `bridge_cafile ${join(directory, 'ca', 'ca.pem')}`,
      'remote_username bridge',
      `remote_password ${password}`,
      'restart_timeout 1',
      '',
    ].join('\n'),
  );
  broker = spawn(PROGRAM!, ['-c', file], { stdio: 'ignore' });
  device = await until('mosquitto', () => connectDevice(port, {}));
  const begin = Date.now() - 60_000;
  for (let i = 0; i < 50; i++) {
    const message = JSON.stringify({ ts: begin + i * 1000, level: 'x', temperature: i });
    await device.publishAsync('site/plant-2/d9/telemetry', message, { qos: 1 });
  }
  const values = await until('every reading', async () => {
    const query = 'plant_temperature{device="d9",instance="bridge"}[10m]';
    const { data } = await tiers!.core.get<PrometheusAnswer<Matrix>>('/api/v1/query', { query });
    return data.result[0]?.values.length === 50 ? data.result[0].values : null;
  });
  expect(values.map(([, value]) => Number(value))).toEqual(Array.from({ length: 50 }, (_, i) => i));
});
