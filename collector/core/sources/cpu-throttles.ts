import { attribute, attributeNumber, numbered } from './attribute.ts';
import type { Source } from './source.ts';

/** How often heat slowed a core or a package down, which processors the scheduler leaves alone, and which are switched on. */
export function cpuThrottlesSource(): Source {
  return {
    name: 'cputhrottle',
    collect(context) {
      const { paths, labels, sink } = context;
      const root = paths.sys('devices/system/cpu');
      const seen = new Set<string>();
      for (const cpu of numbered(context, root, 'cpu')) {
        const folder = `${root}/cpu${cpu}`;
        const ofPackage = attributeNumber(context, `${folder}/topology/physical_package_id`);
        const core = attributeNumber(context, `${folder}/topology/core_id`);
        // Threads of a core share its counter, and cores that of their package. -1: a virtual machine that does not say.
        if (!(ofPackage >= 0 && core >= 0)) continue;
        const once = (key: string, file: string, metric: string, ...pairs: string[]) => {
          const value = seen.has(key) ? Number.NaN : attributeNumber(context, `${folder}/thermal_throttle/${file}`);
          if (Number.isNaN(value)) return;
          seen.add(key);
          sink.add(metric, labels(...pairs), value);
        };
        const name = String(ofPackage);
        const both = ['core', String(core), 'package', name];
        once(`${name} ${core}`, 'core_throttle_count', 'node_cpu_core_throttles_total', ...both);
        once(name, 'package_throttle_count', 'node_cpu_package_throttles_total', 'package', name);
      }
      for (const cpu of cpuList(attribute(context, `${root}/isolated`) ?? '')) {
        sink.add('node_cpu_isolated', labels('cpu', String(cpu)), 1);
      }
    },
  };
}

/** `1-3,9`: the kernel's lists of processors. Nothing for what is no such list. */
export function cpuList(text: string): number[] {
  if (!/^\d{1,5}(-\d{1,5})?(,\d{1,5}(-\d{1,5})?)*$/.test(text)) return [];
  return text.split(',').flatMap((part) => {
    const [from = 0, to = from] = part.split('-').map(Number);
    return Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => from + i);
  });
}
