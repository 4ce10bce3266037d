import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { RelayStatus } from '../../../relay/status/contract.ts';
import { until } from '../../support/until.ts';
import { Place } from '../setup.ts';

let place: Place;
afterEach(() => place.close());

const OLDER = 'test-core is older than this relay and may not know roll-ups';

async function open(merge: 'core' | 'relay'): Promise<void> {
  place = new Place();
  place.core.sketches = 0;
  const rules = join(place.directory, 'rollups.yaml');
  writeFileSync(rules, `- {name: hits, match: hits, interval: 2s, by: [code], merge: ${merge}, outputs: [sum]}\n`);
  await place.open({ rollups: { rules } });
  await connected();
}

const status = async () => JSON.parse(await place.page('/status.json')) as RelayStatus;
const connected = () => until('the core', async () => (await place.metric('heliograph_relay_core_connected')) === 1);

test('before a core that may not merge its roll-ups a relay says what becomes of them, until it is upgraded', async () => {
  await open('core');
  const { well, troubles } = await status();
  expect([well, troubles]).toEqual([false, [expect.stringContaining(OLDER)]]);
  await place.stopCore();
  await until('no core', async () => (await place.metric('heliograph_relay_core_connected')) === 0);
  expect((await status()).troubles.join()).not.toContain(OLDER);
  await place.startCore();
  await connected();
  expect((await status()).troubles).toEqual([]);
});

test('roll-ups that the relay writes itself go to any core', async () => {
  await open('relay');
  expect((await status()).troubles).toEqual([]);
});
