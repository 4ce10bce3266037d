import { bcachefsHelp } from './bcachefs.ts';
import { FABRIC_HELP } from './fabric-help.ts';
import { FILESYSTEM_HELP } from './filesystem-help.ts';
import { HARDWARE_HELP } from './hardware-help.ts';
import { counter, gauge, type MetricHelp } from './metric-help.ts';
import { sensorHelp } from './sensor-help.ts';
import { UNIT_HELP } from './unit-help.ts';
import { zfsHelp } from './zfs.ts';

/** What node_exporter says of the same names. */
const HELP: Readonly<Record<string, MetricHelp>> = {
  heliograph_clock_drift_ratio: gauge(
    'By how much the clock runs wrong by itself, as its daemon has found: seconds a second.',
  ),
  heliograph_clock_drift_timestamp_seconds: gauge('When the daemon wrote that down.'),
  heliograph_clock_synchronized_timestamp_seconds: gauge('When the clock was last synchronised.'),
  heliograph_ptp_clock_info: gauge('Hardware clocks of /sys/class/ptp, value is always 1.'),
  heliograph_ptp_clock_max_adjustment_ratio: gauge('By how much a hardware clock can be made faster or slower.'),
  heliograph_collector_build_info: gauge("A metric with a constant '1' value labeled by version, platform and arch."),
  heliograph_collector_unreadable_files_total: counter(
    'Files that tell of the machine and could not be read, by the source that needed them.',
  ),
  node_arp_entries: gauge('ARP entries by device'),
  node_boot_time_seconds: gauge('Node boot time, in unixtime.'),
  node_context_switches_total: counter('Total number of context switches.'),
  node_cpu_guest_seconds_total: counter('Seconds the CPUs spent in guests (VMs) for each mode.'),
  node_cpu_online: gauge('CPUs that are online and being scheduled.'),
  node_cpu_seconds_total: counter('Seconds the CPUs spent in each mode.'),
  node_disk_ata_rotation_rate_rpm: gauge('ATA disk rotation rate in RPMs (0 for SSDs).'),
  node_disk_ata_write_cache: gauge('ATA disk has a write cache.'),
  node_disk_ata_write_cache_enabled: gauge('ATA disk has its write cache enabled.'),
  node_disk_device_mapper_info: gauge('Info about disk device mapper.'),
  node_disk_discard_time_seconds_total: counter('This is the total number of seconds spent by all discards.'),
  node_disk_discarded_sectors_total: counter('The total number of sectors discarded successfully.'),
  node_disk_discards_completed_total: counter('The total number of discards completed successfully.'),
  node_disk_discards_merged_total: counter('The total number of discards merged.'),
  node_disk_filesystem_info: gauge('Info about disk filesystem.'),
  node_disk_flush_requests_time_seconds_total: counter(
    'This is the total number of seconds spent by all flush requests.',
  ),
  node_disk_flush_requests_total: counter('The total number of flush requests completed successfully'),
  node_disk_info: gauge('Info of /sys/block/<block_device>.'),
  node_disk_io_now: gauge('The number of I/Os currently in progress.'),
  node_disk_io_time_seconds_total: counter('Total seconds spent doing I/Os.'),
  node_disk_io_time_weighted_seconds_total: counter('The weighted # of seconds spent doing I/Os.'),
  node_disk_read_bytes_total: counter('The total number of bytes read successfully.'),
  node_disk_read_time_seconds_total: counter('The total number of seconds spent by all reads.'),
  node_disk_reads_completed_total: counter('The total number of reads completed successfully.'),
  node_disk_reads_merged_total: counter('The total number of reads merged.'),
  node_disk_write_time_seconds_total: counter('This is the total number of seconds spent by all writes.'),
  node_disk_writes_completed_total: counter('The total number of writes completed successfully.'),
  node_disk_writes_merged_total: counter('The number of writes merged.'),
  node_disk_written_bytes_total: counter('The total number of bytes written successfully.'),
  node_entropy_available_bits: gauge('Bits of available entropy.'),
  node_entropy_pool_size_bits: gauge('Bits of entropy pool.'),
  node_filefd_allocated: gauge('File descriptor statistics: allocated.'),
  node_filefd_maximum: gauge('File descriptor statistics: maximum.'),
  node_filesystem_avail_bytes: gauge('Filesystem space available to non-root users in bytes.'),
  node_filesystem_device_error: gauge('Whether an error occurred while getting statistics for the given device.'),
  node_filesystem_files: gauge('Filesystem total file nodes.'),
  node_filesystem_files_free: gauge('Filesystem total free file nodes.'),
  node_filesystem_free_bytes: gauge('Filesystem free space in bytes.'),
  node_filesystem_mount_info: gauge('Filesystem mount information.'),
  node_filesystem_readonly: gauge('Filesystem read-only status.'),
  node_filesystem_size_bytes: gauge('Filesystem size in bytes.'),
  node_forks_total: counter('Total number of forks.'),
  node_intr_total: counter('Total number of interrupts serviced.'),
  node_load1: gauge('1m load average.'),
  node_load15: gauge('15m load average.'),
  node_load5: gauge('5m load average.'),
  node_network_address_assign_type: gauge('Network device property: address_assign_type'),
  node_network_carrier: gauge('Network device property: carrier'),
  node_network_carrier_changes_total: counter('Network device property: carrier_changes_total'),
  node_network_carrier_down_changes_total: counter('Network device property: carrier_down_changes_total'),
  node_network_carrier_up_changes_total: counter('Network device property: carrier_up_changes_total'),
  node_network_device_id: gauge('Network device property: device_id'),
  node_network_dormant: gauge('Network device property: dormant'),
  node_network_flags: gauge('Network device property: flags'),
  node_network_iface_id: gauge('Network device property: iface_id'),
  node_network_iface_link: gauge('Network device property: iface_link'),
  node_network_iface_link_mode: gauge('Network device property: iface_link_mode'),
  node_network_info: gauge('Non-numeric data from /sys/class/net/<iface>, value is always 1.'),
  node_network_mtu_bytes: gauge('Network device property: mtu_bytes'),
  node_network_name_assign_type: gauge('Network device property: name_assign_type'),
  node_network_net_dev_group: gauge('Network device property: net_dev_group'),
  node_network_protocol_type: gauge('Network device property: protocol_type'),
  node_network_speed_bytes: gauge('Network device property: speed_bytes'),
  node_network_transmit_queue_length: gauge('Network device property: transmit_queue_length'),
  node_network_up: gauge("Value is 1 if operstate is 'up', 0 otherwise."),
  node_nf_conntrack_entries: gauge('Number of currently allocated flow entries for connection tracking.'),
  node_nf_conntrack_entries_limit: gauge('Maximum size of connection tracking table.'),
  node_os_info: gauge(
    "A metric with a constant '1' value labeled by build_id, id, id_like, image_id, image_version, name, pretty_name, variant, variant_id, version, version_codename, version_id.",
  ),
  node_os_version: gauge('Metric containing the major.minor part of the OS version.'),
  node_pressure_cpu_waiting_seconds_total: counter('Total time in seconds that processes have waited for CPU time'),
  node_pressure_io_stalled_seconds_total: counter(
    'Total time in seconds no process could make progress due to IO congestion',
  ),
  node_pressure_io_waiting_seconds_total: counter(
    'Total time in seconds that processes have waited due to IO congestion',
  ),
  node_pressure_irq_stalled_seconds_total: counter(
    'Total time in seconds no process could make progress due to IRQ congestion',
  ),
  node_pressure_memory_stalled_seconds_total: counter(
    'Total time in seconds no process could make progress due to memory congestion',
  ),
  node_pressure_memory_waiting_seconds_total: counter('Total time in seconds that processes have waited for memory'),
  node_power_supply_info: gauge('info of /sys/class/power_supply/<power_supply>.'),
  node_procs_blocked: gauge('Number of processes blocked waiting for I/O to complete.'),
  node_procs_running: gauge('Number of processes in runnable state.'),
  node_scrape_collector_duration_seconds: gauge('Duration of a collector scrape.'),
  node_scrape_collector_success: gauge('Whether a collector succeeded.'),
  node_softnet_dropped_total: counter('Number of dropped packets'),
  node_softnet_processed_total: counter('Number of processed packets'),
  node_softnet_times_squeezed_total: counter('Number of times processing packets ran out of quota'),
  node_sockstat_sockets_used: gauge('Number of IPv4 sockets in use.'),
  node_time_clocksource_available_info: gauge("Available clocksources read from '/sys/devices/system/clocksource'."),
  node_time_clocksource_current_info: gauge("Current clocksource read from '/sys/devices/system/clocksource'."),
  node_textfile_mtime_seconds: gauge('Unixtime mtime of textfiles successfully read.'),
  node_textfile_scrape_error: gauge('1 if there was an error opening or reading a file, 0 otherwise'),
  node_time_seconds: gauge('System time in seconds since epoch (1970).'),
  node_time_zone_offset_seconds: gauge('System time zone offset in seconds.'),
  node_udp_queues: gauge('Number of allocated memory in the kernel for UDP datagrams in bytes.'),
  node_uname_info: gauge('Labeled system information as provided by the uname system call.'),
};

