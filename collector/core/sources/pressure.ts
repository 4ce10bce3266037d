import { table } from './attribute.ts';
import { NO_LABELS, type Source } from './source.ts';

const FILES = [
  ['cpu', 'node_pressure_cpu_waiting_seconds_total', null],
  ['io', 'node_pressure_io_waiting_seconds_total', 'node_pressure_io_stalled_seconds_total'],
  ['memory', 'node_pressure_memory_waiting_seconds_total', 'node_pressure_memory_stalled_seconds_total'],
  ['irq', null, 'node_pressure_irq_stalled_seconds_total'],
] as const;

/** /proc/pressure/*: `some avg10=0.77 avg60=0.36 avg300=0.24 total=10736614`, total in microseconds. In seconds here. */
export function parsePressure(text: string): { some?: number; full?: number } {
  const totals: { some?: number; full?: number } = {};
  for (const match of text.matchAll(/^(some|full) .*\btotal=(\d+)\s*$/gm)) {
    totals[match[1] === 'some' ? 'some' : 'full'] = Number(match[2]) / 1e6;
  }
  return totals;
}

/** Kernels without pressure information, or with it switched off, have no such files or refuse to read them: no samples. */
export function pressureSource(): Source {
  return {
    name: 'pressure',
    collect(context) {
      const { paths, sink } = context;
      for (const [file, waiting, stalled] of FILES) {
        const { some, full } = parsePressure(table(context, paths.proc(`pressure/${file}`)) ?? '');
        if (waiting !== null && some !== undefined) sink.add(waiting, NO_LABELS, some);
        if (stalled !== null && full !== undefined) sink.add(stalled, NO_LABELS, full);
      }
    },
  };
}
