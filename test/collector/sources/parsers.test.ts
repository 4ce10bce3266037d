import { expect, it } from 'vitest';
import { formatLabels, formatValue } from '../../../collector/core/exposition.ts';
import { parseConnectionTracking } from '../../../collector/core/sources/connection-tracking.ts';
import { parseCpuTimes } from '../../../collector/core/sources/cpu.ts';
import { cpuList } from '../../../collector/core/sources/cpu-throttles.ts';
import { parseDisks, parseUdev } from '../../../collector/core/sources/disks.ts';
import { parseMountInfo, parseMounts } from '../../../collector/core/sources/filesystems.ts';
import { parseKernelStat } from '../../../collector/core/sources/kernel-stat.ts';
import { parseLoad } from '../../../collector/core/sources/load.ts';
import { parseMemory } from '../../../collector/core/sources/memory.ts';
import { parseNeighbours } from '../../../collector/core/sources/neighbours.ts';
import { parseNetworkTraffic } from '../../../collector/core/sources/network-traffic.ts';
import { parsePackets } from '../../../collector/core/sources/packets.ts';
import { parsePressure } from '../../../collector/core/sources/pressure.ts';
import { parseProtocols, parseProtocols6 } from '../../../collector/core/sources/protocols.ts';
import { parseRaid } from '../../../collector/core/sources/raid.ts';
import { realPath } from '../../../collector/core/sources/real-path.ts';
import { parseSockets } from '../../../collector/core/sources/sockets.ts';
import { parseOsRelease } from '../../../collector/core/sources/system-identity.ts';
import { zoneName } from '../../../collector/core/sources/time.ts';
import { parseUdpQueues } from '../../../collector/core/sources/udp-queues.ts';
import { parseVirtualMemory } from '../../../collector/core/sources/virtual-memory.ts';

/** What a parser calls back with. */
function calls<Args extends unknown[]>(run: (each: (...args: Args) => void) => void): Args[] {
  const all: Args[] = [];
  run((...args) => all.push(args));
  return all;
}

it('cpu: old kernels have fewer columns, the sum line is left out', () => {
  expect(
    calls((each) => parseCpuTimes('cpu  1 2 3 4\ncpu0 100 200 300 400 50 6 7 8 9 10\ncpu1 1 2 3 4\n', each)),
  ).toEqual([
    ['0', [1, 2, 3, 4, 0.5, 0.06, 0.07, 0.08, 0.09, 0.1]],
    ['1', [0.01, 0.02, 0.03, 0.04, 0, 0, 0, 0, 0, 0]],
  ]);
  expect(calls((each) => parseCpuTimes('cpu0 x y z w\ncpu1\ncpufreq 1 2 3 4\n', each))).toEqual([]);
});

it('kernel stat: the first number of each known line', () => {
  const text = 'intr 99 1 2 3\nctxt 5\nbtime 7\nprocesses x\nprocs_running 2\nstrange 1\nprocs_blocked';
  expect(calls((each) => parseKernelStat(text, each))).toEqual([
    ['node_intr_total', 99],
    ['node_context_switches_total', 5],
    ['node_boot_time_seconds', 7],
    ['node_procs_running', 2],
  ]);
});

it('memory: bytes where there is a unit, brackets become an underscore', () => {
  expect(
    calls((each) => parseMemory('MemTotal: 2 kB\nActive(anon):  3 kB\nHugePages_Total:   4\nbroken\nX: y kB\n', each)),
  ).toEqual([
    ['MemTotal', 2048, true],
    ['Active_anon', 3072, true],
    ['HugePages_Total', 4, false],
  ]);
});

it('load', () => {
  expect(parseLoad('0.21 0.37 0.39 1/719 19737\n')).toEqual([0.21, 0.37, 0.39]);
  expect(parseLoad('')).toBeNull();
  expect(parseLoad('0.1 x 0.3')).toBeNull();
});

it('disks: partitions, loop and RAM devices are left out, garbage as well', () => {
  const text =
    '8 0 sda 1 2 3 4 5 6 7 8 9 10 11\n8 1 sda1 1 2 3 4 5 6 7 8 9 10 11\n7 0 loop0 0 0 0 0 0 0 0 0 0 0 0\n8 2 sdb 1 2\nx\n';
  expect(parseDisks(text)).toEqual([
    { major: '8', minor: '0', device: 'sda', values: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11] },
  ]);
  expect(parseUdev('S:disk/x\nE:ID_MODEL=A=B\nE:broken\n')).toEqual(new Map([['ID_MODEL', 'A=B']]));
});

