import { decimal, words } from './number.ts';
import type { Labels, Source, SourceContext } from './source.ts';

/** Partitions, loop, RAM and floppy devices, as node_exporter leaves them out. */
const IGNORED = /^(z?ram|loop|fd|(h|s|v|xv)d[a-z]|nvme\d+n\d+p)\d+$/;
const SECTOR_BYTES = 512;
const MS = 1e-3;

/** Columns of /proc/diskstats after the name, and what one unit is. Older kernels have fewer. */
const COLUMNS: readonly (readonly [string, number])[] = [
  ['node_disk_reads_completed_total', 1],
  ['node_disk_reads_merged_total', 1],
  ['node_disk_read_bytes_total', SECTOR_BYTES],
  ['node_disk_read_time_seconds_total', MS],
  ['node_disk_writes_completed_total', 1],
  ['node_disk_writes_merged_total', 1],
  ['node_disk_written_bytes_total', SECTOR_BYTES],
  ['node_disk_write_time_seconds_total', MS],
  ['node_disk_io_now', 1],
  ['node_disk_io_time_seconds_total', MS],
  ['node_disk_io_time_weighted_seconds_total', MS],
  ['node_disk_discards_completed_total', 1],
  ['node_disk_discards_merged_total', 1],
  ['node_disk_discarded_sectors_total', 1],
  ['node_disk_discard_time_seconds_total', MS],
  ['node_disk_flush_requests_total', 1],
  ['node_disk_flush_requests_time_seconds_total', MS],
];

export interface Disk {
  readonly major: string;
  readonly minor: string;
  readonly device: string;
  readonly values: readonly number[];
}

/** /proc/diskstats: `254 0 vda 104597 24197 ...`. Lines of another form are left out. */
export function parseDisks(text: string): Disk[] {
  const disks: Disk[] = [];
  for (const line of text.split('\n')) {
    const [major, minor, device, ...fields] = words(line);
    if (major === undefined || minor === undefined || device === undefined || IGNORED.test(device)) continue;
    const values = fields.slice(0, COLUMNS.length).map(decimal);
    if (values.length < 11 || values.some(Number.isNaN)) continue;
    disks.push({ major, minor, device, values });
  }
  return disks;
}

/** The `E:KEY=value` lines of udev's database of one device. */
export function parseUdev(text: string): Map<string, string> {
  const properties = new Map<string, string>();
  for (const line of text.split('\n')) {
    const match = /^E:([^=]+)=(.*)$/.exec(line);
    if (match !== null) properties.set(match[1]!, match[2]!);
  }
  return properties;
}

/** node_disk_*. What a disk is (model, serial) is read from udev once for each device number and name. */
export function disksSource(): Source {
  const identities = new Map<string, Labels>();
  return {
    name: 'diskstats',
    collect(context) {
      const { paths, text, labels, sink } = context;
      const stats = text(paths.proc('diskstats'));
      if (stats === null) return;
      for (const disk of parseDisks(stats)) {
        const id = `${disk.major}:${disk.minor}:${disk.device}`;
        let identity = identities.get(id);
        if (identity === undefined) {
          identity = diskIdentity(context, disk);
          identities.set(id, identity);
        }
        sink.add('node_disk_info', identity, 1);
        const device = labels('device', disk.device);
        for (let i = 0; i < disk.values.length; i++) {
          const [name, unit] = COLUMNS[i]!;
          // Milliseconds are divided, not multiplied by 0.001: 13318 ms are 13.318 s and not 13.318000000000001.
          sink.add(name, device, unit === MS ? disk.values[i]! / 1000 : disk.values[i]! * unit);
        }
      }
    },
  };
}

function diskIdentity({ paths, text, labels }: SourceContext, disk: Disk): Labels {
  const udev = parseUdev(text(paths.at(`/run/udev/data/b${disk.major}:${disk.minor}`)) ?? '');
  const get = (key: string): string => udev.get(key) ?? '';
  return labels(
    'device',
    disk.device,
    'major',
    disk.major,
    'minor',
    disk.minor,
    'model',
    get('ID_MODEL'),
    'path',
    get('ID_PATH'),
    'revision',
    get('ID_REVISION'),
    'serial',
    get('ID_SERIAL_SHORT'),
    'wwn',
    get('ID_WWN'),
  );
}
