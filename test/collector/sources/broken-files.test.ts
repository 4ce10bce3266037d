import { expect, it } from 'vitest';
import type { Host, HostFiles } from '../../../collector/core/host.ts';
import { collectAll } from '../../../collector/core/sources/collect-all.ts';
import { createSourceContext, MOST_BYTES } from '../../../collector/core/sources/context.ts';
import { hostSources } from '../../../collector/core/sources/host-sources.ts';
import type { Labels, SampleSink } from '../../../collector/core/sources/source.ts';
import { nodeFiles } from '../../../collector/node/files.ts';
import { createNodeHost } from '../../../collector/node/host.ts';
import { seeded } from '../random.ts';

/** Machines full of garbage, of which every day's run takes a sample: each takes more than a second, for every folder has folders. */
const MACHINES = 60;
const ROUNDS = process.env.HELIOGRAPH_LONG === '1' ? MACHINES : 5;
const SEED = Number(process.env.HELIOGRAPH_SEED ?? Math.floor(Math.random() * (MACHINES - ROUNDS + 1)));

/** A machine on which every file says what `content` says, and every folder has the same names. */
function machine(content: (path: string) => Uint8Array | number): { host: Host; logged: string[] } {
  const logged: string[] = [];
  const files: HostFiles = {
    ...nodeFiles,
    readdir: () => ['a-b', 'bdev0', 'clocksource0', 'dev-0', 'eth0', 'io', 'lo', 'st0'],
    stat(_, out) {
      out.fill(2);
      return 0;
    },
    statfs: () => -5,
    readFile(path, into) {
      const bytes = content(path);
      if (typeof bytes === 'number') return bytes;
      into.set(bytes.subarray(0, into.length));
      return Math.min(bytes.length, into.length);
    },
  };
  return { host: createNodeHost({ files, log: (_, message) => logged.push(message) }), logged };
}

function run(host: Host): { failed: number; success: Map<string, number>; samples: number } {
  const success = new Map<string, number>();
  let samples = 0;
  const sink: SampleSink = {
    add(name: string, labels: Labels, value: number) {
      samples++;
      // An expectation a sample would be most of the test's time: there are millions.
      if (typeof value !== 'number') expect.fail(`${name} is ${String(value)}`);
      if (name === 'node_scrape_collector_success') success.set(labels[1]!, value);
    },
  };
  const failed = collectAll(hostSources(), createSourceContext(host, '/', sink));
  return { failed, success, samples };
}

it('empty files are nothing, and no failure', () => {
  const { failed, success } = run(machine(() => new Uint8Array(0)).host);
  expect(failed).toBe(0);
  expect([...success.values()].every((value) => value === 1)).toBe(true);
});

it('garbage never throws out of a source', () => {
  for (let seed = SEED; seed < SEED + ROUNDS; seed++) {
    const random = seeded(seed);
    const words = [
      'cpu0',
      'Tcp:',
      'eth0:',
      '8 0 sda',
      '/dev/a /b ext4 rw',
      'some total=',
      '1e999',
      '-1',
      '0x',
      '"',
      '\\',
      '\n',
      '\n',
      ' ',
      ' ',
      '\u0000',
      '99999999999999999999',
    ];
    const { host } = machine(() => {
      if (random(4) === 0) return Uint8Array.from({ length: random(3_000) }, () => random(256));
      return new TextEncoder().encode(Array.from({ length: random(400) }, () => words[random(words.length)]).join(''));
    });
    expect(run(host).failed, `seed ${seed} (HELIOGRAPH_SEED=${seed} repeats it)`).toBe(0);
  }
});

it('a file that is there and cannot be read is a failure of its source alone', () => {
  const { host, logged } = machine((path) => (path === '/proc/meminfo' ? -13 : -2));
  const { failed, success } = run(host);
  expect(failed).toBe(1);
  expect([...success].filter(([, value]) => value === 0)).toEqual([['meminfo', 0]]);
  expect(logged).toEqual(['a source failed; its samples are missing']);
});

