import { table } from './attribute.ts';
import type { Source } from './source.ts';

/** /proc/net/udp: the fifth column is `tx:rx`, bytes in hexadecimal. Gives their sums. */
export function parseUdpQueues(text: string): { transmit: number; receive: number } {
  let transmit = 0;
  let receive = 0;
  for (const match of text.matchAll(/^\s*\d+: \S+ \S+ \S+ ([0-9A-Fa-f]{8}):([0-9A-Fa-f]{8}) /gm)) {
    transmit += Number.parseInt(match[1]!, 16);
    receive += Number.parseInt(match[2]!, 16);
  }
  return { transmit, receive };
}

export function udpQueuesSource(): Source {
  return {
    name: 'udp_queues',
    collect(context) {
      const { paths, labels, sink } = context;
      for (const [file, ip] of [
        ['net/udp', 'v4'],
        ['net/udp6', 'v6'],
      ] as const) {
        const sockets = table(context, paths.proc(file));
        if (sockets === null) continue;
        const { transmit, receive } = parseUdpQueues(sockets);
        sink.add('node_udp_queues', labels('ip', ip, 'queue', 'tx'), transmit);
        sink.add('node_udp_queues', labels('ip', ip, 'queue', 'rx'), receive);
      }
    },
  };
}
