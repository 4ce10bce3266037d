import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { afterEach, expect, test } from 'vitest';
import { systemClock } from '../../../lib/clock.ts';
import { parseConfig } from '../../../lib/config/load.ts';
import { silentLog } from '../../../lib/log.ts';
import { relayConfig } from '../../../relay/config.ts';
import { startRelay } from '../../../relay/start.ts';
import type { PrometheusAnswer, Vector } from '../../support/core/answers.ts';
import { TwoTiers } from '../../support/two-tiers.ts';
import { until } from '../../support/until.ts';
import { writeRequest } from './prometheus.ts';

let tiers: TwoTiers;
afterEach(() => tiers?.close());

test('with TLS a collector certificate stands for a token, and nobody comes in without either', async () => {
  tiers = await TwoTiers.open({ core: {}, relay: { doors: { http: { listen: '127.0.0.1:0', tls: true } } } });
  const port = tiers.relay.addresses.doors;
  const mine = await tiers.core.issue('gear-1', 'collector');
  const relays = await tiers.core.issue('relay-2', 'relay');
  const now = Date.now();
  const body = writeRequest([{ labels: { __name__: 'gear', instance: 'other' }, samples: [[now, 1]] }]);
  const send = (identity: { cert: string; key: string } | null) =>
    new Promise<number>((resolve, reject) => {
      const own = identity ? { cert: readFileSync(identity.cert), key: readFileSync(identity.key) } : {};
      const headers = { 'content-type': 'application/x-protobuf', 'content-length': body.length };
      const options = { method: 'POST', path: '/api/v1/write', headers, ca: readFileSync(mine.ca), ...own };
      request({ host: '127.0.0.1', servername: 'localhost', port, agent: false, ...options }, (answer) => {
        answer.resume();
        resolve(answer.statusCode!);
      })
        .on('error', reject)
        .end(body);
    });
  expect(await send(null)).toBe(401);
  expect(await send(relays)).toBe(401);
  expect(await send(mine)).toBe(204);
  const [series] = await until('the series', async () => {
    const { data } = await tiers.core.get<PrometheusAnswer<Vector>>('/api/v1/query', { query: 'gear' });
    return data.result.length > 0 ? data.result : null;
  });
  expect(series!.metric).toMatchObject({ instance: 'gear-1', exported_instance: 'other' });
});

test('without the section there is no door, and a port that is taken is named', async () => {
  tiers = await TwoTiers.open({ core: {}, relay: {} });
  expect(tiers.relay.addresses.doors).toBe(0);
  expect(await tiers.relayPage('/metrics')).not.toContain('heliograph_relay_door_');
  const { ca, cert, key } = await tiers.core.issue('relay-3', 'relay');
  const config = {
    name: 'relay-3',
    dataDir: `${tiers.core.directory}/relay-3`,
    mqtt: { listen: '127.0.0.1:0' },
    http: { listen: '127.0.0.1:0' },
    tls: { ca, cert, key },
    cores: [`127.0.0.1:${tiers.core.port}`],
    doors: { http: { listen: `127.0.0.1:${tiers.relay.addresses.http}` } },
  };
  const parsed = parseConfig('relay-3.yaml', JSON.stringify(config), relayConfig);
  const started = startRelay(parsed, { log: silentLog, clock: systemClock });
  await expect(started).rejects.toMatchObject({ code: 'HG_PORT_TAKEN' });
});
