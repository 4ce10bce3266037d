import { afterEach, beforeEach, expect, test } from 'vitest';
import { alertKey } from '../../../../lib/alerts/alert-key.ts';
import { AlertReceiver } from '../../../support/alert-receiver.ts';
import { until } from '../../../support/until.ts';
import { folder, held, maker, notifying, TestClock } from './notifications.ts';

const cleanups: (() => unknown)[] = [];
let ops: AlertReceiver;
let boss: AlertReceiver;
let clock: TestClock;
beforeEach(async () => {
  [ops, boss] = await Promise.all([new AlertReceiver().listen(), new AlertReceiver().listen()]);
  cleanups.push(
    () => ops.close(),
    () => boss.close(),
  );
  clock = new TestClock();
});
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

const receivers = () => [
  { name: 'ops', webhook: { url: `${ops.url}/hook` } },
  { name: 'boss', webhook: { url: `${boss.url}/hook` } },
];
const start = async (config: object, directory = folder(cleanups)) => {
  const started = await notifying(directory, { groupWait: '50ms', groupInterval: '200ms', ...config }, { clock });
  cleanups.push(() => started.close());
  return started;
};
/** That a message was taken is written down a moment after the receiver has it: before that no time may pass. */
const written = (core: Awaited<ReturnType<typeof start>>) => {
  let sent = 0;
  core.onSent(() => sent++);
  return (count: number) => until(`${count} written`, () => sent === count);
};
const settle = (receiver: AlertReceiver, told: string[]) =>
  until(`${told.join(', ')}; had ${receiver.told.join(', ')}`, () => receiver.told.join() === told.join());

test('an alert is told once, then again when it changes in its group, and its end', async () => {
  const core = await start({ receivers: receivers(), to: 'ops' });
  core.hold(held('a'), held('b'));
  await settle(ops, ['firing a', 'firing b']);
  core.hold(held('a'), held('b'), held('c'));
  await until('the group with c', () => ops.posted.length === 2);
  expect(ops.told.slice(2).sort()).toEqual(['firing a', 'firing b', 'firing c']);
  core.hold(held('b'), held('c'));
  await until('the end of a', () => ops.posted.length === 3);
  expect(ops.told.slice(5).sort()).toEqual(['firing b', 'firing c', 'resolved a']);
  core.hold();
  await until('the end of the others', () => ops.posted.length === 4);
  expect(ops.told.slice(8).sort()).toEqual(['resolved b', 'resolved c']);
  expect((ops.posted[3]!.body as { status: string }).status).toBe('resolved');
  expect(new Set(ops.posted.map(({ headers }) => headers['idempotency-key'])).size).toBe(4);
  const keys = (instance: string) =>
    new Set(ops.alerts.filter(({ labels }) => labels.instance === instance).map(({ key }) => key));
  expect([keys('a').size, keys('b').size, boss.requests]).toEqual([1, 1, 0]);
});

test('what is over before anybody was told is told to nobody', async () => {
  const core = await start({ receivers: receivers(), to: 'ops', groupWait: '1s' });
  core.hold(held('a'));
  core.hold(held('b'));
  await settle(ops, ['firing b']);
});

test('routes: the first that fits, others with continue, the rest to `to`; groups by labels', async () => {
  const core = await start({
    receivers: receivers(),
    to: 'boss',
    groupBy: ['site'],
    routes: [
      { match: 'severity="none"', to: 'boss' },
      { match: ['severity=~"crit.*"', 'team!="x"'], to: 'ops', continue: true },
      { match: '{severity="critical"}', to: ['boss', 'ops'] },
    ],
  });
  core.hold(
    held('a', { severity: 'critical', site: 'n' }),
    held('b', { severity: 'crit', site: 'n' }),
    held('c', { severity: 'crit', team: 'x', site: 'n' }),
    held('d', { severity: 'crit', site: 's' }),
  );
  await until('all', () => ops.alerts.length === 3 && boss.alerts.length === 2);
  expect(ops.told.sort()).toEqual(['firing a', 'firing b', 'firing d']);
  expect(boss.told.sort()).toEqual(['firing a', 'firing c']);
  const groups = ops.posted.map(({ body }) => (body as { groupLabels: object }).groupLabels);
  expect(groups).toContainEqual({ site: 'n' });
  expect(groups).toContainEqual({ site: 's' });
});

