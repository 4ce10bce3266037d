import type { Source } from './source.ts';

/** /proc/net/softnet_stat: a line of hexadecimal columns for each processor; the first three are processed, dropped, squeezed. */
export function parsePackets(
  text: string,
  each: (cpu: number, values: readonly [number, number, number]) => void,
): void {
  let cpu = 0;
  for (const line of text.split('\n')) {
    const fields = line.trim().split(/\s+/);
    if (fields.length < 9 || !fields.every((field) => /^[0-9a-f]{8}$/.test(field))) continue;
    const column = (i: number): number => Number.parseInt(fields[i]!, 16);
    // Newer kernels say in the 13th column which processor it is: one that is offline has no line.
    each(fields.length >= 13 ? column(12) : cpu, [column(0), column(1), column(2)]);
    cpu++;
  }
}

export function packetsSource(): Source {
  return {
    name: 'softnet',
    collect({ paths, text, labels, sink }) {
      parsePackets(text(paths.proc('net/softnet_stat')) ?? '', (cpu, [processed, dropped, squeezed]) => {
        const pairs = labels('cpu', String(cpu));
        sink.add('node_softnet_processed_total', pairs, processed);
        sink.add('node_softnet_dropped_total', pairs, dropped);
        sink.add('node_softnet_times_squeezed_total', pairs, squeezed);
      });
    },
  };
}
