import { attribute, entries } from './attribute.ts';
import type { Source } from './source.ts';

/** Files of /sys/class/dmi/id; sys_vendor is called system_vendor. Serial numbers and the UUID are for root alone, on most machines. */
const FILES = [
  ...['bios_date', 'bios_release', 'bios_vendor', 'bios_version', 'board_asset_tag', 'board_name', 'board_serial'],
  ...['board_vendor', 'board_version', 'chassis_asset_tag', 'chassis_serial', 'chassis_vendor', 'chassis_version'],
  ...[
    'product_family',
    'product_name',
    'product_serial',
    'product_sku',
    'product_uuid',
    'product_version',
    'sys_vendor',
  ],
];

/** node_dmi_info: what the firmware says of the machine. Read once: it changes with a reboot only. */
export function hardwareIdentitySource(): Source {
  let pairs: string[] | null = null;
  return {
    name: 'dmi',
    collect(context) {
      const { paths, labels, sink } = context;
      if (pairs === null) {
        const there = new Set(entries(context, paths.sys('class/dmi/id')));
        pairs = FILES.filter((file) => there.has(file)).flatMap((file) => {
          const text = attribute(context, paths.sys(`class/dmi/id/${file}`));
          return text === undefined ? [] : [file === 'sys_vendor' ? 'system_vendor' : file, text];
        });
      }
      if (pairs.length > 0) sink.add('node_dmi_info', labels(...pairs), 1);
    },
  };
}
