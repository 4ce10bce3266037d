import { expect, test } from 'vitest';
import { systemClock } from '../../../lib/clock.ts';
import { parseConfig } from '../../../lib/config/load.ts';
import { Waiting } from '../../../lib/doors/waiting.ts';
import { silentLog } from '../../../lib/log.ts';
import { Registry } from '../../../lib/metrics.ts';
import { mqttJsonConfig } from '../../../relay/doors/mqtt-json/config.ts';
import { openMqttJson } from '../../../relay/doors/mqtt-json/open.ts';
import { until } from '../../support/until.ts';
import { connectDevice } from './devices.ts';

test('the door is closed when what it had read is stored, and not before', async () => {
  const metrics = new Registry();
  const steps: string[] = [];
  let stored: () => unknown = () => steps.push('never taken');
  const take = () =>
    new Promise((resolve) => {
      steps.push('taken');
      stored = () => {
        steps.push('stored');
        resolve({ rejected: [] });
      };
    });
  const door = await openMqttJson({
    config: parseConfig(
      'test.yaml',
      JSON.stringify({ listen: '127.0.0.1:0', topics: [{ filter: 'raw/+' }] }),
      mqttJsonConfig,
    ),
    jsonDepth: 8,
    intake: { take } as never,
    keeper: { admit: () => ({ name: 'device', anyHost: false, scopes: new Set(['ingest:metrics']) }) } as never,
    waiting: new Waiting(1_000_000),
    log: silentLog,
    metrics,
    refused: metrics.counter('refused', 'Refused.'),
    certificate: null,
    loopback: true,
    limits: {} as never,
    now: Date.now,
    clock: systemClock,
    mask: (text) => text,
  });
  const device = await connectDevice(door.port, {});
  const gone = new Promise<void>((resolve) => device.once('close', () => resolve()));
  device.publish('raw/a', '1', { qos: 1 });
  await until('it is on its way', () => steps.length === 1);
  const closed = door.close().then(() => steps.push('closed'));
  await gone;
  // Connections here have ended by now, and nothing but the journal is waited for.
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
  stored();
  await closed;
  expect(steps).toEqual(['taken', 'stored', 'closed']);
});
