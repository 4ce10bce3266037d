import { bcacheSource } from './bcache.ts';
import { bcachefsSource } from './bcachefs.ts';
import { bondingSource } from './bonding.ts';
import { btrfsSource } from './btrfs.ts';
import { clockSource } from './clock.ts';
import { collectorIdentitySource } from './collector-identity.ts';
import { connectionTrackingSource } from './connection-tracking.ts';
import { cpuSource } from './cpu.ts';
import { cpuFrequencySource } from './cpu-frequency.ts';
import { cpuThrottlesSource } from './cpu-throttles.ts';
import { disksSource } from './disks.ts';
import { fibreChannelSource } from './fibre-channel.ts';
import { filesystemsSource } from './filesystems.ts';
import { hardwareIdentitySource } from './hardware-identity.ts';
import { infinibandSource } from './infiniband.ts';
import { ipvsSource } from './ipvs.ts';
import { kernelIdentitySource } from './kernel-identity.ts';
import { kernelStatSource } from './kernel-stat.ts';
import { loadSource } from './load.ts';
import { memorySource } from './memory.ts';
import { memoryErrorsSource } from './memory-errors.ts';
import { multipathSource } from './multipath.ts';
import { neighboursSource } from './neighbours.ts';
import { networkDevicesSource } from './network-devices.ts';
import { networkTrafficSource } from './network-traffic.ts';
import { nfsClientSource } from './nfs-client.ts';
import { nfsServerSource } from './nfs-server.ts';
import { nvmeSource } from './nvme.ts';
import { openFilesSource } from './open-files.ts';
import { packetsSource } from './packets.ts';
import { powerCappingSource } from './power-capping.ts';
import { powerSuppliesSource } from './power-supplies.ts';
import { pressureSource } from './pressure.ts';
import { protocolsSource } from './protocols.ts';
import { raidSource } from './raid.ts';
import { schedulerSource } from './scheduler.ts';
import { selinuxSource } from './selinux.ts';
import { sensorsSource } from './sensors.ts';
import { entropySource, hungTasksSource } from './single-numbers.ts';
import { socketsSource } from './sockets.ts';
import type { Source } from './source.ts';
import { systemIdentitySource } from './system-identity.ts';
import { tapeSource } from './tape.ts';
import { thermalSource } from './thermal.ts';
import { timeSource } from './time.ts';
import { udpQueuesSource } from './udp-queues.ts';
import { virtualMemorySource } from './virtual-memory.ts';
import { watchdogSource } from './watchdog.ts';
import { xfsSource } from './xfs.ts';
import { zfsSource } from './zfs.ts';

/** Every source of a Linux host; `disabled` are names to leave out (the `collector` label of node_scrape_collector_success). */
export function hostSources(
  options: { readonly disabled?: readonly string[]; readonly networkFilesystems?: boolean } = {},
): Source[] {
  const all = [
    collectorIdentitySource(),
    cpuSource(),
    cpuFrequencySource(),
    cpuThrottlesSource(),
    schedulerSource(),
    kernelStatSource(),
    loadSource(),
    memorySource(),
    virtualMemorySource(),
    pressureSource(),
    disksSource(),
    raidSource(),
    nvmeSource(),
    multipathSource(),
    tapeSource(),
    bcacheSource(),
    bcachefsSource(),
    btrfsSource(),
    xfsSource(),
    zfsSource(),
    nfsClientSource(),
    nfsServerSource(),
    filesystemsSource(options),
    networkTrafficSource(),
    networkDevicesSource(),
    bondingSource(),
    infinibandSource(),
    fibreChannelSource(),
    ipvsSource(),
    protocolsSource(),
    socketsSource(),
    packetsSource(),
    neighboursSource(),
    udpQueuesSource(),
    connectionTrackingSource(),
    openFilesSource(),
    entropySource(),
    sensorsSource(),
    thermalSource(),
    powerSuppliesSource(),
    memoryErrorsSource(),
    powerCappingSource(),
    watchdogSource(),
    hungTasksSource(),
    selinuxSource(),
    timeSource(),
    clockSource(),
    kernelIdentitySource(),
    systemIdentitySource(),
    hardwareIdentitySource(),
  ];
  return all.filter((source) => !(options.disabled ?? []).includes(source.name));
}
