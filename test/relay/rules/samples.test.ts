import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { RelayStatus } from '../../../relay/status/contract.ts';
import { runCli } from '../../support/run-cli.ts';
import { until } from '../../support/until.ts';
import { sendSamples, sentPage } from '../rollup/samples.ts';
import { Place } from '../setup.ts';

let place: Place;
afterEach(() => place.close());

const PAGE = sentPage([
  { name: 'errors_total' },
  { name: 'node_filesystem_avail_bytes', labels: { mountpoint: '/' } },
  { name: 'node_filesystem_avail_bytes', labels: { mountpoint: '/var' } },
  { name: 'node_filesystem_size_bytes', labels: { mountpoint: '/' } },
  { name: 'node_filesystem_size_bytes', labels: { mountpoint: '/var' } },
  { name: 'unasked' },
]);

/** The worked example of the documentation. */
const documented = /```yaml\n(groups:[\s\S]*?)```/.exec(
  readFileSync(new URL('../../../docs/relay-rules.md', import.meta.url), 'utf8'),
)![1]!;

async function open(rules: string, more: object = {}): Promise<void> {
  place = new Place();
  writeFileSync(join(place.directory, 'rules.yaml'), rules);
  await place.open({
    rules: { file: join(place.directory, 'rules.yaml'), evaluateEvery: '100ms', restartGrace: '1ms', ...more },
  });
}

const state = async () => (JSON.parse(await place.page('/status.json')) as RelayStatus).rules!;

test("the documentation's example: a full disk, a rate, a silent host and an absent series", async () => {
  await open(documented.replaceAll(/for: \w+/g, 'for: 0s').replaceAll(/interval: \w+/g, 'interval: 1s'));
  const host = await place.connect('h1');
  const now = Date.now();
  await sendSamples(host, PAGE, 1, [
    [now - 60_000, 0, 4, 50, 100, 100, 1],
    [now - 1000, 600, 4, 50, 100, 100, 1],
  ]);
  const firing = await until('all that should fire do', async () => {
    const found = (await state()).firing;
    return found.length === 3 ? found : null;
  });
  const named = (name: string) => firing.find(({ labels }) => labels.alertname === name);
  expect(named('DiskAlmostFull')).toMatchObject({
    labels: { instance: 'h1', mountpoint: '/', site: 'north', severity: 'warning' },
    value: '0.04',
  });
  expect(Number(named('ManyErrors')!.value)).toBeGreaterThan(1);
  expect(named('NoBackups')).toMatchObject({ labels: { job: 'backup' }, value: '1' });
  expect((await state()).series).toBe(5);
  const { out } = await runCli(['relay', 'status', '--relay', `http://127.0.0.1:${place.relay.addresses.http}`]);
  expect(out).toContain('alerting rules 4 over 5 series; hosts known 1, away 0');
  expect(out).toMatch(/site\/DiskAlmostFull +0 +1/);
  expect(out).toMatch(/DiskAlmostFull\{instance="h1", mountpoint="\/", severity="warning", site="north"\} .*0\.04/);
  host.client.end(true);
  await until('the host is missed', async () =>
    (await state()).firing.some(({ labels }) => labels.alertname === 'HostSilent' && labels.instance === 'h1'),
  );
});

test('series beyond the bound are counted and not held, and a rule that fails leaves the others alone', async () => {
  await open(
    `groups: [{name: g, rules: [
      {alert: Fails, expr: 'node_filesystem_avail_bytes / on (instance) node_filesystem_size_bytes > 0'},
      {alert: Good, expr: errors_total > 1}]}]`,
    { maxSeries: 5 },
  );
  for (const name of ['h1', 'h2']) {
    const host = await place.connect(name);
    await sendSamples(host, PAGE, 1, [[Date.now(), 5, 1, 2, 3, 4, 5]]);
  }
  await until('the good one fires', async () => (await state()).firing.length === 1);
  await until('the other is told', async () => (await state()).rules[0]!.trouble !== null);
  expect((await state()).series).toBe(5);
  await until('what is not held is counted', async () => (await state()).refusedSamples === 5);
  expect(await place.metric('heliograph_relay_rules_samples{fate="no_room"}')).toBe(5);
});
