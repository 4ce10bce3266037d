import { afterEach, expect, it } from 'vitest';
import { phaseOf } from '../../../collector/core/phase.ts';
import type { Device } from '../../../collector/node/snmp/device.ts';
import { Gate } from '../../../collector/node/snmp/gate.ts';
import { Names } from '../../../collector/node/snmp/names.ts';
import { DeviceSchedule } from '../../../collector/node/snmp/schedule.ts';
import { quietHost } from '../../support/collector.ts';
import { SnmpDevice } from '../../support/snmp-device.ts';
import { switchWalk } from '../../support/snmp-walk.ts';
import { until } from '../../support/until.ts';
import { deviceAt } from './setup.ts';

const devices: SnmpDevice[] = [];
const schedules: DeviceSchedule[] = [];

afterEach(async () => {
  for (const schedule of schedules.splice(0)) schedule.stop();
  for (const device of devices.splice(0)) await device.close();
});

interface Turn {
  readonly device: string;
  readonly instant: number;
  readonly took: number;
  readonly up: boolean;
}

/** Starts schedules and tells their turns. */
function startSchedules(table: readonly Device[], places: number): Turn[] {
  const host = quietHost();
  const turns: Turn[] = [];
  const gate = new Gate(places);
  const names = new Names(host.mono);
  for (const device of table) {
    const schedule = new DeviceSchedule(
      {
        host,
        gate,
        names,
        onPoll: ({ name }, instant, { failure }) =>
          turns.push({ device: name, instant, took: host.now() - instant, up: failure === null }),
      },
      device,
    );
    schedules.push(schedule);
    schedule.start();
  }
  return turns;
}

it('a device that answers after 30 intervals delays none of 50 quick ones', async () => {
  const quick = await SnmpDevice.start({ walk: switchWalk(2) });
  // Answers, but each time only after 30 s of a table that is polled every second.
  const late: NodeJS.Timeout[] = [];
  const slow = await SnmpDevice.start({
    walk: switchWalk(2),
    answer: (answer, _, device) => {
      const port = device.lastPort;
      late.push(setTimeout(() => device.send(answer, { address: '127.0.0.1', port, family: 'IPv4', size: 0 }), 30_000));
      return null;
    },
  });
  devices.push(quick, slow);
  const host = quietHost();
  const intervalMs = 1000;
  const table = Array.from({ length: 50 }, (_, i) =>
    deviceAt(quick.port, {
      name: `quick-${i}`,
      intervalMs,
      phaseMs: phaseOf(host, `quick-${i}`, intervalMs),
      modules: ['if_mib'],
    }),
  );
  const slowOne = deviceAt(slow.port, {
    name: 'slow',
    intervalMs,
    timeoutMs: 5000,
    budget: { ms: 40_000, packets: 100, rows: 100 },
  });
  const turns = startSchedules([slowOne, ...table], 4);
  await until('five turns of each quick one', () => turns.filter(({ device }) => device !== 'slow').length >= 250, {
    withinMs: 30_000,
  });
  for (const timer of late) clearTimeout(timer);

  const ofQuick = turns.filter(({ device }) => device.startsWith('quick'));
  expect(ofQuick.every(({ up }) => up)).toBe(true);
  for (const { name } of table) {
    const instants = ofQuick.filter(({ device }) => device === name).map(({ instant }) => instant);
    // No turn was left out: each is an interval after the one before.
    expect(
      instants.slice(1).map((instant, i) => instant - instants[i]!),
      name,
    ).toEqual(instants.slice(1).map(() => intervalMs));
  }
  const slowSchedule = schedules[0]!;
  expect(turns.some(({ device }) => device === 'slow')).toBe(false);
  expect(slowSchedule.figures.overruns).toBeGreaterThanOrEqual(3);
  expect(schedules.slice(1).every(({ figures }) => figures.overruns === 0)).toBe(true);
});

