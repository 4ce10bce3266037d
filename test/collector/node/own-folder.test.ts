import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { startCollector } from '../../../collector/node/start.ts';
import { createStation, quietHost, type Station, until } from '../../support/collector.ts';
import { spawnCollector } from '../../support/collector-process.ts';

let station: Station;

beforeEach(async () => {
  station = await createStation();
});
afterEach(() => station.remove());

it('a second collector on the same data directory is refused, and a killed one leaves no lock', async () => {
  const file = join(station.directory, 'collector.json');
  // Port 1: there is no relay, and none is needed.
  const input = {
    relays: ['127.0.0.1:1'],
    tls: { ca: station.host.ca, cert: station.host.cert, key: station.host.key },
    dataDir: join(station.directory, 'data'),
  };
  writeFileSync(file, JSON.stringify(input));
  const config = station.config({ port: 1 });
  const start = () => startCollector(config, { host: quietHost() });

  const first = spawnCollector(file);
  await until('the first one runs', () => existsSync(join(input.dataDir, 'boot')));
  await expect(start()).rejects.toMatchObject({ code: 'HG_STORE_LOCKED' });
  await first.kill('SIGKILL');

  const second = await start();
  await expect(start()).rejects.toMatchObject({ code: 'HG_STORE_LOCKED' });
  await second.close();
  const third = await start();
  await third.close();
});
