import { addKnown, attribute, attributeOr, entries, knownEntries, numberOrZero } from './attribute.ts';
import { decimal, words } from './number.ts';
import type { Labels, Source, SourceContext } from './source.ts';
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
        const read = (file: string): number => numberOrZero(context, `${folder}/${file}`);
        const uuid = attribute(context, `${folder}/metadata_uuid`) || name;
        const pairs = labels('uuid', uuid);
        sink.add('node_btrfs_info', labels('label', attribute(context, `${folder}/label`) ?? '', 'uuid', uuid), 1);
        addKnown(context, 'node_btrfs_global_rsv_size_bytes', pairs, read('allocation/global_rsv_size'));
        const commits = attributeOr(context, `${folder}/commit_stats`, '');
        if (commits !== undefined) addCommits(context, commits, pairs);
        const devices = knownEntries(context, `${folder}/devices`);
        for (const device of devices ?? []) {
          const size = read(`devices/${device}/size`) * SECTOR_BYTES;
          addKnown(context, 'node_btrfs_device_size_bytes', labels('device', device, 'uuid', uuid), size);
        }
        for (const group of GROUPS) addGroup(context, `${folder}/allocation/${group}`, group, uuid, devices?.length);
      }
    },
  });
}

function addCommits({ sink }: SourceContext, text: string, pairs: Labels): void {
  const commits = new Map(
    text.split('\n').map((line) => {
      const [key = '', value] = words(line);
      return [key, decimal(value) || 0];
    }),
  );
  for (const [key, metric, unit] of COMMITS) sink.add(metric, pairs, (commits.get(key) ?? 0) / unit);
}

/** `devices`: how many; undefined where that is not known. */
function addGroup(context: SourceContext, folder: string, group: string, uuid: string, devices?: number): void {
  const { labels, sink } = context;
  const files = entries(context, folder);
  if (files.length === 0) return;
  const read = (file: string): number => numberOrZero(context, `${folder}/${file}`);
  addKnown(
    context,
    'node_btrfs_reserved_bytes',
    labels('block_group_type', group, 'uuid', uuid),
    read('bytes_reserved'),
  );
  for (const mode of files) {
    // Folders among the files are the profiles in use: raid1, single ...
    if (!/^(single|dup|raid\w+)$/.test(mode)) continue;
    const pairs = labels('block_group_type', group, 'mode', mode, 'uuid', uuid);
    addKnown(context, 'node_btrfs_used_bytes', pairs, read(`${mode}/used_bytes`));
    addKnown(context, 'node_btrfs_size_bytes', pairs, read(`${mode}/total_bytes`));
    if (devices !== undefined) sink.add('node_btrfs_allocation_ratio', pairs, allocationRatio(mode, devices));
  }
}
