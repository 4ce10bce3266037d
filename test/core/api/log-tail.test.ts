import { afterAll, beforeAll, expect, test } from 'vitest';
import { TestCore } from '../../support/core/core.ts';
import { TestHost } from '../../support/core/host.ts';
import type { TestRelay } from '../../support/core/relay.ts';
import { EventStream } from '../../support/event-stream.ts';
import { until } from '../../support/until.ts';

let core: TestCore;
let relay: TestRelay;
const host = new TestHost('web-1');
const other = new TestHost('web-2');

beforeAll(async () => {
  core = await (await TestCore.make()).start();
  relay = await (await core.relay()).hello('north');
});
afterAll(() => core.remove());

function tail(parameters: Record<string, string> = {}, last?: string): EventStream {
  return new EventStream(core.url('/api/v1/logs/tail', parameters), last);
}

const send = (message: string, more: { host?: TestHost; service?: string; level?: string; time?: number } = {}) =>
  relay.deliver('log', [(more.host ?? host).lines('log', [{ message, time: Date.now(), ...more }])]);

const opened = (stream: EventStream) => until('the tail to open', () => stream.comments > 0);

test('lines come as they are stored, and only those that fit', async () => {
  const all = tail();
  const some = tail({ q: '"card" declined', host: 'web-1', service: 'shop', level: 'warning' });
  await Promise.all([opened(all), opened(some)]);
  await send('card declined', { service: 'shop', level: 'warning' });
  await send('card declined by web-2', { host: other, service: 'shop', level: 'warning' });
  await send('card declined, info', { service: 'shop' });
  // Of yesterday, and told all the same.
  await send('card was declined', { service: 'shop', level: 'warning', time: Date.now() - 86_400_000 });
  await until('four lines', () => all.events.length === 4);
  await until('two of them', () => some.events.length === 2);
  expect(some.messages()).toEqual(['card declined', 'card was declined']);
  expect(JSON.parse(some.events[0]!.data)).toMatchObject({ 'host.name': 'web-1', site: 'north', fields: {} });
  all.close();
  some.close();
});

test('it goes on where it was: what was stored meanwhile comes, and nothing twice', async () => {
  const stays = tail();
  const goes = tail();
  await Promise.all([opened(stays), opened(goes)]);
  await send('first');
  await until('the first line', () => goes.events.length === 1);
  goes.close();
  await send('second');
  await until('the second line', () => stays.events.length === 2);
  const back = tail({}, goes.events[0]!.id);
  await until('the second line, again', () => back.events.length === 1);
  await send('third');
  await until('the third line', () => back.events.length === 2);
  expect(back.messages()).toEqual(['second', 'third']);
  back.close();
  stays.close();
});

test('it goes on over a restart of the core, by what the store has', async () => {
  const before = tail({ q: 'restart' });
  await opened(before);
  await send('restart one');
  await until('a line', () => before.events.length === 1);
  const { id } = before.events[0]!;
  before.close();
  await core.stop();
  await core.start();
  relay = await (await core.relay()).hello('north');
  await send('restart two', { host: new TestHost('web-3') });
  await until(
    'both lines are searchable',
    async () => (await core.get<{ lines: unknown[] }>('/api/v1/logs', { q: 'restart' })).lines.length === 2,
  );
  const after = tail({ q: 'restart' }, id);
  await until('the line of meanwhile', () => after.messages().includes('restart two'));
  // Lines of the last instant may come again; a reader knows them by their id.
  const seen = [...before.events, ...after.events].map(({ data }) => (JSON.parse(data) as { id: string }).id);
  expect(new Set(seen).size).toBe(2);
  after.close();
});

test('a reader who does not read is told how many lines were left out, and holds nobody up', async () => {
  const slow = tail();
  const quick = tail();
  await Promise.all([opened(slow), opened(quick)]);
  slow.pause();
  const bulk = new TestHost('bulk');
  const text = 'x'.repeat(50_000);
  const told = (stream: EventStream) =>
    stream.events
      .filter(({ event }) => event === 'skipped')
      .reduce((sum, { data }) => sum + (JSON.parse(data) as { lines: number }).lines, 0);
  let sent = 0;
  // More than the sockets' own buffers and what the core keeps for a reader.
  for (let frame = 0; frame < 24; frame++) {
    const lines = Array.from({ length: 15 }, () => ({ message: `${++sent} ${text}`, time: Date.now() }));
    await relay.deliver('log', [bulk.lines('log', lines)]);
    await until('the quick one to have them', () => quick.messages().length === sent);
  }
  slow.resume();
  // The newest are what it gets.
  await send('the end');
  await until('the end', () => slow.messages().includes('the end'));
  expect(told(quick)).toBe(0);
  expect(told(slow)).toBeGreaterThan(0);
  const numbered = slow.messages().filter((message) => message.endsWith('x')).length;
  expect(numbered + told(slow)).toBeGreaterThanOrEqual(sent);
  slow.close();
  quick.close();
}, 300_000);

test('a hundred tails and no more; one that closes makes room', async () => {
  await until('none to be open', () => /heliograph_core_log_tails 0\n/.test(core.registry.render()));
  const streams = Array.from({ length: 100 }, () => tail());
  await until('all to open', () => streams.every((stream) => stream.comments > 0));
  const refused = await fetch(core.url('/api/v1/logs/tail'));
  expect(refused.status).toBe(503);
  expect(await refused.json()).toMatchObject({ errorType: 'unavailable', code: 'HG_API_TAILS' });
  streams.pop()!.close();
  const next = await until('room for another', async () => {
    const stream = tail();
    await until('an answer', () => stream.status !== 0);
    return stream.status === 200 ? stream : null;
  });
  for (const stream of [...streams, next]) stream.close();
  await until('none to be open', () => /heliograph_core_log_tails 0\n/.test(core.registry.render()));
});

test('a core that stops ends its tails', async () => {
  const stream = tail();
  await opened(stream);
  await core.stop();
  await core.start();
});
