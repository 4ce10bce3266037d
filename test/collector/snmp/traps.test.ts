import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Credentials } from '../../../collector/node/snmp/device.ts';
import { Traps } from '../../../collector/node/snmp/traps/receiver.ts';
import { Senders } from '../../../collector/node/snmp/traps/senders.ts';
import { Windows } from '../../../collector/node/snmp/traps/windows.ts';
import { HeliographError } from '../../../lib/errors.ts';
import type { Event } from '../../../proto/event.ts';
import { quietHost } from '../../support/collector.ts';
import { integer, tlv, varbind } from '../../support/snmp-device.ts';
import { integerBytes, oidBytes } from '../../support/snmp-walk.ts';
import { SNMPD_USERS } from '../../support/snmpd.ts';
import { until } from '../../support/until.ts';

const CREDENTIALS: readonly Credentials[] = [
  { version: '2c', community: 'traps-only' },
  { version: '3', context: '', ...SNMPD_USERS.privacy },
];

let traps: Traps;
let port: number;
let events: Event[];
/** What the spool says. */
let spooled: (done: (error: HeliographError | null) => void) => void;

async function listen(limits: { perMinute: number; perMinuteOfAll: number }): Promise<void> {
  ({ traps, port } = await Traps.start(
    { host: '127.0.0.1', port: 0, credentials: CREDENTIALS, name: 'collector-1', ...limits },
    {
      host: quietHost(),
      mask: (text) => text.replaceAll('hunter2', '*******'),
      mayName: () => false,
      deviceAt: (address) => (address === '127.0.0.1' ? 'switch-1' : null),
      put: (event, done) => {
        events.push(event);
        spooled(done);
      },
    },
  ));
}

beforeEach(async () => {
  events = [];
  spooled = (done) => done(null);
  await listen({ perMinute: 100, perMinuteOfAll: 1000 });
});
afterEach(() => traps.close());

/** Net-SNMP's own sender; resolves with its exit code: 0 of an inform that was acknowledged. */
async function send(command: 'snmptrap' | 'snmpinform', ...args: string[]): Promise<number> {
  const target = ['-M', '', '-m', ''];
  const child = spawn(command, [...target, ...args.map((arg) => (arg === '@' ? `udp:127.0.0.1:${port}` : arg))], {
    stdio: 'ignore',
    env: { ...process.env, SNMP_PERSISTENT_DIR: '/nonexistent' },
  });
  const [code] = await once(child, 'exit');
  return code;
}

const LINK_DOWN = '.1.3.6.1.6.3.1.1.5.3';
const KEEPER = [
  '-u',
  'keeper',
  '-l',
  'authPriv',
  '-a',
  'SHA',
  '-A',
  'a long password',
  '-x',
  'AES',
  '-X',
  'another password',
];

it('takes a linkDown of version 2c from a real sender, with its interface by name', async () => {
  await send(
    'snmptrap',
    '-v2c',
    '-c',
    'traps-only',
    '@',
    '123456',
    LINK_DOWN,
    '.1.3.6.1.2.1.2.2.1.1.7',
    'i',
    '7',
    '.1.3.6.1.2.1.2.2.1.8.7',
    'i',
    '2',
    '.1.3.6.1.2.1.31.1.1.1.1.7',
    's',
    'Ethernet7',
    '.1.3.6.1.4.1.9.9.1.0',
    's',
    'login hunter2',
  );
  await until('the event', () => events.length === 1);
  expect(events[0]).toMatchObject({
    type: 'snmp.linkDown',
    host: 'collector-1',
    facts: {
      device: 'switch-1',
      'source.address': '127.0.0.1',
      'snmp.version': '2c',
      'snmp.trap.oid': LINK_DOWN.slice(1),
      'snmp.uptime_seconds': 1234.56,
      ifIndex: 7,
      ifOperStatus: 2,
      ifName: 'Ethernet7',
      '1.3.6.1.4.1.9.9.1.0': 'login *******',
    },
  });
  expect(traps.taken).toBe(1);
});

it('takes traps of version 1, known ones and those of a vendor', async () => {
  await send('snmptrap', '-v1', '-c', 'traps-only', '@', '.1.3.6.1.4.1.9.1.1', '192.0.2.9', '4', '0', '4711');
  await send('snmptrap', '-v1', '-c', 'traps-only', '@', '.1.3.6.1.4.1.318', '192.0.2.9', '6', '5', '4711');
  await until('both', () => events.length === 2);
  expect(events[0]).toMatchObject({
    type: 'snmp.authenticationFailure',
    facts: { 'snmp.version': '1', 'snmp.agent': '192.0.2.9' },
  });
  expect(events[1]).toMatchObject({
    type: 'snmp.trap',
    facts: { 'snmp.trap.oid': '1.3.6.1.4.1.318.0.5', 'snmp.uptime_seconds': 47.11 },
  });
});

it('takes traps and informs of version 3 of users that it knows', async () => {
  await send('snmptrap', '-v3', '-e', '0x8000000001020304', ...KEEPER, '@', '1', '.1.3.6.1.6.3.1.1.5.1');
  await until('the trap', () => events.length === 1);
  expect(events[0]).toMatchObject({ type: 'snmp.coldStart', facts: { 'snmp.version': '3' } });
  expect(await send('snmpinform', '-v3', ...KEEPER, '@', '1', '.1.3.6.1.6.3.1.1.5.4')).toBe(0);
  expect(events[1]).toMatchObject({ type: 'snmp.linkUp', facts: { 'snmp.inform': true } });
});

