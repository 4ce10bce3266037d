import { afterEach, expect, it } from 'vitest';
import { Counters } from '../../../collector/node/snmp/counters.ts';
import { Poller } from '../../../collector/node/snmp/poll.ts';
import { type Life, restarted } from '../../../collector/node/snmp/uptime.ts';
import { counter64, numberOf } from '../../../collector/node/snmp/values.ts';
import { quietHost } from '../../support/collector.ts';
import { SnmpDevice } from '../../support/snmp-device.ts';
import { switchWalk } from '../../support/snmp-walk.ts';
import { deviceAt, LOOPBACK, seriesValue } from './setup.ts';

const DAY = 86_400;
const WRAP_SECONDS = 2 ** 32 / 100;

const life = (seconds: number, at: number, boots = Number.NaN, engineSeconds = Number.NaN): Life => ({
  ticks: Math.floor((seconds % WRAP_SECONDS) * 100),
  boots,
  engineSeconds,
  at: at * 1000,
});

let device: SnmpDevice | null = null;

afterEach(async () => {
  await device?.close();
  device = null;
});

it('tells a restart from sysUpTime that comes round after 497 days', () => {
  const cases: [string, Life, Life, boolean][] = [
    ['a minute later', life(1000, 0), life(1060, 60), false],
    ['restarted since', life(1000, 0), life(20, 60), true],
    ['497 days are over', life(WRAP_SECONDS - 30, 0), life(WRAP_SECONDS + 30, 60), false],
    ['restarted as they were to be over in a day', life(WRAP_SECONDS - DAY, 0), life(20, 60), true],
    ['restarted between polls that are far apart', life(1000, 0), life(2000, 7200), true],
    ['nobody asked for a week', life(1000, 0), life(1000 + 7 * DAY, 7 * DAY), false],
    ['a clock that is three in a hundred slow', life(1000, 0), life(1000 + 0.97 * DAY, DAY), false],
    ['the engine counted a boot', life(1000, 0, 7, 1000), life(1061, 60, 8, 5), true],
    [
      'the engine went on, the agent that counts sysUpTime was started anew',
      life(1000, 0, 7, 1000),
      life(5, 60, 7, 1060),
      false,
    ],
    ['the engine came round with it', life(WRAP_SECONDS - 30, 0, 7, 500), life(WRAP_SECONDS + 30, 60, 7, 560), false],
    ['it does not say', life(Number.NaN, 0), life(Number.NaN, 60), false],
  ];
  for (const [name, before, now, expected] of cases) expect(restarted(before, now), name).toBe(expected);
});

it('goes on where a counter of 32 bits comes round, and begins anew where it was reset', () => {
  const counters = new Counters();
  const top = 2 ** 32;
  const given = [top - 100, 50, 7, top - 10, 90].map((raw) => counters.continued('a', raw));
  // The fall from 50 to 7 cannot be a wrap: nearly the whole range would have passed.
  expect(given).toEqual([top - 100, top + 50, 7, top - 10, top + 90]);
  expect(counters.wraps).toBe(2);
  expect(counters.continued('b', 3)).toBe(3);
  counters.clear();
  expect(counters.continued('a', 5)).toBe(5);
});

it('forgets counters that a whole poll did not have', () => {
  const counters = new Counters();
  counters.continued('a', 2 ** 32 - 1);
  counters.complete();
  counters.complete();
  expect(counters.continued('a', 1)).toBe(1);
});

it('reads counters of 64 bits exactly, and gives the nearest double', () => {
  const bytes = (hex: string) => Buffer.from(hex, 'hex');
  expect(counter64(bytes('00ffffffffffffffff'))).toBe(2n ** 64n - 1n);
  expect(counter64(bytes('7fffffffffffffff'))).toBe(2n ** 63n - 1n);
  expect(counter64(bytes('01ffffffffffffffff'))).toBeNull();
  const value = (hex: string) => numberOf({ oid: '', type: 70, value: bytes(hex) });
  expect(value('1fffffffffffff')).toBe(2 ** 53 - 1);
  expect(value('20000000000001')).toBe(2 ** 53);
  expect(value('00ffffffffffffffff')).toBe(2 ** 64);
  expect(value('')).toBeNaN();
});

const OCTETS = '1.3.6.1.2.1.2.2.1.10';
const HC_OCTETS = '1.3.6.1.2.1.31.1.1.1.6';
const UP_TIME = '1.3.6.1.2.1.1.3.0';

it('keeps rates right over a wrap, a restart, and ports that change their numbers', async () => {
  const walk = switchWalk(2);
  for (const gone of ['1.3.6.1.6.3.10.2.1.2.0', '1.3.6.1.6.3.10.2.1.3.0']) walk.delete(gone);
  device = await SnmpDevice.start({ walk });
  let mono = 0;
  const host = { ...quietHost(), mono: () => mono };
  const poller = new Poller(host, deviceAt(device.port, { modules: ['if_mib'] }));
  const octets = async (name: string): Promise<number> =>
    seriesValue((await poller.poll(LOOPBACK)).samples, 'ifInOctets', 'ifName', name);

  device.set(UP_TIME, 67, 100_000n);
  device.set(`${OCTETS}.1`, 65, 4_294_967_000n);
  device.set(`${HC_OCTETS}.1`, 70, 2n ** 64n - 1n);
  expect(await octets('Ethernet1')).toBe(4_294_967_000);

  mono += 60_000;
  device.set(UP_TIME, 67, 106_000n);
  device.set(`${OCTETS}.1`, 65, 704n);
  expect(await octets('Ethernet1')).toBe(4_294_968_000);

  // Restarted: the counter is as the device says it, and whoever takes a rate sees a reset.
  mono += 60_000;
  device.set(UP_TIME, 67, 2_000n);
  device.set(`${OCTETS}.1`, 65, 10n);
  const after = await poller.poll(LOOPBACK);
  expect(after.restarted).toBe(true);
  expect(seriesValue(after.samples, 'ifInOctets', 'ifName', 'Ethernet1')).toBe(10);

  // The first port has the number of the second now, which had counted more: no wrap.
  mono += 60_000;
  device.set(UP_TIME, 67, 8_000n);
  device.set(`${OCTETS}.2`, 65, 4_294_960_000n);
  await poller.poll(LOOPBACK);
  mono += 60_000;
  device.set(UP_TIME, 67, 14_000n);
  device.set(`${OCTETS}.2`, 65, 20n);
  for (const column of ['1.3.6.1.2.1.2.2.1.2', '1.3.6.1.2.1.31.1.1.1.1']) {
    device.walk.set(`${column}.2`, { tag: 4, bytes: Buffer.from('Ethernet1') });
    device.walk.set(`${column}.1`, { tag: 4, bytes: Buffer.from('Ethernet9') });
  }
  expect(await octets('Ethernet1')).toBe(20);
  expect(poller.counters.wraps).toBe(1);
});

it('takes counters for new ones that the device says are not continuous', async () => {
  device = await SnmpDevice.start({ walk: switchWalk(1) });
  const poller = new Poller(quietHost(), deviceAt(device.port, { modules: ['if_mib'] }));
  device.set(`${OCTETS}.1`, 65, 4_294_967_000n);
  await poller.poll(LOOPBACK);
  device.set(`${OCTETS}.1`, 65, 5n);
  device.set('1.3.6.1.2.1.31.1.1.1.19.1', 67, 123_000_000n);
  expect(seriesValue((await poller.poll(LOOPBACK)).samples, 'ifInOctets', 'ifIndex', '1')).toBe(5);
});
