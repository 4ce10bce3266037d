import { attribute, line } from './attribute.ts';
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

/** What is said of a disk beside its counters: name of the metric, labels, value. */
type DiskFact = readonly [metric: string, labels: Labels, value: number];

/** What is known of a disk, and when udev's file of it was written: ms, -1 where there is none. */
interface KnownDisk {
  readonly facts: readonly DiskFact[];
  readonly written: number;
}

/** Collections between two looks at whether udev has written anew: another disk in the same bay has the same number and name. */
const LOOK_EVERY = 6;

/**
 * node_disk_*. What a disk is (model, serial, what is on it) is read from udev when its device number and name are first seen, and when udev's file
 * of it has changed.
 */
export function disksSource(): Source {
  const known = new Map<string, KnownDisk>();
  const stat = new Float64Array(6);
  let age = 0;
  return {
    name: 'diskstats',
    collect(context) {
      const { paths, text, labels, sink } = context;
      const stats = text(paths.proc('diskstats'));
      if (stats === null) return;
      const look = age++ % LOOK_EVERY === 0;
      const there = new Set<string>();
      for (const disk of parseDisks(stats)) {
        const id = `${disk.major}:${disk.minor}:${disk.device}`;
        there.add(id);
        let one = known.get(id);
        if (one === undefined || look) {
          // Before it is read: what is written meanwhile is seen at the next look.
          const written = context.host.files.stat(udevFile(context, disk), stat) < 0 ? -1 : stat[1]!;
          if (one === undefined || one.written !== written) {
            one = { facts: diskFacts(context, disk), written };
            known.set(id, one);
          }
        }
        for (const [metric, pairs, value] of one.facts) sink.add(metric, pairs, value);
        const device = labels('device', disk.device);
        for (let i = 0; i < disk.values.length; i++) {
          const [name, unit] = COLUMNS[i]!;
          // Milliseconds are divided, not multiplied by 0.001: 13318 ms are 13.318 s and not 13.318000000000001.
          sink.add(name, device, unit === MS ? disk.values[i]! / 1000 : disk.values[i]! * unit);
        }
      }
      for (const id of known.keys()) if (!there.has(id)) known.delete(id);
    },
  };
}

/** Properties of ATA disks that are numbers. */
const ATA = [
  ['ID_ATA_WRITE_CACHE', 'node_disk_ata_write_cache'],
  ['ID_ATA_WRITE_CACHE_ENABLED', 'node_disk_ata_write_cache_enabled'],
  ['ID_ATA_ROTATION_RATE_RPM', 'node_disk_ata_rotation_rate_rpm'],
] as const;

function udevFile({ paths }: SourceContext, { major, minor }: Disk): string {
  return paths.at(`/run/udev/data/b${major}:${minor}`);
}

function diskFacts(context: SourceContext, disk: Disk): DiskFact[] {
  const { paths, labels } = context;
  const { device, major, minor } = disk;
  const udev = parseUdev(line(context, udevFile(context, disk)) ?? '');
  const get = (key: string): string => udev.get(key) ?? '';
  const own = ['device', device];
  // A disk behind a controller has the controller's serial number too; virtio disks have the long one only.
  const serial = get('SCSI_IDENT_SERIAL') || get('ID_SERIAL_SHORT') || get('ID_SERIAL');
  const numbers = ['major', major, 'minor', minor, 'model', get('ID_MODEL'), 'path', get('ID_PATH')];
  // In names of folders a slash (cciss/c0d0) is an exclamation mark. What has no queue, a partition say, does not turn.
  const turns = attribute(context, paths.sys(`block/${device.replaceAll('/', '!')}/queue/rotational`)) === '1';
  const names = [
    'revision',
    get('ID_REVISION'),
    'rotational',
    turns ? '1' : '0',
    'serial',
    serial,
    'wwn',
    get('ID_WWN'),
  ];
  const facts: DiskFact[] = [['node_disk_info', labels(...own, ...numbers, ...names), 1]];
  if (get('ID_FS_TYPE') !== '') {
    const kind = ['type', get('ID_FS_TYPE'), 'usage', get('ID_FS_USAGE')];
    const which = ['uuid', get('ID_FS_UUID'), 'version', get('ID_FS_VERSION')];
    facts.push(['node_disk_filesystem_info', labels(...own, ...kind, ...which), 1]);
  }
  if (get('DM_NAME') !== '') {
    const volume = ['lv_layer', get('DM_LV_LAYER'), 'lv_name', get('DM_LV_NAME'), 'vg_name', get('DM_VG_NAME')];
    const mapped = ['name', get('DM_NAME'), 'uuid', get('DM_UUID')];
    facts.push(['node_disk_device_mapper_info', labels(...own, ...volume, ...mapped), 1]);
  }
  for (const [key, metric] of get('ID_ATA') === '' ? [] : ATA) {
    const value = decimal(udev.get(key));
    if (!Number.isNaN(value)) facts.push([metric, labels(...own), value]);
  }
  return facts;
}