it('mounts: octal escapes, read-only among the options', () => {
  expect(
    parseMounts('/dev/a /mnt/a\\040b\\134 ext4 rw,errors=remount-ro 0 0\n/dev/b /b xfs ro,nodev 0 0\nshort /x\n'),
  ).toEqual([
    { device: '/dev/a', point: '/mnt/a b\\', type: 'ext4', readOnly: false, number: '' },
    { device: '/dev/b', point: '/b', type: 'xfs', readOnly: true, number: '' },
  ]);
});

it('mount info: optional fields or none, read-only by the mount or by its file system', () => {
  const text = [
    '29 1 253:1 / / rw,relatime shared:1 master:2 - ext4 /dev/vda1 rw,errors=remount-ro',
    '30 29 0:33 / /mnt/a\\040b rw - nfs4 srv:/x\\040y ro,vers=4.2',
    '31 29 259:5 /sub /data ro,nosuid - btrfs /dev/nvme0n1p5 rw',
    '32 29 8:1 / /e rw - ext4 /dev/sda1 rw,emergency_ro',
    'torn 29 253:1 / /x rw',
    '33 29 x / /y rw - ext4 /dev/sdb rw',
  ].join('\n');
  expect(parseMountInfo(text)).toEqual([
    { device: '/dev/vda1', point: '/', type: 'ext4', readOnly: false, number: '253:1' },
    { device: 'srv:/x y', point: '/mnt/a b', type: 'nfs4', readOnly: true, number: '0:33' },
    { device: '/dev/nvme0n1p5', point: '/data', type: 'btrfs', readOnly: true, number: '259:5' },
    { device: '/dev/sda1', point: '/e', type: 'ext4', readOnly: true, number: '8:1' },
  ]);
});

it('network traffic: no blank after the colon, an alias with a colon in it', () => {
  const text =
    'head | head\n eth0:1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n eth0:1: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n lo: 1 2\n';
  const values = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16];
  expect(calls((each) => parseNetworkTraffic(text, each))).toEqual([
    ['eth0', values],
    ['eth0:1', values],
  ]);
});

it('protocols: names and values must belong together', () => {
  expect(calls((each) => parseProtocols('Tcp: A B\nTcp: 1 -1\nUdp: A B\nUdp: 1\nIp: A\nIcmp: 2\n', each))).toEqual([
    ['Tcp_A', 1],
    ['Tcp_B', -1],
  ]);
  expect(calls((each) => parseProtocols6('Ip6InOctets 460\nUdpLite6InErrors\t0\nnothing\n', each))).toEqual([
    ['Ip6_InOctets', 460],
    ['UdpLite6_InErrors', 0],
  ]);
});

it('sockets, virtual memory, pressure, packets', () => {
  expect(calls((each) => parseSockets('sockets: used 17\nTCP: inuse 2 mem x\nbad\n', each))).toEqual([
    ['sockets', 'used', 17],
    ['TCP', 'inuse', 2],
  ]);
  expect(calls((each) => parseVirtualMemory('pgfault 5\nnr_free_pages 9\npgmajfault x\noom_kill 0\n', each))).toEqual([
    ['pgfault', 5],
    ['oom_kill', 0],
  ]);
  expect(parsePressure('some avg10=0.77 avg60=0.36 avg300=0.24 total=10736614\nfull total=\n')).toEqual({
    some: 10.736614,
  });
  expect(
    calls((each) =>
      parsePackets(
        '000000ff 00000001 00000002 0 0\n00000010 00000001 00000002 00000000 00000000 00000000 00000000 00000000 00000000\n',
        (cpu, column) => each(cpu, [0, 1, 2, 8, 11].map(column)),
      ),
    ),
  ).toEqual([[0, [16, 1, 2, 0, 0]]]);
});

