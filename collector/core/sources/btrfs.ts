import { attribute, attributeNumber, entries } from './attribute.ts';
import { decimal, words } from './number.ts';
import type { Source, SourceContext } from './source.ts';
import { whereThere } from './where-there.ts';

const SECTOR_BYTES = 512;
const GROUPS = ['data', 'metadata', 'system'];
/** Lines of commit_stats, and their metrics; milliseconds but for the first. */
const COMMITS = [
  ['commits', 'node_btrfs_commits_total', 1],
  ['last_commit_ms', 'node_btrfs_last_commit_seconds', 1000],
  ['max_commit_ms', 'node_btrfs_max_commit_seconds', 1000],
  ['total_commit_ms', 'node_btrfs_commit_seconds_total', 1000],
] as const;

/** Bytes of disk for a byte of data, by the profile of a block group and the number of disks; 0 for one nobody knows. */
export function allocationRatio(mode: string, devices: number): number {
  if (mode === 'single' || mode === 'raid0') return 1;
  if (mode === 'dup' || mode === 'raid1' || mode === 'raid10') return 2;
  const copies = /^raid1c([34])$/.exec(mode);
  if (copies !== null) return Number(copies[1]);
  if (mode === 'raid5') return devices / (devices - 1);
  return mode === 'raid6' ? devices / (devices - 2) : 0;
}

/** node_btrfs_*, as /sys/fs/btrfs/<uuid> has them. What only an ioctl of root says (errors of each device) is not here. */
export function btrfsSource(): Source {
  return whereThere((paths) => paths.sys('fs/btrfs'), {
    name: 'btrfs',
    collect(context) {
      const { paths, labels, sink } = context;
      for (const name of entries(context, paths.sys('fs/btrfs'))) {
        if (!name.includes('-')) continue;
        const folder = paths.sys(`fs/btrfs/${name}`);
        const read = (file: string): number => attributeNumber(context, `${folder}/${file}`) || 0;
        const uuid = attribute(context, `${folder}/metadata_uuid`) || name;
        const pairs = labels('uuid', uuid);
        sink.add('node_btrfs_info', labels('label', attribute(context, `${folder}/label`) ?? '', 'uuid', uuid), 1);
        sink.add('node_btrfs_global_rsv_size_bytes', pairs, read('allocation/global_rsv_size'));
        const commits = new Map(
          (attribute(context, `${folder}/commit_stats`) ?? '').split('\n').map((line) => {
            const [key = '', value] = words(line);
            return [key, decimal(value) || 0];
          }),
        );
        for (const [key, metric, unit] of COMMITS) sink.add(metric, pairs, (commits.get(key) ?? 0) / unit);
        const devices = entries(context, `${folder}/devices`);
        for (const device of devices) {
          const size = read(`devices/${device}/size`) * SECTOR_BYTES;
          sink.add('node_btrfs_device_size_bytes', labels('device', device, 'uuid', uuid), size);
        }
        for (const group of GROUPS) addGroup(context, `${folder}/allocation/${group}`, group, uuid, devices.length);
      }
    },
  });
}

function addGroup(context: SourceContext, folder: string, group: string, uuid: string, devices: number): void {
  const { names, labels, sink } = context;
  const files = names(folder);
  if (files === null) return;
  const read = (file: string): number => attributeNumber(context, `${folder}/${file}`) || 0;
  sink.add('node_btrfs_reserved_bytes', labels('block_group_type', group, 'uuid', uuid), read('bytes_reserved'));
  for (const mode of files) {
    // Folders among the files are the profiles in use: raid1, single ...
    if (!/^(single|dup|raid\w+)$/.test(mode)) continue;
    const pairs = labels('block_group_type', group, 'mode', mode, 'uuid', uuid);
    sink.add('node_btrfs_used_bytes', pairs, read(`${mode}/used_bytes`));
    sink.add('node_btrfs_size_bytes', pairs, read(`${mode}/total_bytes`));
    sink.add('node_btrfs_allocation_ratio', pairs, allocationRatio(mode, devices));
  }
}