test('repeats come after their time, and an acknowledgement stops them until it is taken back', async () => {
  const core = await start({ receivers: receivers(), to: 'ops', repeatInterval: '1h' });
  const wrote = written(core);
  core.hold(held('a'));
  await settle(ops, ['firing a']);
  await wrote(1);
  clock.forward(3_600_000);
  await settle(ops, ['firing a', 'firing a']);
  await wrote(2);
  const [alert] = [...core.book.all()];
  await core.acks.give({ key: alertKey(alert!), note: 'I look' }, 'alice');
  expect(core.notifier.standing(alert!).acknowledged).toMatchObject({ by: 'alice', note: 'I look' });
  clock.forward(3_600_000);
  core.hold(held('a'), held('b', { alertname: 'Other' }));
  await until('the other', () => ops.told.includes('firing b'));
  expect(ops.told).toEqual(['firing a', 'firing a', 'firing b']);
  await core.acks.take({ key: alertKey(alert!) });
  await settle(ops, ['firing a', 'firing a', 'firing b', 'firing a']);
  await expect(core.acks.give({ key: 'none' }, 'alice')).rejects.toThrow(/HG_ALERT_UNKNOWN/);
  await expect(core.acks.give({ note: 1 }, 'alice')).rejects.toThrow(/HG_ALERT_ACK/);
});

test('escalation: who is next hears after a time, unless somebody acknowledged; and of the end', async () => {
  const core = await start({
    receivers: receivers(),
    to: 'ops',
    groupBy: ['...'],
    escalate: [{ after: '15m', to: 'boss' }],
  });
  core.hold(held('a'), held('b'));
  await until('both', () => ops.alerts.length === 2);
  const b = [...core.book.all()].find(({ labels }) => labels.instance === 'b');
  await core.acks.give({ key: alertKey(b!) }, 'alice');
  expect(boss.requests).toBe(0);
  clock.forward(15 * 60_000);
  await settle(boss, ['firing a']);
  core.hold();
  await settle(boss, ['firing a', 'resolved a']);
  await until('the ends', () => ops.alerts.length === 4);
  // An acknowledgement is of one alert: the next of the same labels is nobody's.
  core.hold(held('b'));
  await until('b again', () => ops.told.filter((one) => one === 'firing b').length === 2);
  expect(core.notifier.standing([...core.book.all()].find(({ state }) => state === 'firing')!).acknowledged).toBeNull();
});

test('silences: nobody is told while one is in force, its end is the end; matchers of all four kinds', async () => {
  const core = await start({ receivers: receivers(), to: 'ops', groupBy: ['...'] });
  const matchers = [
    { name: 'instance', value: 'a|b', isRegex: true, isEqual: true },
    { name: 'team', value: 'x.*', isRegex: true, isEqual: false },
    { name: 'site', value: 'south', isEqual: false },
    { name: 'alertname', value: 'Full' },
  ];
  const form = (more: object = {}) => ({
    matchers,
    comment: 'the disk is being swapped',
    endsAt: new Date(clock.now() + 3_600_000).toISOString(),
    ...more,
  });
  const silence = await core.silences.give(form(), 'alice');
  core.hold(held('a'), held('b', { team: 'xy' }), held('b', { site: 'south' }), held('c'));
  await until('the others', () => ops.alerts.length === 3);
  expect(ops.told.sort()).toEqual(['firing b', 'firing b', 'firing c']);
  const a = [...core.book.all()].find(({ labels }) => labels.instance === 'a')!;
  expect(core.notifier.standing(a)).toMatchObject({ silencedBy: [silence.id], notifiedAt: null });
  clock.forward(3_600_000);
  await until('a after the silence', () => ops.told.includes('firing a'));
  expect(core.silences.stateOf(silence)).toBe('expired');

  const second = await core.silences.give(form(), 'bob');
  await core.silences.expire(second.id);
  expect(core.silences.all().map((one) => [one.createdBy, core.silences.stateOf(one)])).toEqual([
    ['bob', 'expired'],
    ['alice', 'expired'],
  ]);
  const refused = async (body: unknown) =>
    core.silences.give(body, 'x').then(
      () => null,
      (error: { code: string }) => error.code,
    );
  expect(await refused(form({ endsAt: new Date(clock.now() - 1).toISOString() }))).toBe('HG_ALERT_SILENCE');
  expect(await refused(form({ matchers: [{ name: 'a', value: '' }] }))).toBe('HG_ALERT_SILENCE');
  expect(await refused(form({ matchers: [{ name: 'a', value: '(', isRegex: true }] }))).toBe('HG_ALERT_SILENCE');
  expect(await refused({})).toBe('HG_ALERT_SILENCE');
  expect(await refused(form({ id: 'none' }))).toBe('HG_ALERT_UNKNOWN');
  await expect(core.silences.expire('none')).rejects.toThrow(/HG_ALERT_UNKNOWN/);
});

