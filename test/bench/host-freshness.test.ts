import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { hostFreshness } from '../../bench/end-to-end/host-freshness.ts';
import { until } from '../support/until.ts';

let server: Server | null = null;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

/** A core that has one series, whose newest sample is the newest of those that `newest` says, s. */
async function core(newest: () => number, series: readonly object[] = [{ __name__: 'up', job: 'node' }]) {
  server = createServer((request, response) => {
    const data = request.url!.startsWith('/api/v1/series')
      ? series
      : { result: [{ metric: {}, value: [0, String(newest())] }] };
    response.end(JSON.stringify({ status: 'success', data }));
  });
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
}

const PERIOD_MS = 100;

/** One whose samples come each period, until it says no more. */
function host() {
  const state = { last: Number.POSITIVE_INFINITY, asked: 0 };
  const newest = () => {
    state.asked++;
    return Math.min(state.last, Math.floor(Date.now() / PERIOD_MS) * PERIOD_MS) / 1_000;
  };
  return { state, newest };
}

test('samples that come in time are found, one each period', async () => {
  const { state, newest } = host();
  const stop = new AbortController();
  const found = hostFreshness(await core(newest), 1, PERIOD_MS, 60_000, stop.signal);
  await until('some to be found', () => state.asked > 40);
  stop.abort();
  const probes = await found;
  expect(probes.length).toBeGreaterThan(0);
  expect(probes.every(({ ms }) => ms !== null)).toBe(true);
});

test('one that is looked for when it is told to stop is looked for until it is there', async () => {
  const { state, newest } = host();
  const stop = new AbortController();
  const found = hostFreshness(await core(newest), 1, PERIOD_MS, 60_000, stop.signal);
  await until('some to be found', () => state.asked > 20);
  state.last = Date.now();
  const stuck = state.asked;
  await until('the next to be waited for', () => state.asked > stuck + 20);
  stop.abort();
  const aborted = performance.now();
  const more = state.asked;
  await until('it to be asked for still', () => state.asked > more + 5);
  state.last = Number.POSITIVE_INFINITY;
  const last = (await found).at(-1)!;
  expect(last.at).toBeLessThan(aborted);
  expect(last.at + last.ms!).toBeGreaterThan(aborted);
});

test('one that does not come counts as later than any limit: while it runs, from the first, and where the host is not known', async () => {
  const { state, newest } = host();
  const stop = new AbortController();
  const url = await core(newest);
  const found = hostFreshness(url, 1, PERIOD_MS, 500, stop.signal);
  await until('some to be found', () => state.asked > 20);
  state.last = Date.now();
  const stuck = state.asked;
  await until('the next to be waited for', () => state.asked > stuck + 5);
  stop.abort();
  expect((await found).at(-1)!.ms).toBeNull();
  expect(await hostFreshness(url, 1, PERIOD_MS, 100, stop.signal)).toMatchObject([{ ms: null }]);
  server!.close();
  expect(await hostFreshness(await core(newest, []), 1, PERIOD_MS, 100, stop.signal)).toMatchObject([{ ms: null }]);
});
