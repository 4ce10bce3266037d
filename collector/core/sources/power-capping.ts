import { attribute, attributeNumber, entries } from './attribute.ts';
import type { Source } from './source.ts';
import { whereThere } from './where-there.ts';

/** `package-1` is the second package; of names without a number each one more of a name has the next. */
export function zoneIndex(name: string, used: Map<string, number>): readonly [name: string, index: number] {
  const parts = name.split('-');
  const [plain, index] =
    parts.length === 2 && /^\d{1,4}$/.test(parts[1]!) ? [parts[0]!, Number(parts[1])] : [name, used.get(name) ?? 0];
  used.set(plain, index + 1);
  return [plain, index];
}

/**
 * node_rapl_*_joules_total: energy of packages, cores and memory, by /sys/class/powercap. Many kernels let root alone read it
 * (CAP_DAC_READ_SEARCH, or a udev rule): then there is none.
 */
export function powerCappingSource(): Source {
  return whereThere((paths) => paths.sys('class/powercap'), {
    name: 'rapl',
    collect(context) {
      const { paths, labels, metric, sink } = context;
      const used = new Map<string, number>();
      for (const zone of entries(context, paths.sys('class/powercap'))) {
        const folder = paths.sys(`class/powercap/${zone}`);
        const text = attribute(context, `${folder}/name`) ?? '';
        if (text === '') continue;
        const [name, index] = zoneIndex(text, used);
        const energy = attributeNumber(context, `${folder}/energy_uj`);
        if (Number.isNaN(energy)) continue;
        sink.add(
          metric('node_rapl_', name, '_joules_total'),
          labels('index', String(index), 'path', `/sys/class/powercap/${zone}`),
          energy / 1e6,
        );
      }
    },
  });
}
