import { addKnown, attribute, entries } from './attribute.ts';
import { integer } from './number.ts';
import type { Source } from './source.ts';

/** Files of /sys/class/net/<device> with one number, and their metric. */
const NUMBERS: readonly (readonly [string, string])[] = [
  ['addr_assign_type', 'node_network_address_assign_type'],
  ['carrier', 'node_network_carrier'],
  ['carrier_changes', 'node_network_carrier_changes_total'],
  ['carrier_down_count', 'node_network_carrier_down_changes_total'],
  ['carrier_up_count', 'node_network_carrier_up_changes_total'],
  ['dev_id', 'node_network_device_id'],
  ['dormant', 'node_network_dormant'],
  ['ifindex', 'node_network_iface_id'],
  ['iflink', 'node_network_iface_link'],
  ['link_mode', 'node_network_iface_link_mode'],
  ['mtu', 'node_network_mtu_bytes'],
  ['name_assign_type', 'node_network_name_assign_type'],
  ['netdev_group', 'node_network_net_dev_group'],
  ['tx_queue_len', 'node_network_transmit_queue_length'],
  ['type', 'node_network_protocol_type'],
];
const BYTES_PER_MEGABIT = 1_000_000 / 8;

/** node_network_up, _info, _mtu_bytes, _speed_bytes and what else /sys/class/net says. A link that is down has no carrier and no speed. */
export function networkDevicesSource(): Source {
  const stat = new Float64Array(6);
  return {
    name: 'netclass',
    collect(context) {
      const { paths, labels, sink } = context;
      for (const device of entries(context, paths.sys('class/net'))) {
        const folder = paths.sys(`class/net/${device}`);
        const read = (name: string): string | undefined => attribute(context, `${folder}/${name}`);
        const state = read('operstate');
        // bonding_masters is a file among the devices.
        if (state === undefined && (context.host.files.stat(folder, stat) < 0 || stat[5] !== 2)) continue;
        const pairs = labels('device', device);
        // One that is there and cannot be read does not say that it is down.
        if (state !== undefined || context.host.files.stat(`${folder}/operstate`, stat) < 0) {
          sink.add('node_network_up', pairs, state === 'up' ? 1 : 0);
        }
        const flags = integer(read('flags'));
        addKnown(context, 'node_network_flags', pairs, flags);
        sink.add(
          'node_network_info',
          labels(
            ...[
              'address',
              read('address') ?? '',
              'adminstate',
              adminState(flags),
              'broadcast',
              read('broadcast') ?? '',
            ],
            ...['device', device, 'duplex', read('duplex') ?? '', 'ifalias', read('ifalias') ?? ''],
            ...['operstate', state ?? ''],
          ),
          1,
        );
        for (const [name, metric] of NUMBERS) {
          const value = integer(read(name));
          addKnown(context, metric, pairs, value);
        }
        const speed = integer(read('speed'));
        if (speed >= 0) sink.add('node_network_speed_bytes', pairs, speed * BYTES_PER_MEGABIT);
      }
    },
  };
}

/** What the administrator wants of it: the first flag is IFF_UP. */
function adminState(flags: number): string {
  if (Number.isNaN(flags)) return 'unknown';
  return flags % 2 === 1 ? 'up' : 'down';
}
