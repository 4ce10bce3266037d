import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { MachineEvents } from '../../../collector/core/events/machine-events.ts';
import { endBeforeBoot } from '../../../collector/core/events/reboot-reason.ts';
import { createSourceContext } from '../../../collector/core/sources/context.ts';
import { createNodeHost } from '../../../collector/node/host.ts';
import type { Fact } from '../../../proto/event.ts';

const BOOT = 1_700_000_000;
let folder: string;
let root: string;
let logged: string[];
let told: { type: string; facts: Readonly<Record<string, Fact>> }[];
let now: number;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'machine-events-'));
  root = join(folder, 'root');
  logged = [];
  told = [];
  now = BOOT * 1000;
  machine('boot-1', '6.1.0-13-amd64');
  write('proc/meminfo', 'MemTotal:       65536000 kB\n');
  write('proc/cpuinfo', 'processor\t: 0\nmodel name\t: AMD EPYC 7543 32-Core Processor\n');
  write('sys/devices/system/cpu/present', '0-63\n');
  write('sys/class/dmi/id/sys_vendor', 'Dell Inc.\n');
  write('sys/class/dmi/id/product_name', 'PowerEdge R6515\n');
  kills(3);
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(path: string, text: string | Uint8Array): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}
function machine(bootId: string, kernel: string, began = BOOT): void {
  write('proc/sys/kernel/random/boot_id', `${bootId}\n`);
  write('proc/sys/kernel/osrelease', `${kernel}\n`);
  write('proc/stat', `cpu 1 2 3 4\nbtime ${began}\n`);
}
const kills = (count: number): void => write('proc/vmstat', `pgfault 9\noom_kill ${count}\nthp 1\n`);
const group = (path: string, count: number, file = 'memory.events.local'): void =>
  write(`sys/fs/cgroup/${path}/${file}`, `oom 9\noom_kill ${count}\n`);

/** A collector's life. `durable: false`: nothing gets into its spool. */
function life(durable = true): MachineEvents & { look(): void } {
  const host = createNodeHost({ now: () => now, log: (_, message) => logged.push(message) });
  const events = new MachineEvents(host, folder, root, {
    put(type, facts, done) {
      told.push({ type, facts });
      if (durable) done?.();
    },
  });
  const source = events.source();
  const context = createSourceContext(host, root, { add: () => undefined });
  return Object.assign(events, { look: () => source.collect(context) });
}
const types = (): string[] => told.splice(0).map(({ type }) => type);

/** A record of wtmp. */
function record(type: number, user: string, seconds: number): Uint8Array {
  const bytes = new Uint8Array(384);
  const view = new DataView(bytes.buffer);
  view.setInt16(0, type, true);
  bytes.set(new TextEncoder().encode(user), 44);
  view.setInt32(340, seconds, true);
  return bytes;
}
const wtmp = (...records: Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(records));

it('says once what machine it is, and nothing when the collector begins anew', () => {
  life().stop();
  expect(told).toEqual([
    {
      type: 'host.identity',
      facts: {
        kernel: '6.1.0-13-amd64',
        vendor: 'Dell Inc.',
        product: 'PowerEdge R6515',
        board: '',
        firmware: '',
        processor: 'AMD EPYC 7543 32-Core Processor',
        processors: 64,
        memory_bytes: 67_108_864_000,
      },
    },
  ]);
  told = [];
  life();
  expect(types()).toEqual([]);
});

it('an event that did not get into the spool is told again', () => {
  life(false);
  expect(types()).toEqual(['host.identity']);
  life();
  expect(types()).toEqual(['host.identity']);
  life();
  expect(types()).toEqual([]);
});

it('a reboot into another kernel, on other hardware', () => {
  life();
  told = [];
  machine('boot-2', '6.1.0-18-amd64', BOOT + 900);
  write('proc/meminfo', 'MemTotal:       32768000 kB\n');
  write('sys/class/dmi/id/product_name', 'PowerEdge R7515\n');
  life();
  expect(told).toEqual([
    {
      type: 'host.rebooted',
      facts: {
        reason: 'unknown',
        boot_id: 'boot-2',
        previous_boot_id: 'boot-1',
        booted: (BOOT + 900) * 1000,
        kernel: '6.1.0-18-amd64',
      },
    },
    { type: 'host.kernel_changed', facts: { from: '6.1.0-13-amd64', to: '6.1.0-18-amd64' } },
    { type: 'host.hardware_changed', facts: { what: 'product', from: 'PowerEdge R6515', to: 'PowerEdge R7515' } },
    {
      type: 'host.hardware_changed',
      facts: { what: 'memoryBytes', from: 67_108_864_000, to: 33_554_432_000 },
    },
  ]);
  told = [];
  life();
  expect(types()).toEqual([]);
});

