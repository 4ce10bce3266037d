import { decimal, words } from './number.ts';
import { NO_LABELS, type Source } from './source.ts';

/** /proc/loadavg: `0.21 0.37 0.39 1/719 19737` gives the three averages, or null. */
export function parseLoad(text: string): [number, number, number] | null {
  const [one, five, fifteen] = words(text).map(decimal);
  if (one === undefined || five === undefined || fifteen === undefined) return null;
  return Number.isNaN(one + five + fifteen) ? null : [one, five, fifteen];
}

export function loadSource(): Source {
  return {
    name: 'loadavg',
    collect({ paths, text, sink }) {
      const average = text(paths.proc('loadavg'));
      const load = average === null ? null : parseLoad(average);
      if (load === null) return;
      sink.add('node_load1', NO_LABELS, load[0]);
      sink.add('node_load5', NO_LABELS, load[1]);
      sink.add('node_load15', NO_LABELS, load[2]);
    },
  };
}
