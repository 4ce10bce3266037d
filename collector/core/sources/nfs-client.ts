import { calls, parseRpc, V2, V3, V4_OF_CLIENT } from './nfs-procedures.ts';
import { NO_LABELS, type Source } from './source.ts';
import { whereThere } from './where-there.ts';

const VERSIONS = [
  ['proc2', '2', V2],
  ['proc3', '3', V3],
  ['proc4', '4', V4_OF_CLIENT],
] as const;

/** node_nfs_*: what this machine asks of NFS servers, by /proc/net/rpc/nfs. */
export function nfsClientSource(): Source {
  return whereThere((paths) => paths.proc('net/rpc/nfs'), {
    name: 'nfs',
    collect({ paths, text, labels, sink }) {
      const lines = parseRpc(text(paths.proc('net/rpc/nfs')) ?? '');
      if (lines.size === 0) return;
      const [, udp = 0, tcp = 0, connections = 0] = lines.get('net') ?? [];
      sink.add('node_nfs_packets_total', labels('protocol', 'udp'), udp);
      sink.add('node_nfs_packets_total', labels('protocol', 'tcp'), tcp);
      sink.add('node_nfs_connections_total', NO_LABELS, connections);
      const [operations = 0, retransmissions = 0, refreshes = 0] = lines.get('rpc') ?? [];
      sink.add('node_nfs_rpcs_total', NO_LABELS, operations);
      sink.add('node_nfs_rpc_retransmissions_total', NO_LABELS, retransmissions);
      sink.add('node_nfs_rpc_authentication_refreshes_total', NO_LABELS, refreshes);
      for (const [line, proto, names] of VERSIONS) {
        for (const [method, count] of calls(lines.get(line), names)) {
          sink.add('node_nfs_requests_total', labels('method', method, 'proto', proto), count);
        }
      }
    },
  });
}
