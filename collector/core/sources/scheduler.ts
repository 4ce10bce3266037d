import { decimal, words } from './number.ts';
import type { Source } from './source.ts';

/** Columns of a cpuN line: the seventh to ninth number are ns running, ns waiting, and slices (kernel, Documentation/scheduler/sched-stats.rst). */
const RUNNING = 7;

/** How long each processor ran something, and how long something waited for it: /proc/schedstat. */
export function schedulerSource(): Source {
  return {
    name: 'schedstat',
    collect({ paths, text, labels, sink }) {
      for (const line of (text(paths.proc('schedstat')) ?? '').split('\n')) {
        const fields = /^cpu\d/.test(line) ? words(line) : [];
        const [running, waiting, slices] = fields.slice(RUNNING, RUNNING + 3).map(decimal);
        if (running === undefined || waiting === undefined || slices === undefined) continue;
        if (Number.isNaN(running + waiting + slices)) continue;
        const pairs = labels('cpu', fields[0]!.slice(3));
        sink.add('node_schedstat_running_seconds_total', pairs, running / 1e9);
        sink.add('node_schedstat_waiting_seconds_total', pairs, waiting / 1e9);
        sink.add('node_schedstat_timeslices_total', pairs, slices);
      }
    },
  };
}
