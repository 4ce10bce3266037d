import { decimal } from './number.ts';
import { NO_LABELS, type Source } from './source.ts';

/** Lines of /proc/meminfo: `Active(anon):  123 kB` becomes ('Active_anon', 125952, true); without a unit the value stays a count. */
export function parseMemory(text: string, each: (key: string, value: number, bytes: boolean) => void): void {
  for (const line of text.split('\n')) {
    const match = /^([^:\s]+):\s+(\d+)(\s+kB)?\s*$/.exec(line);
    if (match === null) continue;
    const value = decimal(match[2]);
    const bytes = match[3] !== undefined;
    each(match[1]!.replace(/\((.*)\)/, '_$1'), bytes ? value * 1024 : value, bytes);
  }
}

export function memorySource(): Source {
  return {
    name: 'meminfo',
    collect({ paths, text, metric, sink }) {
      const info = text(paths.proc('meminfo'));
      if (info === null) return;
      parseMemory(info, (key, value, bytes) => {
        sink.add(metric('node_memory_', key, bytes ? '_bytes' : ''), NO_LABELS, value);
      });
    },
  };
}