it('a file without end is not read without end', () => {
  const huge = new Uint8Array(MOST_BYTES * 2).fill(49);
  const { host } = machine((path) => (path === '/proc/vmstat' ? huge : -2));
  expect([...run(host).success].filter(([, value]) => value === 0)).toEqual([['vmstat', 0]]);
});

it('a file of several that a source is for fails it, with its code, and the others are read all the same', () => {
  const facts: unknown[] = [];
  const { host } = machine((path) => {
    if (path === '/proc/net/netstat') return -5;
    return path === '/proc/net/snmp' ? new TextEncoder().encode('Tcp: InSegs\nTcp: 7\n') : -2;
  });
  const samples = new Map<string, number>();
  const context = createSourceContext({ ...host, log: (_, __, of) => void facts.push(of) }, '/', {
    add: (name, labels, value) => void samples.set(`${name} ${labels.join(' ')}`, value),
  });
  const sources = hostSources();
  for (let i = 0; i < 3; i++) expect(collectAll(sources, context)).toBe(1);
  expect(samples.get('node_netstat_Tcp_InSegs ')).toBe(7);
  expect(samples.get('node_scrape_collector_success collector netstat')).toBe(0);
  expect(samples.get('heliograph_collector_unreadable_files_total collector netstat')).toBe(3);
  expect(facts).toEqual(
    Array(3).fill({
      source: 'netstat',
      error: 'HG_COLLECTOR_SOURCE: A file that tells of the machine cannot be read: /proc/net/netstat: error -5',
      path: '/proc/net/netstat',
      errno: -5,
    }),
  );
});

it.each([
  ['netclass', 'duplex', 'node_network_mtu_bytes device eth0'],
  ['netclass', 'class/net/eth0/speed', 'node_network_mtu_bytes device lo'],
  ['netdev', 'rx_nohandler', 'node_network_receive_bytes_total device eth0'],
  ['diskstats', 'b8:0', 'node_disk_io_now device sda'],
  [
    'uname',
    'domainname',
    'node_uname_info domainname  machine x86_64 nodename 1500 release 1500 sysname 1500 version 1500',
  ],
])('%s: an attribute (%s) that the driver refuses is counted and costs nothing else', (source, refused, there) => {
  const { host, logged } = machine((path) => {
    if (path.endsWith(`/${refused}`)) return -5;
    if (path.endsWith('/net/dev')) return new TextEncoder().encode(`eth0: ${Array(16).fill(1).join(' ')}\n`);
    if (path.endsWith('/diskstats')) return new TextEncoder().encode('8 0 sda 1 2 3 4 5 6 7 8 9 10 11\n');
    return /\/(mtu|osrelease|hostname|ostype|version)$/.test(path) ? new TextEncoder().encode('1500\n') : -2;
  });
  const samples = new Map<string, number>();
  const context = createSourceContext({ ...host, info: { ...host.info, arch: 'x64' } }, '/', {
    add: (name, labels, value) => void samples.set(`${name} ${labels.join(' ')}`, value),
  });
  expect(collectAll(hostSources(), context)).toBe(0);
  expect(samples.has(there)).toBe(true);
  expect(samples.get(`heliograph_collector_unreadable_files_total collector ${source}`)).toBeGreaterThan(0);
  expect([...samples].filter(([name]) => name.startsWith('heliograph_collector_unreadable_files_total'))).toHaveLength(
    1,
  );
  expect(logged).toEqual([]);
});

it('a folder of one device that cannot be read takes no other device with it', () => {
  const { host } = machine((path) => (path.endsWith('/online') ? new TextEncoder().encode('1\n') : -2));
  const files: HostFiles = {
    ...host.files,
    readdir: (path) => (path.endsWith('/a-b') ? -13 : path.endsWith('/power_supply') ? ['a-b', 'c'] : ['online']),
  };
  const samples = new Map<string, number>();
  const context = createSourceContext({ ...host, files }, '/', {
    add: (name, labels, value) => void samples.set(`${name} ${labels.join(' ')}`, value),
  });
  collectAll(hostSources(), context);
  expect(samples.get('node_power_supply_online power_supply c')).toBe(1);
  expect(samples.get('node_scrape_collector_success collector powersupplyclass')).toBe(0);
});

