import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { seededRandom } from '../../simulator/random.ts';

/** How large the machine is. */
export interface LargeHost {
  readonly processors: number;
  readonly interfaces: number;
  readonly disks: number;
  /** Of containers mostly: of ten, one is somebody's file system. */
  readonly mounts: number;
  readonly sockets: number;
}

const OF_INTERFACE = {
  addr_assign_type: '3',
  address: '02:00:5e:00:00:01',
  broadcast: 'ff:ff:ff:ff:ff:ff',
  carrier: '1',
  carrier_changes: '2',
  carrier_down_count: '1',
  carrier_up_count: '1',
  dev_id: '0x0',
  dormant: '0',
  duplex: 'full',
  flags: '0x1003',
  ifalias: '',
  ifindex: '7',
  iflink: '8',
  link_mode: '0',
  mtu: '1500',
  name_assign_type: '4',
  netdev_group: '0',
  operstate: 'up',
  speed: '10000',
  tx_queue_len: '1000',
  type: '1',
  'statistics/rx_nohandler': '0',
};
const FREQUENCIES = [
  'cpuinfo_min_freq',
  'cpuinfo_max_freq',
  'scaling_cur_freq',
  'scaling_min_freq',
  'scaling_max_freq',
];

/** Writes the /proc and /sys of such a machine below `root`; the same one each time. */
export function writeLargeHost(root: string, size: LargeHost): void {
  const random = seededRandom(7);
  const number = (below = 2 ** 40) => Math.floor(random() * below);
  const numbers = (count: number) => Array.from({ length: count }, () => number()).join(' ');
  const lines = (count: number, line: (i: number) => string) =>
    Array.from({ length: count }, (_, i) => line(i)).join('\n');
  const write = (path: string, text: string): void => {
    const file = join(root, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `${text}\n`);
  };
  const cpus = lines(size.processors, (i) => `cpu${i} ${numbers(10)}`);
  write('proc/stat', `cpu  ${numbers(10)}\n${cpus}\nintr ${numbers(4_000)}\nctxt 1\nbtime 1788000000\nprocesses 1`);
  write('proc/schedstat', `version 15\n${lines(size.processors, (i) => `cpu${i} 0 0 0 0 0 0 ${numbers(3)}`)}`);
  for (let i = 0; i < size.processors; i++) {
    const folder = `sys/devices/system/cpu/cpu${i}`;
    for (const file of FREQUENCIES) write(`${folder}/cpufreq/${file}`, String(number(4e6)));
    const own = { scaling_driver: 'x', related_cpus: String(i), scaling_setspeed: '<unsupported>' };
    const governed = { scaling_governor: 'performance', scaling_available_governors: 'performance powersave' };
    for (const [file, text] of Object.entries({ ...own, ...governed })) write(`${folder}/cpufreq/${file}`, text);
    write(`${folder}/topology/physical_package_id`, String(i >> 6));
    write(`${folder}/topology/core_id`, String((i & 63) >> 1));
    write(`${folder}/thermal_throttle/core_throttle_count`, '1');
    write(`${folder}/thermal_throttle/package_throttle_count`, '1');
  }
  write('sys/devices/system/cpu/offline', '');
  write('sys/devices/system/cpu/isolated', '');
  write('proc/net/dev', `head\nhead\n${lines(size.interfaces, (i) => `veth${i}: ${numbers(16)}`)}`);
  for (let i = 0; i < size.interfaces; i++) {
    for (const [file, text] of Object.entries(OF_INTERFACE)) write(`sys/class/net/veth${i}/${file}`, text);
  }
  write(
    'proc/diskstats',
    lines(size.disks, (i) => ` 253 ${i} dm-${i} ${numbers(17)}`),
  );
  const layers = Array.from({ length: 12 }, (_, i) =>
    `/var/lib/containers/storage/overlay/l/${i}`.padEnd(60, 'X'),
  ).join(':');
  const mount = (i: number): string => {
    if (i % 10 === 0) return `${i} 29 0:${i} / /var/lib/kubelet/pods/${i}/volumes/token rw,relatime - tmpfs tmpfs rw`;
    if (i % 2 === 0) return `${i} 29 0:4 net:[${i}] /run/netns/cni-${i} rw shared:7 - nsfs nsfs rw`;
    return `${i} 29 0:${i} / /run/containers/${i}/rootfs rw,relatime - overlay overlay rw,lowerdir=${layers}`;
  };
  write('proc/1/mountinfo', lines(size.mounts, mount));
  const socket = (i: number) =>
    `${i}: 0100007F:0035 00000000:0000 07 00000000:00000000 00:00000000 00000000 0 0 ${i} 2 f 0`;
  write('proc/net/udp', `  sl  local_address\n${lines(size.sockets, socket)}`);
  const neighbour = (i: number) => `10.1.${i >> 8}.${i & 255} 0x1 0x2 02:00:5e:00:00:02 * veth${i % size.interfaces}`;
  write('proc/net/arp', `IP address\n${lines(size.sockets, neighbour)}`);
  write('proc/meminfo', 'MemTotal: 4227858432 kB');
  write('proc/loadavg', '901.10 880.05 700.00 300/90000 4000000');
}
