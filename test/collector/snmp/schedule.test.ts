import { afterEach, expect, it } from 'vitest';
import { phaseOf } from '../../../collector/core/phase.ts';
import type { Device } from '../../../collector/node/snmp/device.ts';
import { Gate } from '../../../collector/node/snmp/gate.ts';
import { Names } from '../../../collector/node/snmp/names.ts';
import type { Poll } from '../../../collector/node/snmp/poll.ts';
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
  /** From its turn to its end. */
  readonly took: number;
  readonly up: boolean;
}

const START = 1_700_000_000_000;

/** Schedules on a clock that goes on when the test says so: how busy the machine is does not matter. */
class Stage {
  readonly turns: Turn[] = [];
  readonly schedules = new Map<string, DeviceSchedule>();
  #now = START;
  #last = 0;
  readonly #timers = new Map<number, { readonly at: number; readonly run: () => void }>();
  readonly host = {
    ...quietHost(),
    now: () => this.#now,
    mono: () => this.#now - START,
    timer: (run: () => void, ms: number) => {
      this.#timers.set(++this.#last, { at: this.#now + ms, run });
      return this.#last;
    },
    cancel: (id: number) => void this.#timers.delete(id),
  };

  start(table: readonly Device[], places: number): void {
    const gate = new Gate(places);
    const names = new Names(this.host.mono);
    for (const device of table) {
      const onPoll = ({ name }: Device, instant: number, { failure }: Poll) =>
        this.turns.push({ device: name, instant, took: this.#now - instant, up: failure === null });
      const schedule = new DeviceSchedule({ host: this.host, gate, names, onPoll }, device);
      this.schedules.set(device.name, schedule);
      schedules.push(schedule);
      schedule.start();
    }
  }

  /** So many ms of its clock; after each step every poll of the quick ones that has begun is brought to its end. */
  async pass(ms: number, stepMs: number): Promise<void> {
    const quick = [...this.schedules].filter(([name]) => name.startsWith('quick')).map(([, schedule]) => schedule);
    for (const end = this.#now + ms; this.#now < end; ) {
      this.#now += stepMs;
      for (const [id, { at, run }] of [...this.#timers].sort(([, a], [, b]) => a.at - b.at)) {
        if (at <= this.#now && this.#timers.delete(id)) run();
      }
      await new Promise((resolve) => setImmediate(resolve));
      await until('polls end', () => quick.every(({ polling }) => !polling), { everyMs: 1 });
    }
  }
}

/** Questions are never asked again in the test's own time. */
const PATIENT = { timeoutMs: 600_000, retries: 0, intervalMs: 5000, modules: ['system'] };

it('a device that answers after 30 s delays none of 50 quick ones', async () => {
  const stage = new Stage();
  const quick = await SnmpDevice.start({ walk: switchWalk(1) });
  const slow = await SnmpDevice.start({
    walk: switchWalk(1),
    answer: (answer, _, device) => {
      const to = { address: '127.0.0.1', port: device.lastPort, family: 'IPv4', size: 0 } as const;
      stage.host.timer(() => device.send(answer, to), 30_000);
      return null;
    },
  });
  devices.push(quick, slow);
  const table = Array.from({ length: 50 }, (_, i) => {
    const name = `quick-${i}`;
    return deviceAt(quick.port, { ...PATIENT, name, phaseMs: phaseOf(stage.host, name, 5000) });
  });
  const budget = { ms: 600_000, packets: 100, rows: 100 };
  // It holds one of four places all the time.
  stage.start([deviceAt(slow.port, { ...PATIENT, name: 'slow', budget }), ...table], 4);
  await stage.pass(90_000, 50);
  for (const { name, phaseMs } of table) {
    const own = stage.turns.filter(({ device }) => device === name);
    const first = Math.floor((START - phaseMs) / 5000 + 1) * 5000 + phaseMs;
    // Every turn of it, at its instant, and over within the step in which it began.
    expect(
      own.map(({ instant }) => instant),
      name,
    ).toEqual(own.map((_, i) => first + i * 5000));
    expect(own.length, name).toBeGreaterThanOrEqual(17);
    expect(
      own.every(({ up, took }) => up && took <= 50),
      name,
    ).toBe(true);
    expect(stage.schedules.get(name)!.figures.overruns).toBe(0);
  }
  // Two questions of 30 s each: it was polled, too, and its other turns were left out.
  await until('the slow one', () => stage.turns.some(({ device }) => device === 'slow'));
  expect(stage.turns.find(({ device }) => device === 'slow')).toMatchObject({ up: true });
  expect(stage.turns.find(({ device }) => device === 'slow')!.took).toBeGreaterThanOrEqual(60_000);
  expect(stage.schedules.get('slow')!.figures.overruns).toBeGreaterThanOrEqual(11);
});

it('devices that hang take half of the places at most, once they are known to', async () => {
  const stage = new Stage();
  const quick = await SnmpDevice.start({ walk: switchWalk(1) });
  const silent = await SnmpDevice.start({ walk: switchWalk(1), answer: () => null });
  devices.push(quick, silent);
  const budget = { ms: 2000, packets: 100, rows: 100 };
  const hung = Array.from({ length: 20 }, (_, i) =>
    deviceAt(silent.port, { ...PATIENT, name: `hung-${i}`, phaseMs: i * 11, budget }),
  );
  const good = Array.from({ length: 10 }, (_, i) =>
    deviceAt(quick.port, { ...PATIENT, name: `quick-${i}`, phaseMs: 500 + i * 400 }),
  );
  stage.start([...hung, ...good], 4);
  // Nobody knows at first: they have all places, and the others wait.
  await stage.pass(20_000, 100);
  expect(Math.max(...stage.turns.filter(({ up }) => up).map(({ took }) => took))).toBeGreaterThan(1000);
  expect(new Set(stage.turns.filter(({ up }) => !up).map(({ device }) => device)).size).toBe(20);
  const from = stage.turns.length;
  await stage.pass(20_000, 100);
  const later = stage.turns.slice(from).filter(({ up }) => up);
  expect(later.length).toBeGreaterThanOrEqual(38);
  expect(Math.max(...later.map(({ took }) => took))).toBeLessThanOrEqual(100);
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
