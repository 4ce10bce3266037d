import { addKnown, attributeNumber, table } from './attribute.ts';
import { NO_LABELS, type Source } from './source.ts';

/** Columns of /proc/net/stat/nf_conntrack, hexadecimal, a line for each processor, and what follows node_nf_conntrack_stat_. */
const COLUMNS = [
  ['found', 2],
  ['invalid', 4],
  ['ignore', 5],
  ['insert', 8],
  ['insert_failed', 9],
  ['drop', 10],
  ['early_drop', 11],
  ['search_restart', 16],
] as const;
const LEAST_COLUMNS = 17;

/** Sums over all processors; null if there is no line that can be read. */
export function parseConnectionTracking(text: string): Map<string, number> | null {
  let sums: Map<string, number> | null = null;
  for (const line of text.split('\n').slice(1)) {
    const fields = line.trim().split(/\s+/);
    if (fields.length < LEAST_COLUMNS || !fields.every((field) => /^[0-9a-f]{1,16}$/.test(field))) continue;
    sums ??= new Map();
    for (const [name, column] of COLUMNS) {
      sums.set(name, (sums.get(name) ?? 0) + Number.parseInt(fields[column]!, 16));
    }
  }
  return sums;
}

/** Connections that the packet filter follows: how many, how many it may, and what became of those it looked up. */
export function connectionTrackingSource(): Source {
  return {
    name: 'conntrack',
    collect(context) {
      const { paths, sink } = context;
      for (const [file, metric] of [
        ['nf_conntrack_count', 'node_nf_conntrack_entries'],
        ['nf_conntrack_max', 'node_nf_conntrack_entries_limit'],
      ] as const) {
        const value = attributeNumber(context, paths.proc(`sys/net/netfilter/${file}`));
        addKnown(context, metric, NO_LABELS, value);
      }
      const sums = parseConnectionTracking(table(context, paths.proc('net/stat/nf_conntrack')) ?? '');
      for (const [name, sum] of sums ?? []) sink.add(`node_nf_conntrack_stat_${name}`, NO_LABELS, sum);
    },
  };
}