it('memory that a new kernel keeps for itself, and files that cannot be read, are no other hardware', () => {
  life();
  told = [];
  write('proc/meminfo', 'MemTotal:       65500000 kB\n');
  rmSync(join(root, 'sys/class/dmi'), { recursive: true });
  life();
  expect(types()).toEqual([]);
});

it('the reason of a reboot', () => {
  let lives = 1;
  const reason = (prepare: () => void, stop = false): Fact | undefined => {
    const before = life();
    if (stop) before.stop();
    told = [];
    prepare();
    machine(`life-${++lives}`, '6.1.0-13-amd64', Math.round(now / 1000) + 60);
    now += 120_000;
    life();
    return told.find(({ type }) => type === 'host.rebooted')?.facts.reason;
  };
  expect(reason(() => undefined)).toBe('unknown');
  // systemd ended it together with all else.
  expect(reason(() => undefined, true)).toBe('shutdown');
  const log = 'var/log/wtmp';
  expect(reason(() => write(log, wtmp(record(2, 'reboot', 1), record(1, 'shutdown', 2), record(2, 'reboot', 3))))).toBe(
    'shutdown',
  );
  expect(reason(() => write(log, wtmp(record(2, 'reboot', 1), record(7, 'ann', 2), record(2, 'reboot', 3))))).toBe(
    'unclean',
  );
  expect(reason(() => write('sys/class/watchdog/watchdog0/bootstatus', '32\n'))).toBe('watchdog');
  expect(reason(() => write('sys/fs/pstore/dmesg-efi-170000000001', 'Oops#1\n'))).toBe('panic');
  rmSync(join(root, 'sys/fs/pstore'), { recursive: true });
  // systemd has put the last words elsewhere; those of an older crash stay there.
  expect(reason(() => mkdirSync(join(root, 'var/lib/systemd/pstore/1700000'), { recursive: true }))).toBe('panic');
});

it('wtmp: what is torn or strange says nothing', () => {
  expect(endBeforeBoot(new Uint8Array(0))).toBeNull();
  expect(endBeforeBoot(new Uint8Array(1000).fill(255))).toBeNull();
  expect(endBeforeBoot(wtmp(record(2, 'reboot', 1)))).toBeNull();
});

it('processes that ran out of memory, with their units, once over restarts of the collector', () => {
  write('sys/fs/cgroup/cgroup.controllers', 'memory\n');
  group('system.slice/pay.service', 0);
  group('system.slice/db.service', 5);
  const first = life();
  told = [];
  first.look();
  first.look();
  expect(told).toEqual([]);
  kills(6);
  group('system.slice/pay.service', 2);
  group('system.slice/db.service', 6);
  first.look();
  first.look();
  expect(told).toEqual([{ type: 'host.oom_kill', facts: { kills: 3, units: 'db.service 1, pay.service 2' } }]);
  told = [];
  const second = life();
  second.look();
  expect(told).toEqual([]);
  kills(7);
  second.look();
  expect(told).toEqual([{ type: 'host.oom_kill', facts: { kills: 1, units: '' } }]);
  told = [];
  // While no collector ran.
  kills(9);
  life().look();
  expect(told).toEqual([{ type: 'host.oom_kill', facts: { kills: 2, units: '' } }]);
  told = [];
  machine('boot-2', '6.1.0-13-amd64');
  kills(1);
  life().look();
  expect(told.map(({ type, facts }) => [type, facts.kills])).toEqual([
    ['host.rebooted', undefined],
    ['host.oom_kill', 1],
  ]);
});

it('kernels that count for a whole tree: the innermost group is named', () => {
  write('sys/fs/cgroup/cgroup.controllers', 'memory\n');
  group('system.slice', 0, 'memory.events');
  group('system.slice/pay.service', 0, 'memory.events');
  const one = life();
  one.look();
  told = [];
  kills(4);
  group('system.slice', 1, 'memory.events');
  group('system.slice/pay.service', 1, 'memory.events');
  one.look();
  expect(told).toEqual([{ type: 'host.oom_kill', facts: { kills: 1, units: 'pay.service 1' } }]);
});

it('without a kernel that names its lives nothing is said, and nothing kept', () => {
  rmSync(join(root, 'proc'), { recursive: true });
  const one = life();
  one.look();
  one.stop();
  expect(told).toEqual([]);
  expect(() => readFileSync(join(folder, 'machine.json'))).toThrow();
});

it('a file that cannot be read is said, and the machine met anew', () => {
  writeFileSync(join(folder, 'machine.json'), '{"bootId":7');
  life();
  expect(types()).toEqual(['host.identity']);
  expect(logged).toEqual(['what was known of the machine cannot be read: it is met anew']);
});