test('inhibition: while one fires others with equal labels are quiet, and told when it ends', async () => {
  const inhibit = [{ source: 'severity="critical"', target: 'severity="warning"', equal: ['instance'] }];
  const core = await start({ receivers: receivers(), to: 'ops', groupBy: ['...'], inhibit });
  const critical = held('a', { severity: 'critical' });
  core.hold(critical, held('a', { severity: 'warning' }), held('b', { severity: 'warning' }));
  await until('two', () => ops.alerts.length === 2);
  expect(ops.alerts.map(({ labels }) => `${labels.instance} ${labels.severity}`).sort()).toEqual([
    'a critical',
    'b warning',
  ]);
  core.hold(held('a', { severity: 'warning' }), held('b', { severity: 'warning' }));
  await until('the warning of a', () => ops.alerts.length === 4);
  expect(ops.told.slice(2).sort()).toEqual(['firing a', 'resolved a']);
});

test('a receiver that fails, refuses or hangs holds nobody else up, is tried again, counted and shown', async () => {
  ops.status = 500;
  boss.hangs = true;
  const third = await new AlertReceiver().listen();
  cleanups.push(() => third.close());
  const core = await start({
    receivers: [
      { name: 'ops', webhook: { url: ops.url } },
      { name: 'boss', webhook: { url: boss.url, timeout: '2s' } },
      { name: 'third', webhook: { url: third.url } },
    ],
  });
  core.hold(held('a'));
  await settle(third, ['firing a']);
  await until('tries', () => ops.requests > 1 && boss.requests > 1);
  // Nobody knows whether those came, so they have one key.
  expect(new Set(boss.posted.map(({ headers }) => headers['idempotency-key'])).size).toBe(1);
  const shown = Object.fromEntries(core.receivers().receivers.map((one) => [one.name, one]));
  expect(shown.ops).toMatchObject({
    state: 'failing',
    lastError: { message: 'it answered 500' },
    lastSuccess: null,
    waiting: 1,
  });
  expect(shown.boss).toMatchObject({ state: 'failing', lastError: { message: 'no answer in time' } });
  expect(shown.third).toMatchObject({ state: 'idle', counts: { sent: 1, failed: 0 }, waiting: 0 });
  expect(core.registry.render()).toContain('heliograph_core_notifications_total{receiver="third",fate="sent"} 1');
  // Ten minutes later both are well again, and hear what is so then.
  clock.forward(600_000);
  core.hold(held('b'));
  ops.status = 200;
  boss.letGo();
  await until('b', () => ops.told.includes('firing b') && boss.told.includes('firing b'));
  // Whoever may have heard of a hears of its end; who surely did not does not.
  await until('the end of a', () => boss.told.includes('resolved a'));
  expect(ops.told).toEqual(['firing b']);
});

