import { addKnown, attribute, attributeNumber, attributeOr, entries, knownEntries } from './attribute.ts';
import type { Source } from './source.ts';
import { nowAndThen } from './where-there.ts';

const SECTOR_BYTES = 512;

/** node_dmmultipath_*: disks that are reached in several ways, and in what state each way is. By /sys/block/dm-*. */
export function multipathSource(): Source {
  const devicesOf = nowAndThen((context) =>
    entries(context, context.paths.sys('block')).flatMap((name) => {
      const folder = context.paths.sys(`block/${name}`);
      const uuid = name.startsWith('dm-') ? (attribute(context, `${folder}/dm/uuid`) ?? '') : '';
      return uuid.startsWith('mpath-') ? [{ name, folder, uuid }] : [];
    }),
  );
  return {
    name: 'dmmultipath',
    collect(context) {
      const { paths, labels, sink } = context;
      for (const { name, folder, uuid } of devicesOf(context)) {
        const device = attribute(context, `${folder}/dm/name`);
        if (device === undefined) continue;
        const pairs = labels('device', device, 'sysfs_name', name);
        sink.add('node_dmmultipath_device_info', labels('device', device, 'sysfs_name', name, 'uuid', uuid), 1);
        const suspended = attributeNumber(context, `${folder}/dm/suspended`) === 1;
        sink.add('node_dmmultipath_device_active', pairs, suspended ? 0 : 1);
        const size = attributeNumber(context, `${folder}/size`) * SECTOR_BYTES;
        addKnown(context, 'node_dmmultipath_device_size_bytes', pairs, size);
        const ways = knownEntries(context, `${folder}/slaves`);
        if (ways === undefined) continue;
        let active = 0;
        let unknown = false;
        for (const way of ways) {
          const state = attributeOr(context, paths.sys(`block/${way}/device/state`), '');
          if (state === undefined) unknown = true;
          // SCSI says running, NVMe live.
          if (state === 'running' || state === 'live') active++;
          sink.add('node_dmmultipath_path_state', labels('device', device, 'path', way, 'state', state ?? ''), 1);
        }
        sink.add('node_dmmultipath_device_paths', pairs, ways.length);
        if (unknown) continue;
        sink.add('node_dmmultipath_device_paths_active', pairs, active);
        sink.add('node_dmmultipath_device_paths_failed', pairs, ways.length - active);
      }
    },
  };
}
