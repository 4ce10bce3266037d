import { afterAll, beforeAll, expect, test } from 'vitest';
import { HOST_RULE } from '../../../proto/sketches.ts';
import { SPOKEN_INSTANCE } from '../../../proto/spoken-instance.ts';
import type { PrometheusAnswer, Vector } from '../../support/core/answers.ts';
import { TestCore } from '../../support/core/core.ts';
import { TestHost } from '../../support/core/host.ts';
import type { TestRelay } from '../../support/core/relay.ts';
import { windowEntry, windowOf } from '../../support/core/sketches.ts';
import { until } from '../../support/until.ts';

let core: TestCore;
beforeAll(async () => {
  core = await (await TestCore.make()).start({ limits: { definitionWait: '300ms' } });
});
afterAll(() => core.remove());

const relayOf = async (name: string, grantsSince: number): Promise<TestRelay> =>
  (await core.relay(name)).hello('north', name, { worker: 0, workers: 1 }, grantsSince);

async function labelsOf(query: string): Promise<Record<string, string>[]> {
  const answer = await core.get<PrometheusAnswer<Vector>>('/api/v1/query', { query });
  return answer.data.result.map(({ metric }) => metric as Record<string, string>);
}

const unchecked = (relay: string) =>
  Number(
    new RegExp(`heliograph_core_unchecked_instances_total\\{relay="${relay}"\\} (\\d+)`).exec(
      core.registry.render(),
    )?.[1] ?? 0,
  );

/** A series about a switch, one of the host itself, and one that says twice whose it is. */
function pageOf(host: TestHost, name: string) {
  return host.page([
    { name, labels: { [SPOKEN_INSTANCE]: 'switch-1' } },
    { name: `${name}_own` },
    { name: `${name}_twice`, labels: { [SPOKEN_INSTANCE]: 'switch-1', exported_instance: 'port-1' } },
  ]);
}

test('a relay that does not say that it checks grants is not believed whose a series is: the name is exported_instance, and counted', async () => {
  const relay = await relayOf('relay-old', 0);
  const host = new TestHost('poller-1');
  const page = pageOf(host, 'old');
  relay.define('poller-1', page);
  expect(await relay.deliver('metric', [host.metrics(page, [[Date.now(), [1, 2, 3]]])])).toEqual({
    kind: 'acknowledged',
  });
  const own = { instance: 'poller-1', site: 'north' };
  expect(await labelsOf('old')).toEqual([{ __name__: 'old', exported_instance: 'switch-1', ...own }]);
  expect(await labelsOf('old_own')).toEqual([{ __name__: 'old_own', ...own }]);
  const both = { exported_instance: 'port-1', exported_exported_instance: 'switch-1' };
  expect(await labelsOf('old_twice')).toEqual([{ __name__: 'old_twice', ...both, ...own }]);
  expect(unchecked('relay-old')).toBe(1);
  // Nothing is to be said of one that speaks for itself.
  const plain = host.page([{ name: 'plain' }]);
  relay.define('poller-1', plain);
  await relay.deliver('metric', [host.metrics(plain, [[Date.now(), [1]]])]);
  expect(unchecked('relay-old')).toBe(1);
  const window = windowOf(1, 10, Date.now(), { rule: HOST_RULE });
  const groups = window.groups.map(({ distribution }) => ({
    series: { name: 'lat', labels: [[SPOKEN_INSTANCE, 'switch-1'] as const] },
    distribution,
  }));
  expect(await relay.deliver('metric', [windowEntry({ ...window, groups }, 1, 'poller-1')])).toEqual({
    kind: 'acknowledged',
  });
  expect(await labelsOf('lat_host_samples')).toMatchObject([{ exported_instance: 'switch-1', instance: 'poller-1' }]);
  expect(unchecked('relay-old')).toBe(2);
  relay.close();
});

test('one that checks is believed, but for what it had taken in before it did', async () => {
  const since = Date.now() - 60_000;
  const relay = await relayOf('relay-new', since);
  const host = new TestHost('poller-2');
  const page = pageOf(host, 'new');
  relay.define('poller-2', page);
  const now = Date.now();
  const before = { ...host.metrics(page, [[now - 90_000, [1, 2, 3]]]), received: since - 1 };
  const after = host.metrics(page, [[now, [1, 2, 3]]]);
  expect(await relay.deliver('metric', [before, { ...after, received: since }])).toEqual({ kind: 'acknowledged' });
  expect(await labelsOf('new')).toContainEqual({ __name__: 'new', instance: 'switch-1', site: 'north' });
  expect(await labelsOf('new_own')).toEqual([{ __name__: 'new_own', instance: 'poller-2', site: 'north' }]);
  expect(unchecked('relay-new')).toBe(1);
  expect(await labelsOf('new offset 80s')).toEqual([
    { __name__: 'new', exported_instance: 'switch-1', instance: 'poller-2', site: 'north' },
  ]);
  relay.close();
});

test.each([
  ['relay-x', 0, { exported_instance: 'switch-1', instance: 'poller-relay-x' }],
  ['relay-y', 1, { instance: 'switch-1' }],
] as const)(
  'a dead letter of %s keeps whether it was checked, whoever is connected when it is replayed',
  async (name, grants, labels) => {
    const relay = await relayOf(name, grants);
    const host = new TestHost(`poller-${name}`);
    const metric = `letter_${grants}`;
    const page = pageOf(host, metric);
    expect(await relay.deliver('metric', [host.metrics(page, [[Date.now(), [1, 2, 3]]])])).toEqual({
      kind: 'acknowledged',
    });
    relay.close();
    const other = await relayOf(name, grants === 0 ? 1 : 0);
    other.define(host.name, page);
    const ids = async () =>
      (await core.get<{ letters: { id: string; host: string }[] }>('/api/v1/deadletters')).letters
        .filter((letter) => letter.host === host.name)
        .map(({ id }) => id);
    await until('the letter is there', async () => (await ids()).length === 1);
    const answer = await fetch(core.url('/api/v1/deadletters/replay'), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ filter: { ids: await ids() } }),
    });
    expect(answer.status).toBe(200);
    await until('it is stored', async () => (await labelsOf(metric)).length > 0);
    expect(await labelsOf(metric)).toEqual([{ __name__: metric, site: 'north', ...labels }]);
    other.close();
  },
);
