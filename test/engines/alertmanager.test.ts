import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { folder, held, notifying, TestClock } from '../core/alerts/notify/notifications.ts';
import { AlertReceiver } from '../support/alert-receiver.ts';
import { Engine } from '../support/engine.ts';
import { until } from '../support/until.ts';

/** A real Alertmanager, which tells a webhook of ours what it makes of what it is told. */
const cleanups: (() => unknown)[] = [];
let engine: Engine;
let behind: AlertReceiver;

const REPEAT_S = 4;

beforeAll(async () => {
  behind = await new AlertReceiver().listen();
  cleanups.push(() => behind.close());
  const file = join(folder(cleanups), 'alertmanager.yml');
  writeFileSync(
    file,
    `route: {receiver: hook, group_by: [instance], group_wait: 0s, group_interval: 1s, repeat_interval: ${REPEAT_S}s}
receivers:
  - name: hook
    webhook_configs: [{url: '${behind.url}', send_resolved: true}]
`,
  );
  engine = await Engine.start('alertmanager', {}, [file]);
  cleanups.push(() => engine.stop());
});
afterAll(async () => {
  for (const clean of cleanups.reverse()) await clean();
});

interface Known {
  readonly labels: { readonly instance: string };
  readonly fingerprint: string;
  readonly startsAt: string;
  readonly endsAt: string;
}

const known = async () => (await (await fetch(`${engine.values.ALERTMANAGER_URL}/api/v2/alerts`)).json()) as Known[];

test('a real Alertmanager receives alerts, knows them by our fingerprint, tells of each once, repeats as it is told to, and of the end', async () => {
  const clock = new TestClock();
  const config = { alertmanagers: [engine.values.ALERTMANAGER_URL], resend: '2s' };
  const core = await notifying(folder(cleanups), config, { clock });
  cleanups.push(() => core.close());
  core.hold(held('a', { severity: 'critical', text: 'ü "x"' }), held('b'));
  await until('both', async () => (await known()).length === 2);
  const ours = [...core.book.all()].map(({ fingerprint, activeAt }) => `${fingerprint} ${activeAt}`).sort();
  const theirs = (await known()).map(({ fingerprint, startsAt }) => `${fingerprint} ${Date.parse(startsAt)}`).sort();
  expect(theirs).toEqual(ours);
  await until('it tells of both', () => behind.told.length >= 2);
  // Sent again while it fires: good for four times as long as the longest look, from each time on.
  const before = Date.parse((await known())[0]!.endsAt);
  await until('a later end', async () => (await known()).every(({ endsAt }) => Date.parse(endsAt) > before));
  core.hold(held('b'));
  await until('it tells of the end of a', () => behind.told.includes('resolved a'));
  await until('it repeats b', () => behind.told.filter((one) => one === 'firing b').length >= 2);
  expect(behind.told).not.toContain('resolved b');
  expect(behind.told.filter((one) => one === 'resolved a')).toHaveLength(1);
  const end = behind.alerts.find(({ status }) => status === 'resolved')!;
  const [over] = [...core.book.all()].filter(({ state }) => state === 'resolved');
  expect(Date.parse(end.endsAt)).toBe(over!.resolvedAt);
  core.hold();
  await until('the end of b', () => behind.told.includes('resolved b'));
});

test('an Alertmanager that was killed and comes back empty hears of what fires', async () => {
  const core = await notifying(folder(cleanups), { alertmanagers: [engine.values.ALERTMANAGER_URL], resend: '2s' });
  cleanups.push(() => core.close());
  core.hold(held('c'));
  const has = async () => (await known()).some(({ labels }) => labels.instance === 'c');
  await until('c', has);
  await engine.kill();
  await until('it is seen', () => core.receivers().receivers[0]!.state === 'failing');
  await engine.restart();
  await until('c again', has);
  await until('well', () => core.receivers().receivers[0]!.state === 'idle');
});
