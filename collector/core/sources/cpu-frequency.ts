import { addKnown, attribute, attributeNumber, numbered } from './attribute.ts';
import { cpuList } from './cpu-throttles.ts';
import { words } from './number.ts';
import type { Source } from './source.ts';

/** Files of cpufreq in kHz, and their metrics in Hz (kernel, Documentation/admin-guide/pm/cpufreq.rst). */
const FREQUENCIES = [
  ['cpuinfo_cur_freq', 'node_cpu_frequency_hertz'],
  ['cpuinfo_avg_freq', 'node_cpu_frequency_avg_hertz'],
  ['cpuinfo_min_freq', 'node_cpu_frequency_min_hertz'],
  ['cpuinfo_max_freq', 'node_cpu_frequency_max_hertz'],
  ['scaling_cur_freq', 'node_cpu_scaling_frequency_hertz'],
  ['scaling_min_freq', 'node_cpu_scaling_frequency_min_hertz'],
  ['scaling_max_freq', 'node_cpu_scaling_frequency_max_hertz'],
] as const;

/** How fast each processor may go and goes, and who decides that. */
export function cpuFrequencySource(): Source {
  return {
    name: 'cpufreq',
    collect(context) {
      const { paths, names, labels, sink } = context;
      const root = paths.sys('devices/system/cpu');
      const offline = new Set(cpuList(attribute(context, `${root}/offline`) ?? '').map(String));
      for (const cpu of numbered(context, root, 'cpu')) {
        if (offline.has(cpu)) continue;
        const folder = `${root}/cpu${cpu}/cpufreq`;
        const files = names(folder);
        if (files === null) continue;
        for (const [file, metric] of FREQUENCIES) {
          const value = files.includes(file) ? attributeNumber(context, `${folder}/${file}`) : Number.NaN;
          addKnown(context, metric, labels('cpu', cpu), value * 1000);
        }
        const governor = attribute(context, `${folder}/scaling_governor`) ?? '';
        const governors = attribute(context, `${folder}/scaling_available_governors`) ?? '';
        if (governor === '' || governors === '') continue;
        for (const one of words(governors)) {
          sink.add('node_cpu_scaling_governor', labels('cpu', cpu, 'governor', one), one === governor ? 1 : 0);
        }
      }
    },
  };
}
