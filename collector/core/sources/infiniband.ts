import { addKnown, attribute, attributeNumber, entries, type NumberFile } from './attribute.ts';
import { COUNTERS, HARDWARE_COUNTERS, OLD_COUNTERS } from './infiniband-counters.ts';
import type { Labels, Source, SourceContext } from './source.ts';
import { whereThere } from './where-there.ts';

const BYTES_PER_GIGABIT = 1e9 / 8;
const PREFIX = 'node_infiniband_';
const FOLDERS: readonly (readonly [string, readonly NumberFile[]])[] = [
  ['counters', COUNTERS],
  ['counters_ext', OLD_COUNTERS],
  ['hw_counters', HARDWARE_COUNTERS],
];

/** `4: ACTIVE` is 4. */
const stateOf = (text: string | undefined): number => Number.parseInt(/^(\d+):/.exec(text ?? '')?.[1] ?? '', 10);
/** `2.5 Gb/sec (1X SDR)` in bytes a second. */
export const rateOf = (text: string | undefined): number =>
  Math.trunc(Math.fround(Number.parseFloat(/^([\d.]+) /.exec(text ?? '')?.[1] ?? '')) * BYTES_PER_GIGABIT);

/** node_infiniband_*: devices and ports of /sys/class/infiniband. What an adapter does not count is left out. */
export function infinibandSource(): Source {
  return whereThere((paths) => paths.sys('class/infiniband'), {
    name: 'infiniband',
    collect(context) {
      const { paths, labels, sink } = context;
      for (const device of entries(context, paths.sys('class/infiniband'))) {
        const folder = paths.sys(`class/infiniband/${device}`);
        const read = (file: string): string => attribute(context, `${folder}/${file}`) ?? '';
        sink.add(
          'node_infiniband_info',
          labels(
            ...['board_id', read('board_id'), 'device', device],
            ...['firmware_version', read('fw_ver'), 'hca_type', read('hca_type')],
          ),
          1,
        );
        for (const port of entries(context, `${folder}/ports`)) {
          addPort(context, `${folder}/ports/${port}`, labels('device', device, 'port', port));
        }
      }
    },
  });
}

function addPort(context: SourceContext, folder: string, pairs: Labels): void {
  const { metric } = context;
  const add = (name: string, value: number): void => {
    addKnown(context, metric(PREFIX, name, ''), pairs, value);
  };
  add('state_id', stateOf(attribute(context, `${folder}/state`)));
  add('physical_state_id', stateOf(attribute(context, `${folder}/phys_state`)));
  add('rate_bytes_per_second', rateOf(attribute(context, `${folder}/rate`)));
  for (const [name, files] of FOLDERS) {
    const there = new Set(entries(context, `${folder}/${name}`));
    for (const [file, metricName, unit = 1] of files) {
      if (there.has(file)) add(metricName, attributeNumber(context, `${folder}/${name}/${file}`) * unit);
    }
    if (there.has('lifespan')) {
      add('lifespan_seconds', Math.trunc(attributeNumber(context, `${folder}/${name}/lifespan`) / 1000));
    }
  }
}
