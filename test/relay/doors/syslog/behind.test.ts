import { randomBytes } from 'node:crypto';
import { afterEach, expect, test } from 'vitest';
import { until } from '../../../support/until.ts';
import { closed, SyslogPlace } from './place.ts';

let place: SyslogPlace;
afterEach(() => place.close());

const WAITING = 1024 * 1024;
const SMALL = { journal: { maxBytes: '4MiB', segmentBytes: '256KiB' } };
/** Random, so that they do not become small: 1 KB each. */
const line = (i: number, priority = 11) => `<${priority}>1 - h a - - - ${i} ${randomBytes(500).toString('hex')}`;
const numberOf = ({ message }: { message: string }) => Number(message.split(' ')[0]);

test('TCP is not read while the journal is full, no more than the bound waits, and then every line comes', async () => {
  place = await new SyslogPlace().openSyslog({ tcp: '127.0.0.1:0', waitingBytes: '1MiB' }, SMALL);
  await place.stopCore();
  const socket = await place.tcp();
  const paused = () => place.metric('heliograph_relay_syslog_pauses_total');
  const waiting = () => place.metric('heliograph_relay_syslog_waiting_bytes{of="streams"}');
  let sent = 0;
  // Until the relay reads no more and the system takes no more either.
  await until(
    'a pause',
    async () => {
      for (let i = 0; i < 100 && !socket.writableNeedDrain; i++) socket.write(`${line(sent++)}\n`);
      return (await paused()) >= 1 && socket.writableNeedDrain;
    },
    { everyMs: 0 },
  );
  // What came of one read may be beyond it.
  expect(await waiting()).toBeLessThan(WAITING + 1024 * 1024);
  expect(
    await place.metric('heliograph_relay_door_refused_total{door="syslog",kind="log",code="HG_ITEM_PRESSURE"}'),
  ).toBe(0);
  await place.startCore();
  for (const end = sent + 50; sent < end; ) socket.write(`${line(sent++)}\n`);
  socket.end();
  await closed(socket);
  await until('every line', () => new Set(place.lines().map(numberOf)).size === sent);
  expect(place.lines().length).toBe(sent);
  await until('nothing waits', async () => (await waiting()) === 0);
});

test('datagrams that have no room are dropped and counted, and what was taken comes', async () => {
  place = await new SyslogPlace().openSyslog({ udp: '127.0.0.1:0', waitingBytes: '1MiB' }, SMALL);
  await place.stopCore();
  const name = (what: string) => `heliograph_relay_syslog_${what}`;
  const dropped = () => place.metric(name('dropped_total{transport="udp",reason="share"}'));
  let sent = 0;
  await until(
    'drops',
    async () => {
      await place.datagrams(Array.from({ length: 200 }, () => line(sent++)));
      return (await dropped()) >= 100;
    },
    { everyMs: 0 },
  );
  expect(await place.metric(name('waiting_bytes{of="udp"}'))).toBeLessThan(WAITING);
  // One sender that floods leaves room for others.
  const messages = name('messages_total{transport="udp"}');
  const before = await place.metric(messages);
  await place.datagrams(['<11>1 - h a - - - 1000000 of another'], { from: '127.0.0.2' });
  await until('the other one', async () => (await place.metric(messages)) > before);
  sent++;
  const balance = async () =>
    (await place.metric(name('messages_total{transport="udp"}'))) +
    (await dropped()) +
    (await place.metric(name('udp_kernel_dropped_total')));
  await until('all of them accounted for', async () => (await balance()) === sent);
  const taken = await place.metric(name('messages_total{transport="udp"}'));
  await place.startCore();
  await until('what was taken', () => place.lines().length === taken);
  expect(new Set(place.lines().map(numberOf)).size).toBe(taken);
});

test('while there is no room for debug lines, those of UDP are refused and errors beside them are taken', async () => {
  place = await new SyslogPlace().openSyslog({ udp: '127.0.0.1:0', tcp: '127.0.0.1:0' }, SMALL);
  await place.stopCore();
  let sent = 0;
  const refused = 'heliograph_relay_door_refused_total{door="syslog",kind="log",code="HG_ITEM_PRESSURE"}';
  const accepted = () => place.metric('heliograph_relay_door_accepted_total{door="syslog",kind="log"}');
  await until('debug lines refused', async () => {
    if ((await place.metric('heliograph_relay_journal_bytes')) < 3.4 * 1024 * 1024) {
      await place.datagrams(Array.from({ length: 100 }, () => line(sent++)));
    }
    await place.datagrams([line(-1, 15)]);
    return (await place.metric(refused)) > 0;
  });
  const before = await accepted();
  await place.datagrams([line(sent++), line(-1, 15)]);
  await until('the error taken', async () => (await accepted()) > before);
});