it('neighbours and UDP queues', () => {
  const arp =
    'IP address       HW type     Flags       HW address            Mask     Device\n192.168.1.1      0x1         0x2         cc:aa:dd:ee:aa:bb     *        eth0\nshort\n';
  expect([...parseNeighbours(arp)]).toEqual([['eth0', 1]]);
  const udp =
    '  sl  local_address rem_address   st tx_queue rx_queue tr\n    0: 00000000:0016 00000000:0000 0A 00000015:00000001 00:00000000\n   1: 0F02000A:0016 0202000A:8B6B 01 0000000a:00000001 02\n';
  expect(parseUdpQueues(udp)).toEqual({ transmit: 31, receive: 2 });
});

it('os-release: quotes and escapes', () => {
  expect(parseOsRelease(`NAME="A \\"B\\""\nID=x\n# no\nVERSION='1 \\"'\nEMPTY=\n`)).toEqual(
    new Map([
      ['name', 'A "B"'],
      ['id', 'x'],
      ['version', '1 \\"'],
      ['empty', ''],
    ]),
  );
});

it('zones by their offset', () => {
  expect([0, 120, -210, 345].map(zoneName)).toEqual(['UTC', '+02', '-0330', '+0545']);
});

it('text format: whole numbers above 2^53 have their own digits, and not zeros in place of the last', () => {
  const numbers = [2 ** 53, 2 ** 61, (2 ** 50 + 1) * 4096, -(2 ** 63), 9e20, 1e300, 0.1 + 0.2];
  expect(numbers.map(formatValue)).toEqual([
    '9007199254740992',
    '2305843009213693952',
    '4611686018427392000',
    '-9223372036854775808',
    '900000000000000000000',
    '1e+300',
    '0.30000000000000004',
  ]);
});

it('text format: escapes and the values that are no plain number', () => {
  expect(formatLabels(['a', 'x\\y"z\n', 'b', ''])).toBe('{a="x\\\\y\\"z\\n",b=""}');
  expect([Number.NaN, 1 / 0, -1 / 0, -0, 1e21, 0.1].map(formatValue)).toEqual([
    'NaN',
    '+Inf',
    '-Inf',
    '-0',
    '1e+21',
    '0.1',
  ]);
});

it('arrays: what cannot be understood of one leaves that one out', () => {
  const text = [
    'Personalities : [raid1]',
    'md0 : active raid1 sda1[0] sdb1[1]',
    '      100 blocks super 1.2 [2/2] [UU]',
    '      [=>...] reshape = 10.0% (10/100) finish=1min speed=1K/sec',
    'md1 : active raid1 sdc1[0]',
    '      no blocks',
    'md2 : active raid5 sdd1[0](F) sde1[1](S)',
    '      7 blocks [3/1] [U__]',
    '      bitmap: 0/1 pages',
    '      [=>...] check = 99.9% (6/7) finish=1min speed=1K/sec',
    'md3',
    'md4 : active raid1 sdf1[0]',
  ].join('\n');
  const one = { required: 2, active: 2, failed: 0, spare: 0 };
  expect(parseRaid(text)).toEqual([
    { ...one, device: 'md0', state: 'reshaping', blocks: 100, synced: 10 },
    { device: 'md2', state: 'checking', required: 3, active: 1, failed: 1, spare: 1, blocks: 7, synced: 6 },
  ]);
});

it('lists of processors, and connections followed', () => {
  expect(cpuList('0-2,5,9-9')).toEqual([0, 1, 2, 5, 9]);
  expect([cpuList(''), cpuList('3-1'), cpuList('x'), cpuList('1,')]).toEqual([[], [], [], []]);
  expect(parseConnectionTracking('entries\n1 2 3\nzz\n')).toBeNull();
});

it('links are followed, up to a circle', () => {
  const links: Record<string, string> = {
    '/sys/class/hwmon/hwmon0': '../../devices/platform/chip.0/hwmon/hwmon0',
    '/sys/devices/platform/chip.0/hwmon/hwmon0/device': '../../../chip.0',
    '/a': '/b',
    '/b': '/a',
  };
  const real = (path: string) => realPath({ readlink: (at) => links[at] ?? -22 }, path);
  expect(real('/sys/class/hwmon/hwmon0/device')).toBe('/sys/devices/platform/chip.0');
  expect(real('/a/x')).toBe('/a/x');
  expect(real('root/./x')).toBe('./root/x');
  expect(real('/')).toBe('/');
});
