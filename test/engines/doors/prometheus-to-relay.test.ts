import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { TestCore } from '../../support/core/core.ts';
import { freePort } from '../../support/free-port.ts';
import { TierProcess } from '../../support/tier-process.ts';
import { until } from '../../support/until.ts';
import { count, key, raw, ScrapedPrometheus } from './scraped-prometheus.ts';

/** A Prometheus writes to a relay, which is killed in between. */
let core: TestCore;
let relay: TierProcess;
let prometheus: ScrapedPrometheus;

beforeAll(async () => {
  core = await (await TestCore.make()).start();
  const { ca, cert, key: secret } = await core.issue('relay-1', 'relay');
  const door = await freePort();
  const file = join(core.directory, 'relay.yaml');
  const config = {
    name: 'relay-1',
    site: 'north',
    dataDir: join(core.directory, 'relay'),
    mqtt: { listen: '127.0.0.1:0' },
    http: { listen: '127.0.0.1:0' },
    tls: { ca, cert, key: secret },
    cores: [`127.0.0.1:${core.port}`],
    doors: { http: { listen: `127.0.0.1:${door}` } },
  };
  writeFileSync(file, JSON.stringify(config));
  relay = new TierProcess('heliograph.ts', ['relay', '--config', file], join(core.directory, 'relay.out'));
  await relay.start();
  prometheus = await ScrapedPrometheus.start(`http://127.0.0.1:${door}/api/v1/write`, 'region: eu');
});

afterAll(async () => {
  await prometheus?.stop();
  await relay?.kill();
  await core.remove();
});

test('every sample arrives bit for bit, over kill -9 of the relay', async () => {
  const more = async (what: string) => {
    const before = prometheus.scrapes;
    await until(what, () => prometheus.scrapes > before + 4, { withinMs: 30_000 });
  };
  await more('scrapes');
  await relay.kill();
  await more('scrapes while the relay is away');
  await relay.start();
  await more('scrapes after it');

  const last = Date.now() / 1000 - 1;
  const wanted = await raw(prometheus.url, last);
  expect(wanted.length).toBeGreaterThan(55);
  const caughtUp = async () => count(await raw(core.url('/'), last)) >= count(wanted);
  await until('the core has caught up', caughtUp, { withinMs: 60_000 });
  const found = new Map((await raw(core.url('/'), last)).map(({ metric, values }) => [key(metric), values]));
  for (const { metric, values } of wanted) {
    expect(found.get(key({ ...metric, region: 'eu', site: 'north' }))).toEqual(values);
  }
  expect(found.size).toBe(wanted.length);
});
