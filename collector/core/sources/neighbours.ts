import { words } from './number.ts';
import type { Source } from './source.ts';

/** /proc/net/arp: entries by device, the last column. */
export function parseNeighbours(text: string): Map<string, number> {
  const entries = new Map<string, number>();
  for (const line of text.split('\n').slice(1)) {
    const fields = words(line);
    const device = fields[5];
    if (fields.length === 6 && device !== undefined) entries.set(device, (entries.get(device) ?? 0) + 1);
  }
  return entries;
}

export function neighboursSource(): Source {
  return {
    name: 'arp',
    collect({ paths, text, labels, sink }) {
      for (const [device, count] of parseNeighbours(text(paths.proc('net/arp')) ?? '')) {
        sink.add('node_arp_entries', labels('device', device), count);
      }
    },
  };
}