it('devices that hang take half of the places at most, once they are known to', async () => {
  const quick = await SnmpDevice.start({ walk: switchWalk(1) });
  const silent = await SnmpDevice.start({ walk: switchWalk(1), answer: () => null });
  devices.push(quick, silent);
  const hung = Array.from({ length: 30 }, (_, i) =>
    deviceAt(silent.port, { name: `hung-${i}`, intervalMs: 500, phaseMs: i * 3, timeoutMs: 300, retries: 0 }),
  );
  const good = Array.from({ length: 10 }, (_, i) =>
    deviceAt(quick.port, { name: `quick-${i}`, intervalMs: 500, phaseMs: i * 40, modules: ['system'] }),
  );
  const turns = startSchedules([...hung, ...good], 4);
  await until(
    'all are known to hang',
    () => new Set(turns.filter(({ up }) => !up).map(({ device }) => device)).size === 30,
    { withinMs: 30_000 },
  );
  const from = turns.length;
  await until('more turns', () => turns.slice(from).filter(({ up }) => up).length >= 40, { withinMs: 30_000 });
  const delays = turns
    .slice(from)
    .filter(({ up }) => up)
    .map(({ took }) => took);
  // A place would be free after 300 ms at the earliest if those that hang had them all.
  expect(delays.sort((a, b) => a - b)[Math.floor(delays.length / 2)]!).toBeLessThan(250);
});

it('gives places in turn, and suspects no more than half', () => {
  const gate = new Gate(4);
  const began: string[] = [];
  const enter = (name: string, suspect: boolean) => gate.enter(suspect, () => began.push(name));
  for (const name of ['s1', 's2', 's3']) enter(name, true);
  for (const name of ['a', 'b', 'c']) enter(name, false);
  expect(began).toEqual(['s1', 's2', 'a', 'b']);
  gate.leave(false);
  expect(began.at(-1)).toBe('c');
  gate.leave(true);
  expect(began.at(-1)).toBe('s3');
  expect(gate.waiting).toBe(0);
});

it('asks the resolver for one name at a time, and goes on with the last address while it hangs', async () => {
  let mono = 0;
  const asked: string[] = [];
  let answer: (peer: { address: string; family: 4 }) => void = () => undefined;
  const names = new Names(
    () => mono,
    (host) => {
      asked.push(host);
      return new Promise((resolve) => {
        answer = resolve;
      });
    },
  );
  const one = deviceAt(1, { host: 'one.example' });
  const two = deviceAt(2, { host: 'two.example' });
  const found = names.find(one);
  const later = names.find(two);
  await Promise.resolve();
  expect(asked).toEqual(['one.example']);
  answer({ address: '192.0.2.1', family: 4 });
  expect(await found).toEqual({ address: '192.0.2.1', family: 4 });
  await until('the second is asked', () => asked.length === 2);
  // It hangs, and the first is old by now.
  mono += 3_600_000;
  expect(await names.find(one)).toEqual({ address: '192.0.2.1', family: 4 });
  expect(names.addressOf(one)).toBe('192.0.2.1');
  answer({ address: '192.0.2.2', family: 4 });
  expect(await later).toEqual({ address: '192.0.2.2', family: 4 });
});

it('a name that is not found is told with the device, and asked again later', async () => {
  let mono = 0;
  let asked = 0;
  const names = new Names(
    () => mono,
    async () => {
      asked++;
      throw new Error('ENOTFOUND');
    },
  );
  const device = deviceAt(1, { host: 'nowhere.example' });
  await expect(names.find(device)).rejects.toMatchObject({
    code: 'HG_SNMP_NAME',
    message: expect.stringContaining('switch-1'),
  });
  await expect(names.find(device)).rejects.toMatchObject({ code: 'HG_SNMP_NAME' });
  expect(asked).toBe(1);
  mono += 60_000;
  await expect(names.find(device)).rejects.toMatchObject({ code: 'HG_SNMP_NAME' });
  expect(asked).toBe(2);
});
