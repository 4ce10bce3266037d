import { addKnown, attribute, attributeNumber, numbered } from './attribute.ts';
import type { Source } from './source.ts';

/** Zones and what cools them: /sys/class/thermal (kernel, Documentation/driver-api/thermal/sysfs-api.rst), millidegrees there. */
export function thermalSource(): Source {
  return {
    name: 'thermal_zone',
    collect(context) {
      const { paths, labels, sink } = context;
      const folder = paths.sys('class/thermal');
      for (const zone of numbered(context, folder, 'thermal_zone')) {
        const type = attribute(context, `${folder}/thermal_zone${zone}/type`);
        const temperature = attributeNumber(context, `${folder}/thermal_zone${zone}/temp`);
        if (type === undefined || Number.isNaN(temperature)) continue;
        sink.add('node_thermal_zone_temp', labels('type', type, 'zone', zone), temperature / 1000);
      }
      for (const name of numbered(context, folder, 'cooling_device')) {
        const device = `${folder}/cooling_device${name}`;
        const pairs = labels('name', name, 'type', attribute(context, `${device}/type`) ?? '');
        for (const state of ['cur_state', 'max_state'] as const) {
          const value = attributeNumber(context, `${device}/${state}`);
          addKnown(context, `node_cooling_device_${state}`, pairs, value);
        }
      }
    },
  };
}
