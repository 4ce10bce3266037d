import { cpus, loadavg, platform, uptime } from 'node:os';
import { NO_LABELS, type Source, type SourceContext } from '../core/sources/source.ts';

/** What is read of a machine without /proc. Sizes in bytes. */
export interface Readings {
  readonly memory: { readonly total: number; readonly free: number; readonly available: number };
  readonly disks: readonly {
    readonly device: string;
    readonly mountpoint: string;
    readonly filesystem: string;
    readonly total: number;
    readonly used: number;
    readonly available: number;
  }[];
}

/** Memory and disks by node-os-utils, which runs the system's own tools (vm_stat, df, PowerShell). `usage()` and not `info()`: that mixes columns. */
export async function readByOsUtils(): Promise<Readings> {
  // Loaded when it is needed: on Linux it never is, and it would stay in memory.
  const { OSUtils } = await import('node-os-utils');
  const tools = new OSUtils();
  const [memory, disks] = await Promise.all([tools.memory.info(), tools.disk.usage()]);
  if (!memory.success) throw new Error(`memory: ${memory.error.message}`);
  if (!disks.success) throw new Error(`disks: ${disks.error.message}`);
  return {
    memory: {
      total: memory.data.total.bytes,
      free: memory.data.free.bytes,
      available: memory.data.available.bytes,
    },
    disks: disks.data.map((disk) => ({
      device: disk.device,
      mountpoint: disk.mountpoint,
      filesystem: disk.filesystem,
      total: disk.total.bytes,
      used: disk.used.bytes,
      available: disk.available.bytes,
    })),
  };
}

/**
 * Load, processors, memory and file systems under node_exporter's names where there is no /proc: macOS and Windows. Processors, load and
 * uptime are Node's own and read at once; the rest takes tools that run for up to a second, so each collection
 * gives what was read last and starts the next reading. A reading that failed fails one collection of this source.
 */
export function osUtilsSource(read: () => Promise<Readings> = readByOsUtils): Source {
  let last: Readings | null = null;
  let failure: unknown = null;
  let reading = false;

  function refresh(): void {
    if (reading) return;
    reading = true;
    read()
      .then(
        (readings) => {
          last = readings;
        },
        (error: unknown) => {
          failure = error;
        },
      )
      .finally(() => {
        reading = false;
      });
  }

  return {
    name: 'os-utils',
    collect(context) {
      addProcessors(context);
      if (last !== null) addReadings(context, last);
      const failed = failure;
      failure = null;
      refresh();
      if (failed !== null) throw failed;
    },
  };
}

function addProcessors({ host, labels, sink }: SourceContext): void {
  cpus().forEach((cpu, i) => {
    const { user, nice, sys, idle, irq } = cpu.times;
    const times = { user, nice, system: sys, idle, irq };
    for (const [mode, ms] of Object.entries(times)) {
      sink.add('node_cpu_seconds_total', labels('cpu', String(i), 'mode', mode), ms / 1000);
    }
  });
  // Windows has no load average: Node gives zeros there.
  if (platform() !== 'win32') {
    const [one, five, fifteen] = loadavg();
    sink.add('node_load1', NO_LABELS, one!);
    sink.add('node_load5', NO_LABELS, five!);
    sink.add('node_load15', NO_LABELS, fifteen!);
  }
  sink.add('node_boot_time_seconds', NO_LABELS, Math.round(host.now() / 1000 - uptime()));
}

function addReadings({ labels, sink }: SourceContext, { memory, disks }: Readings): void {
  sink.add('node_memory_MemTotal_bytes', NO_LABELS, memory.total);
  sink.add('node_memory_MemFree_bytes', NO_LABELS, memory.free);
  sink.add('node_memory_MemAvailable_bytes', NO_LABELS, memory.available);
  const seen = new Set<string>();
  for (const disk of disks) {
    const pairs = labels('device', disk.device, 'fstype', disk.filesystem, 'mountpoint', disk.mountpoint);
    const id = pairs.join('\u0000');
    if (seen.has(id)) continue;
    seen.add(id);
    sink.add('node_filesystem_size_bytes', pairs, disk.total);
    sink.add('node_filesystem_free_bytes', pairs, disk.total - disk.used);
    sink.add('node_filesystem_avail_bytes', pairs, disk.available);
  }
}