it('where hidepid or a container keeps process 1 from others, the mounts are those of the collector itself', () => {
  const { host } = machine((path) => {
    if (path === '/proc/1/mountinfo') return -1;
    return path === '/proc/self/mountinfo' ? new TextEncoder().encode('29 1 253:1 / /x rw - ext4 /dev/vda1 rw\n') : -2;
  });
  const names: string[] = [];
  const sink: SampleSink = { add: (name, labels) => void names.push(`${name} ${labels.join(' ')}`) };
  expect(collectAll(hostSources(), createSourceContext(host, '/', sink))).toBe(0);
  expect(names).toContain(
    'node_filesystem_readonly device /dev/vda1 device_error input/output error fstype ext4 mountpoint /x',
  );
});

it('ten thousand mounts of containers are read: their table is larger than any other', () => {
  const layers = Array.from({ length: 20 }, (_, i) => `/var/lib/containers/storage/overlay/l/LAYER${i}`).join(':');
  const lines = Array.from(
    { length: 10_000 },
    (_, i) => `${i} 29 0:${i} / /var/lib/docker/overlay2/${i}/merged rw - overlay overlay rw,lowerdir=${layers}\n`,
  );
  const table = new TextEncoder().encode(`${lines.join('')}1 1 8:1 / / rw - ext4 /dev/sda1 rw\n`);
  expect(table.length).toBeGreaterThan(8 * 1024 * 1024);
  const { host } = machine((path) => (path === '/proc/1/mountinfo' ? table : -2));
  const names: string[] = [];
  const sink: SampleSink = { add: (name, labels) => void names.push(`${name} ${labels.join(' ')}`) };
  expect(collectAll(hostSources(), createSourceContext(host, '/', sink))).toBe(0);
  expect(names.filter((name) => name.startsWith('node_filesystem_readonly'))).toHaveLength(1);
});

it('a link that is down refuses its speed and carrier: the rest of it is there', () => {
  const { host } = machine((path) => {
    if (/\/(speed|carrier)$/.test(path)) return -22;
    if (path.endsWith('operstate')) return new TextEncoder().encode('down\n');
    return path.endsWith('/mtu') ? new TextEncoder().encode('1500\n') : -2;
  });
  const names: string[] = [];
  const sink: SampleSink = { add: (name, labels) => void names.push(`${name} ${labels.join(' ')}`) };
  expect(collectAll(hostSources(), createSourceContext(host, '/', sink))).toBe(0);
  expect(names).toContain('node_network_up device eth0');
  expect(names).toContain('node_network_mtu_bytes device lo');
  expect(names.some((name) => name.startsWith('node_network_speed') || name.startsWith('node_network_carrier'))).toBe(
    false,
  );
});

it('the same labels are the same array in every collection', () => {
  const seen: Labels[][] = [[], []];
  let round = 0;
  const { host } = machine((path) =>
    path === '/proc/stat' ? new TextEncoder().encode('cpu0 1 2 3 4 5 6 7 8 9 10\n') : -2,
  );
  const context = createSourceContext(host, '/', { add: (_, labels) => void seen[round]!.push(labels) });
  const sources = hostSources();
  for (round = 0; round < 2; round++) collectAll(sources, context);
  expect(seen[0]!.length).toBeGreaterThan(10);
  expect(seen[1]!.every((labels, i) => labels === seen[0]![i])).toBe(true);
});

it('an idle counter that runs back a little is held, a processor that comes back starts anew', () => {
  let idle = 1000;
  const got: number[] = [];
  const { host } = machine((path) =>
    path === '/proc/stat' ? new TextEncoder().encode(`cpu0 1 2 3 ${idle} 5 6 7 8\n`) : -2,
  );
  const sink: SampleSink = { add: (_, labels, value) => void (labels.includes('idle') && got.push(value)) };
  const context = createSourceContext(host, '/', sink);
  const sources = hostSources();
  for (idle of [1000, 990, 1010, 100]) collectAll(sources, context);
  expect(got).toEqual([10, 10, 10.1, 1]);
});