/** Families whose names come from the kernel's own words. */
const PREFIXES: readonly (readonly [string, (key: string) => MetricHelp])[] = [
  ['node_memory_', (key) => gauge(`Memory information field ${key}.`)],
  ['node_vmstat_', (key) => ({ type: 'untyped', help: `/proc/vmstat information field ${key}.` })],
  ['node_netstat_', (key) => ({ type: 'untyped', help: `Statistic ${key.replace('_', '')}.` })],
  ['node_sockstat_', (key) => gauge(sockets(key))],
  ['node_hwmon_', sensorHelp],
  ['node_power_supply_', (key) => gauge(`${key} value of /sys/class/power_supply/<power_supply>.`)],
  ['node_bcachefs_', (key) => counter(bcachefsHelp(key))],
  ['node_zfs_', (key) => ({ type: 'untyped', help: zfsHelp(key) })],
  ['node_rapl_', (key) => counter(`Current RAPL ${key.replace(/_joules_total$/, '')} value in joules`)],
  ['node_network_', (key) => counter(`Network device statistic ${key.replace(/_total$/, '')}.`)],
];

function sockets(key: string): string {
  const at = key.indexOf('_');
  return `Number of ${key.slice(0, at)} sockets in state ${key.slice(at + 1)}.`;
}

/** Type and help of a metric of this collector; a name nobody declared is untyped. */
export function metricHelp(name: string): MetricHelp {
  const known = HELP[name] ?? HARDWARE_HELP[name] ?? FILESYSTEM_HELP[name] ?? FABRIC_HELP[name] ?? UNIT_HELP[name];
  if (known !== undefined) return known;
  for (const [prefix, help] of PREFIXES) if (name.startsWith(prefix)) return help(name.slice(prefix.length));
  return { type: 'untyped', help: 'No description.' };
}