it('takes nothing of strangers', async () => {
  const wrong = KEEPER.map((word) => (word === 'a long password' ? 'a wrong password' : word));
  await send('snmptrap', '-v2c', '-c', 'public', '@', '1', LINK_DOWN);
  await send('snmptrap', '-v3', '-e', '0x8000000001020304', ...wrong, '@', '1', LINK_DOWN);
  await send('snmptrap', '-v3', '-e', '0x8000000001020304', '-u', 'nobody', '-l', 'noAuthNoPriv', '@', '1', LINK_DOWN);
  await send('snmptrap', '-v3', '-e', '0x8000000001020304', '-u', 'keeper', '-l', 'noAuthNoPriv', '@', '1', LINK_DOWN);
  await until('all are refused', () => (traps.refused.get('credentials') ?? 0) >= 3);
  await send('snmptrap', '-v2c', '-c', 'traps-only', '@', '1', LINK_DOWN);
  await until('the good one', () => events.length > 0);
  expect(events).toHaveLength(1);
  expect(traps.taken).toBe(1);
});

it('acknowledges an inform when its event is durable, and not before', async () => {
  const waiting: ((error: HeliographError | null) => void)[] = [];
  spooled = (done) => waiting.push(done);
  const sent = send('snmpinform', '-v2c', '-c', 'traps-only', '-t', '60', '-r', '0', '@', '1', LINK_DOWN);
  let over = false;
  sent.then(() => {
    over = true;
  });
  await until('the event', () => waiting.length === 1);
  expect(over).toBe(false);
  waiting[0]!(null);
  expect(await sent).toBe(0);

  // The disk is full: the sender hears nothing, and knows that it has to come again.
  spooled = (done) => done(new HeliographError('HG_JOURNAL_FULL', 'no room'));
  expect(await send('snmpinform', '-v2c', '-c', 'traps-only', '-t', '1', '-r', '0', '@', '1', LINK_DOWN)).not.toBe(0);
  expect(traps.refused.get('spool')).toBe(1);
});

function trapBytes(community: string, oid = LINK_DOWN.slice(1)): Uint8Array {
  const list = tlv(
    0x30,
    varbind('1.3.6.1.2.1.1.3.0', 67, integerBytes(5n)),
    varbind('1.3.6.1.6.3.1.1.4.1.0', 6, oidBytes(oid)),
  );
  return tlv(0x30, integer(1), tlv(4, Buffer.from(community)), tlv(0xa7, integer(1), integer(0), integer(0), list));
}

it('takes of one sender what it may send, counts the rest, and survives torn and senseless datagrams', async () => {
  await traps.close();
  await listen({ perMinute: 10, perMinuteOfAll: 1000 });
  const socket = createSocket('udp4');
  const good = trapBytes('traps-only');
  const put = (bytes: Uint8Array) =>
    new Promise<void>((resolve) => socket.send(bytes, port, '127.0.0.1', () => resolve()));
  await put(good.subarray(0, 20));
  await put(Buffer.from('hello'));
  // A response, and a GET: nobody is asked anything here.
  await put(
    tlv(0x30, integer(1), tlv(4, Buffer.from('traps-only')), tlv(0xa0, integer(1), integer(0), integer(0), tlv(0x30))),
  );
  await put(
    tlv(0x30, integer(1), tlv(4, Buffer.from('traps-only')), tlv(0xa7, integer(1), integer(0), integer(0), tlv(0x30))),
  );
  for (let i = 0; i < 50; i++) await put(good);
  await until('what is too much', () => (traps.refused.get('rate') ?? 0) >= 44);
  expect(events).toHaveLength(6);
  expect(Object.fromEntries(traps.refused)).toMatchObject({ malformed: 2, unnamed: 1, rate: 44 });
  socket.close();
});

it('gives each sender its share, and remembers a bounded number of them', () => {
  let now = 0;
  const senders = new Senders({ perMinute: 2, perMinuteOfAll: 100_000 }, () => now);
  expect([senders.admit('a'), senders.admit('a'), senders.admit('a'), senders.admit('b')]).toEqual([
    true,
    true,
    false,
    true,
  ]);
  now += 30_000;
  expect([senders.admit('a'), senders.admit('a')]).toEqual([true, false]);
  for (let i = 0; i < 10_000; i++) senders.admit(`made-up-${i}`);
  const few = new Senders({ perMinute: 50, perMinuteOfAll: 3 }, () => now);
  expect(['a', 'b', 'c', 'd'].map((one) => few.admit(one))).toEqual([true, true, true, false]);
});

it('takes no trap of version 3 that was recorded and is played back', () => {
  let now = 0;
  const windows = new Windows(() => now);
  expect(windows.timely('e', 3, 1000)).toBe(true);
  now += 600_000;
  expect(windows.timely('e', 3, 1600)).toBe(true);
  expect(windows.timely('e', 3, 1000)).toBe(false);
  expect(windows.timely('e', 3, 1500)).toBe(true);
  expect(windows.timely('e', 2, 1_000_000)).toBe(false);
  expect(windows.timely('e', 4, 1)).toBe(true);
  expect(windows.timely('e', 3, 1700)).toBe(false);
});