test('a message that is refused waits for itself; other groups do not', async () => {
  const core = await start({ receivers: receivers(), to: 'ops', groupBy: ['instance'] });
  ops.status = 400;
  core.hold(held('a'));
  await until('a refusal', () => ops.requests === 1);
  await until('it is counted', () => core.receivers().receivers[0]!.counts.refused === 1);
  ops.status = 200;
  core.hold(held('a'), held('b'));
  await settle(ops, ['firing b']);
  clock.forward(60_000);
  await settle(ops, ['firing b', 'firing a']);
});

test('2,000 alerts at once come in messages of 200, each alert once', async () => {
  const core = await start({ receivers: receivers(), to: 'ops', groupWait: '100ms', groupInterval: '1ms' });
  core.hold(...Array.from({ length: 2000 }, (_, i) => held(`host-${i}`)));
  await until('all', () => new Set(ops.told).size === 2000);
  expect(ops.posted.length).toBe(10);
  expect(ops.posted.every(({ body }) => (body as { alerts: unknown[] }).alerts.length === 200)).toBe(true);
});

test('a clock that is set back or forward an hour neither repeats nor delays', async () => {
  const core = await start({ receivers: receivers(), to: 'ops', groupBy: ['...'], repeatInterval: '2h' });
  core.hold(held('a'));
  await settle(ops, ['firing a']);
  clock.set(-3_600_000);
  core.hold(held('a'), held('b'));
  await settle(ops, ['firing a', 'firing b']);
  clock.set(7_200_000);
  core.hold(held('a'), held('b'), held('c'));
  await settle(ops, ['firing a', 'firing b', 'firing c']);
});

test('who was told survives a restart: nothing is told twice, ends are, and acknowledgements and silences stay', async () => {
  const directory = folder(cleanups);
  const config = { receivers: receivers(), to: 'ops', groupBy: ['...'], repeatInterval: '1h' };
  const first = await start(config, directory);
  first.hold(held('a'), held('b'));
  await until('both', () => ops.alerts.length === 2);
  await first.acks.give({ key: alertKey([...first.book.all()][0]!) }, 'alice');
  const matchers = [{ name: 'instance', value: 'c' }];
  await first.silences.give({ matchers, comment: 'x', endsAt: '2999-01-01T00:00:00Z' }, 'alice');
  await first.close();

  const second = await start(config, directory);
  const wrote = written(second);
  second.hold(held('a'), held('b'), held('c'), held('d'));
  await until('d', () => ops.alerts.length === 3);
  await wrote(1);
  expect(ops.told[2]).toBe('firing d');
  clock.forward(3_600_000);
  await until('repeats', () => ops.alerts.length === 5);
  expect(ops.told.slice(3).sort()).toEqual(['firing b', 'firing d']);
  second.hold();
  await until('ends', () => ops.alerts.length === 8);
  expect(ops.told.slice(5).sort()).toEqual(['resolved a', 'resolved b', 'resolved d']);
});

test('receivers that want no ends get none, and hear when it fires again', async () => {
  const [one] = receivers();
  const core = await start({ receivers: [{ ...one, sendResolved: false }] });
  core.hold(held('a'));
  await settle(ops, ['firing a']);
  // What is told of the other shows that the group has seen the end of this one.
  core.hold(held('b'));
  await until('the other', () => ops.posted.length === 2);
  expect(ops.told.slice(1)).toEqual(['firing b']);
  core.hold(held('a'), held('b'));
  await until('both', () => ops.posted.length === 3);
  expect(ops.told.slice(2).sort()).toEqual(['firing a', 'firing b']);
});

test('one that pends anew before its end was told: the end is told, and when it fires again that is', async () => {
  const core = await start({ receivers: receivers(), to: 'ops', groupInterval: '1s' });
  core.hold(held('a'));
  await settle(ops, ['firing a']);
  core.hold();
  core.book.hold({ ...maker, forMs: 60_000 }, [held('a')], clock.now());
  core.book.commit(clock.now());
  await settle(ops, ['firing a', 'resolved a']);
  core.hold();
  core.hold(held('a'));
  await settle(ops, ['firing a', 'resolved a', 'firing a']);
});
