import { afterEach, expect, test } from 'vitest';
import type { PrometheusAnswer, Vector } from '../../support/core/answers.ts';
import { TwoTiers } from '../../support/two-tiers.ts';
import { until } from '../../support/until.ts';
import { post, writeRequest } from './prometheus.ts';

let tiers: TwoTiers;
afterEach(() => tiers?.close());

test('while the journal is full clients are told when to come again; what was taken before is stored, and then there is room again', async () => {
  tiers = await TwoTiers.open({
    core: {},
    relay: {
      doors: { http: { listen: '127.0.0.1:0' }, limits: { requestsPerSecond: 1e6, burst: 1e6 } },
      journal: { maxBytes: '256KiB', segmentBytes: '16KiB' },
    },
  });
  const door = tiers.relay.addresses.doors;
  tiers.paced.gone = true;
  const now = Date.now();
  let taken = 0;
  const send = (i: number) => {
    const labels = (s: number) => ({ __name__: 'fill', s: `${s}` });
    const samples = [[now - 600_000 + i * 100, Math.sin(i)]] as const;
    return post(
      door,
      '/api/v1/write',
      writeRequest(Array.from({ length: 256 }, (_, s) => ({ labels: labels(s), samples }))),
    );
  };
  const refused = await until(
    'a refusal',
    async () => {
      const answer = await send(taken);
      if (answer.status !== 204) return answer;
      taken++;
      return null;
    },
    { everyMs: 0 },
  );
  expect([429, 503]).toContain(refused.status);
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(await refused.text()).toMatch(/HG_(DOOR_PRESSURE|JOURNAL_FULL)/);
  expect(taken).toBeGreaterThan(10);
  tiers.paced.gone = false;
  await until('room again', async () => (await send(taken)).status === 204);
  await until('every sample', async () => {
    const query = `count(count_over_time(fill[20m]) == ${taken + 1})`;
    const { data } = await tiers.core.get<PrometheusAnswer<Vector>>('/api/v1/query', { query });
    return data.result[0]?.value[1] === '256';
  });
});
