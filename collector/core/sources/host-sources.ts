import { collectorIdentitySource } from './collector-identity.ts';
import { cpuSource } from './cpu.ts';
import { disksSource } from './disks.ts';
import { filesystemsSource } from './filesystems.ts';
import { kernelIdentitySource } from './kernel-identity.ts';
import { kernelStatSource } from './kernel-stat.ts';
import { loadSource } from './load.ts';
import { memorySource } from './memory.ts';
import { neighboursSource } from './neighbours.ts';
import { networkDevicesSource } from './network-devices.ts';
import { networkTrafficSource } from './network-traffic.ts';
import { openFilesSource } from './open-files.ts';
import { packetsSource } from './packets.ts';
import { pressureSource } from './pressure.ts';
import { protocolsSource } from './protocols.ts';
import { connectionTrackingSource, entropySource } from './single-numbers.ts';
import { socketsSource } from './sockets.ts';
import type { Source } from './source.ts';
import { systemIdentitySource } from './system-identity.ts';
import { timeSource } from './time.ts';
import { udpQueuesSource } from './udp-queues.ts';
import { virtualMemorySource } from './virtual-memory.ts';

/** Every source of a Linux host; `disabled` are names to leave out (the `collector` label of node_scrape_collector_success). */
export function hostSources(
  options: { readonly disabled?: readonly string[]; readonly networkFilesystems?: boolean } = {},
): Source[] {
  const all = [
    collectorIdentitySource(),
    cpuSource(),
    kernelStatSource(),
    loadSource(),
    memorySource(),
    virtualMemorySource(),
    pressureSource(),
    disksSource(),
    filesystemsSource(options),
    networkTrafficSource(),
    networkDevicesSource(),
    protocolsSource(),
    socketsSource(),
    packetsSource(),
    neighboursSource(),
    udpQueuesSource(),
    connectionTrackingSource(),
    openFilesSource(),
    entropySource(),
    timeSource(),
    kernelIdentitySource(),
    systemIdentitySource(),
  ];
  return all.filter((source) => !(options.disabled ?? []).includes(source.name));
}
