import type { Source } from './source.ts';

/** Columns of /proc/net/softnet_stat; older kernels have fewer. */
const COLUMNS = [
  ['node_softnet_processed_total', 0],
  ['node_softnet_dropped_total', 1],
  ['node_softnet_times_squeezed_total', 2],
  ['node_softnet_cpu_collision_total', 8],
  ['node_softnet_received_rps_total', 9],
  ['node_softnet_flow_limit_count_total', 10],
  ['node_softnet_backlog_len', 11],
] as const;

/** /proc/net/softnet_stat: a line of hexadecimal columns for each processor. A column that the kernel does not have is 0, as node_exporter has it. */
export function parsePackets(text: string, each: (cpu: number, column: (i: number) => number) => void): void {
  let cpu = 0;
  for (const line of text.split('\n')) {
    const fields = line.trim().split(/\s+/);
    if (fields.length < 9 || !fields.every((field) => /^[0-9a-f]{8}$/.test(field))) continue;
    const column = (i: number): number => (i < fields.length ? Number.parseInt(fields[i]!, 16) : 0);
    // Newer kernels say in the 13th column which processor it is: one that is offline has no line.
    each(fields.length >= 13 ? column(12) : cpu, column);
    cpu++;
  }
}

export function packetsSource(): Source {
  return {
    name: 'softnet',
    collect({ paths, text, labels, sink }) {
      parsePackets(text(paths.proc('net/softnet_stat')) ?? '', (cpu, column) => {
        const pairs = labels('cpu', String(cpu));
        for (const [metric, at] of COLUMNS) sink.add(metric, pairs, column(at));
      });
    },
  };
}
