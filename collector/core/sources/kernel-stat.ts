import { decimal } from './number.ts';
import { NO_LABELS, type Source } from './source.ts';

const NAMES: Readonly<Record<string, string>> = {
  intr: 'node_intr_total',
  ctxt: 'node_context_switches_total',
  processes: 'node_forks_total',
  btime: 'node_boot_time_seconds',
  procs_running: 'node_procs_running',
  procs_blocked: 'node_procs_blocked',
};

/** The single numbers of /proc/stat, by metric name. The intr line is tens of KB long on big machines: only its first number is cut out. */
export function parseKernelStat(text: string, each: (name: string, value: number) => void): void {
  let at = 0;
  while (at < text.length) {
    let end = text.indexOf('\n', at);
    if (end === -1) end = text.length;
    const space = text.indexOf(' ', at);
    if (space !== -1 && space < end) {
      const name = NAMES[text.slice(at, space)];
      if (name !== undefined) {
        const next = text.indexOf(' ', space + 1);
        const value = decimal(text.slice(space + 1, next === -1 || next > end ? end : next));
        if (!Number.isNaN(value)) each(name, value);
      }
    }
    at = end + 1;
  }
}

export function kernelStatSource(): Source {
  return {
    name: 'stat',
    collect({ paths, text, sink }) {
      const stat = text(paths.proc('stat'));
      if (stat !== null) parseKernelStat(stat, (name, value) => sink.add(name, NO_LABELS, value));
    },
  };
}
