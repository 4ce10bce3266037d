import { decimal } from './number.ts';
import { NO_LABELS, type Source } from './source.ts';

/** node_exporter's default fields of /proc/vmstat. */
const FIELDS = /^(oom_kill|pgpg|pswp|pg.*fault)/;

export function parseVirtualMemory(text: string, each: (key: string, value: number) => void): void {
  for (const line of text.split('\n')) {
    if (!FIELDS.test(line)) continue;
    const space = line.indexOf(' ');
    const value = decimal(line.slice(space + 1).trim());
    if (space > 0 && !Number.isNaN(value)) each(line.slice(0, space), value);
  }
}

export function virtualMemorySource(): Source {
  return {
    name: 'vmstat',
    collect({ paths, text, metric, sink }) {
      const table = text(paths.proc('vmstat'));
      if (table !== null) {
        parseVirtualMemory(table, (key, value) => sink.add(metric('node_vmstat_', key, ''), NO_LABELS, value));
      }
    },
  };
}
