import { afterEach, expect, test } from 'vitest';
import { AlertReceiver } from '../../../support/alert-receiver.ts';
import { until } from '../../../support/until.ts';
import { folder, held, maker, notifying, TestClock } from './notifications.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

interface Sent {
  readonly labels: { readonly instance: string };
  readonly startsAt: string;
  readonly endsAt: string;
}

const alertmanager = async () => {
  const one = await new AlertReceiver().listen();
  cleanups.push(() => one.close());
  return one;
};
const batches = (of: AlertReceiver) => of.posted.map(({ body }) => body as Sent[]);
const start = async (config: object) => {
  const clock = new TestClock();
  const core = await notifying(folder(cleanups), config, { clock });
  cleanups.push(() => core.close());
  return core;
};

test('every Alertmanager gets every alert, again each minute, good for four; and its end for a quarter of an hour', async () => {
  const [one, two] = [await alertmanager(), await alertmanager()];
  const core = await start({ alertmanagers: [one.url, { url: `${two.url}/` }] });
  core.hold(held('a'));
  await until('both', () => one.posted.length === 1 && two.posted.length === 1);
  expect(one.posted[0]!.path).toBe('/api/v2/alerts');
  expect(two.posted[0]!.path).toBe('/api/v2/alerts');
  const [first] = batches(one)[0]!;
  const goodFor = Date.parse(first!.endsAt) - core.clock.now();
  expect(goodFor).toBeGreaterThan(200_000);
  expect(goodFor).toBeLessThanOrEqual(240_000);
  const sent = (count: number) =>
    until('it is known that it came', () => core.receivers().receivers[0]!.counts.sent === count);
  await sent(1);
  core.clock.forward(60_000);
  await until('again', () => one.posted.length === 2);
  expect(batches(one)[1]![0]!.startsAt).toBe(first!.startsAt);
  await sent(2);
  core.hold();
  await until('the end', () => one.posted.length === 3);
  const ended = batches(one)[2]![0]!.endsAt;
  expect(Date.parse(ended)).toBeLessThanOrEqual(core.clock.now());
  await sent(3);
  core.clock.forward(60_000);
  await until('the end again', () => one.posted.length === 4);
  expect(batches(one)[3]![0]!.endsAt).toBe(ended);
  await sent(4);
  core.clock.forward(15 * 60_000);
  core.hold(held('b'));
  await until('b', () => one.posted.length === 5);
  expect(batches(one)[4]!.map(({ labels }) => labels.instance)).toEqual(['b']);
});

test('after the clock was set back an hour alerts begin before they end, and no end is one to come', async () => {
  const one = await alertmanager();
  const core = await start({ alertmanagers: [one.url] });
  core.hold(held('a'));
  const sent = (count: number) =>
    until('it is known that it came', () => core.receivers().receivers[0]!.counts.sent === count);
  await sent(1);
  core.clock.set(-3_600_000);
  core.clock.forward(60_000);
  await sent(2);
  core.hold();
  await sent(3);
  for (const { startsAt, endsAt } of batches(one).flat().slice(1)) {
    expect(Date.parse(startsAt)).toBeLessThanOrEqual(core.clock.now());
    expect(Date.parse(startsAt)).toBeLessThanOrEqual(Date.parse(endsAt));
  }
  expect(Date.parse(batches(one)[2]![0]!.endsAt)).toBeLessThanOrEqual(core.clock.now());
});

test('alerts that it refuses are counted and keep no others from it', async () => {
  const one = await alertmanager();
  const core = await start({ alertmanagers: [one.url] });
  // The first batch of three is refused, each time.
  one.statusOf = (body) => ((body as Sent[]).some(({ labels }) => labels.instance === 'host-0') ? 400 : 200);
  core.hold(...Array.from({ length: 150 }, (_, i) => held(`host-${i}`)));
  await until('the others', () => batches(one).flat().length === 86);
  await until('all are asked for', () => one.requests === 3);
  const view = () => core.receivers().receivers[0]!;
  await until('counted', () => view().counts.refused === 1 && view().counts.sent === 2);
  expect(view().lastError!.message).toBe('it answered 400');
  core.clock.forward(60_000);
  await until('again', () => view().counts.refused === 2 && view().counts.sent === 4);
  one.statusOf = null;
  core.clock.forward(60_000);
  await until('all', () => batches(one).flat().length === 86 * 2 + 150);
});

test('one that is down for ten minutes holds up no other and hears all when it is back, 64 in a request', async () => {
  const [one, two] = [await alertmanager(), await alertmanager()];
  one.status = 503;
  const core = await start({ alertmanagers: [one.url, two.url] });
  const many = Array.from({ length: 150 }, (_, i) => held(`host-${i}`));
  core.hold(...many);
  await until('the other', () => batches(two).flat().length === 150);
  expect(batches(two).map(({ length }) => length)).toEqual([64, 64, 22]);
  const [failing] = core.receivers().receivers;
  expect(failing).toMatchObject({ kind: 'alertmanager', state: 'failing', lastError: { message: 'it answered 503' } });
  core.clock.forward(600_000);
  one.status = 200;
  await until(
    'all',
    () =>
      new Set(
        batches(one)
          .flat()
          .map(({ labels }) => labels.instance),
      ).size === 150,
  );
  await until('it is seen to be well', () => {
    const { state, waiting } = core.receivers().receivers[0]!;
    return state === 'idle' && waiting === 0;
  });
});

test('what a rule found is told again after an evaluation, not between two; when evaluations fail it is told all the same, and good for four of them', async () => {
  const one = await alertmanager();
  const core = await start({ alertmanagers: [one.url], externalUrl: 'https://core.example/' });
  const minutes = (count: number) => core.clock.forward(count * 60_000);
  const rule = { ...maker, forMs: 30_000, everyMs: 120_000, query: 'disk > 0.9' };
  const sent = (count: number) =>
    until(`${count} sent`, () => core.receivers().receivers[0]!.counts.sent === count && one.posted.length === count);
  const evaluate = () => {
    const at = core.clock.now();
    core.book.hold(rule, [held('a')], at);
    core.book.commit(at);
    return Math.floor(at);
  };
  evaluate();
  minutes(2);
  const firedAt = evaluate();
  await sent(1);
  // Due by the minute, and not evaluated since: nothing is sent, look after look, until it is.
  minutes(1.5);
  const from = core.clock.mono();
  await until('many looks', () => core.clock.mono() - from > 1_500);
  expect(one.posted).toHaveLength(1);
  minutes(0.5);
  evaluate();
  await sent(2);
  minutes(5);
  await sent(3);
  const now = core.clock.now();
  for (const alert of batches(one).flat()) expect(Date.parse(alert.startsAt)).toBe(firedAt);
  const goodFor = Date.parse(batches(one)[2]![0]!.endsAt) - now;
  expect(goodFor).toBeGreaterThan(7 * 60_000);
  expect(goodFor).toBeLessThanOrEqual(8 * 60_000);
  expect(batches(one)[0]![0]).toMatchObject({ generatorURL: 'https://core.example/explore?query=disk+%3E+0.9' });
});
