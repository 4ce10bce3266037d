import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { collectorConfig } from '../../collector/node/config.ts';
import { startCollector } from '../../collector/node/start.ts';
import { decodeStatus } from '../../proto/status.ts';
import { Place } from '../relay/setup.ts';
import { quietHost, until } from '../support/collector.ts';

let place: Place;

beforeEach(async () => {
  place = await new Place().open();
});
afterEach(() => place.close());

it('sends through a real relay: every number comes to the core once, over an outage of the relay', async () => {
  const files = await place.issue('web-1', 'collector');
  const logs = join(place.directory, 'logs');
  mkdirSync(logs);
  writeFileSync(join(logs, 'app.log'), 'INFO one\nERROR two\nDEBUG three\n');
  const port = place.relay.addresses.mqtt;
  const config = collectorConfig.parse({
    relays: [`127.0.0.1:${port}`],
    tls: files,
    dataDir: join(place.directory, 'collector'),
    interval: '100ms',
    logLinger: '20ms',
    logPoll: '20ms',
    statusInterval: '200ms',
    reconnect: { base: '50ms', cap: '200ms' },
    logs: [{ paths: [join(logs, '*.log')], level: 'debug' }],
  });
  const running = await startCollector(config, { host: quietHost() });
  const numbers = (name: string): number[] =>
    place.core.frames
      .filter((frame) => frame.host === 'web-1' && frame.class === name)
      .map((frame) => frame.sequence)
      .sort((a, b) => a - b);
  await until('metrics at the core', () => numbers('metric').length >= 5);
  await until('lines at the core', () => ['error', 'log', 'debug'].every((name) => numbers(name).length === 1));
  await until('its status at the core', () => (place.core.hosts.get('web-1')?.status?.length ?? 0) > 0);
  expect(decodeStatus(place.core.hosts.get('web-1')!.status!).state).toBe('up');
  await place.relay.close();
  const before = running.collector.sampler.collections;
  await until('an outage', () => running.collector.sampler.collections >= before + 5);
  await place.startRelay({ mqtt: { listen: `127.0.0.1:${port}` } });
  const collected = running.collector.spool.sequences.metric.next;
  await until('what was spooled meanwhile', () => numbers('metric').length >= collected);
  // With the ticket that it had from the relay before it stopped.
  expect(await place.metric('heliograph_relay_handshakes_total{kind="resumed"}')).toBeGreaterThanOrEqual(1);
  expect(await place.metric('heliograph_relay_handshakes_total{kind="full"}')).toBe(0);
  await running.close();
  const last = running.collector.spool.sequences.metric.next - 1;
  await until('the rest', () => numbers('metric').length >= last);
  expect(numbers('metric')).toEqual(Array.from({ length: last }, (_, i) => i + 1));
  expect(place.core.undefinedFrames).toBe(0);
  expect(running.collector.sender.stats).toMatchObject({ refused: 0, missing: 0 });
});
