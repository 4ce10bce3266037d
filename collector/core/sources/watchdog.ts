import { addNumbers, attribute, entries, type NumberFile } from './attribute.ts';
import type { Source } from './source.ts';
import { whereThere } from './where-there.ts';

const NUMBERS: readonly NumberFile[] = [
  ['bootstatus', 'node_watchdog_bootstatus'],
  ['fw_version', 'node_watchdog_fw_version'],
  ['nowayout', 'node_watchdog_nowayout'],
  ['timeleft', 'node_watchdog_timeleft_seconds'],
  ['timeout', 'node_watchdog_timeout_seconds'],
  ['pretimeout', 'node_watchdog_pretimeout_seconds'],
  ['access_cs0', 'node_watchdog_access_cs0'],
];
const TEXTS = ['identity', 'options', 'pretimeout_governor', 'state', 'status'];

/** node_watchdog_*: what resets a machine that hangs (kernel, Documentation/ABI/testing/sysfs-class-watchdog). */
export function watchdogSource(): Source {
  return whereThere((paths) => paths.sys('class/watchdog'), {
    name: 'watchdog',
    collect(context) {
      const { paths, labels, sink } = context;
      for (const name of entries(context, paths.sys('class/watchdog'))) {
        const folder = paths.sys(`class/watchdog/${name}`);
        addNumbers(context, folder, NUMBERS, labels('name', name));
        const info = TEXTS.flatMap((file) => [file, attribute(context, `${folder}/${file}`) ?? '']);
        sink.add('node_watchdog_info', labels('name', name, ...info), 1);
      }
    },
  });
}
