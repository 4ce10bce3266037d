import { calls, parseRpc, V2, V3, V4_OF_SERVER } from './nfs-procedures.ts';
import { NO_LABELS, type Source } from './source.ts';
import { whereThere } from './where-there.ts';

/** Lines, the place of a number in each, and its metric. */
const NUMBERS = [
  ['rc', 0, 'node_nfsd_reply_cache_hits_total'],
  ['rc', 1, 'node_nfsd_reply_cache_misses_total'],
  ['rc', 2, 'node_nfsd_reply_cache_nocache_total'],
  ['fh', 0, 'node_nfsd_file_handles_stale_total'],
  ['io', 0, 'node_nfsd_disk_bytes_read_total'],
  ['io', 1, 'node_nfsd_disk_bytes_written_total'],
  ['th', 0, 'node_nfsd_server_threads'],
  ['ra', 0, 'node_nfsd_read_ahead_cache_size_blocks'],
  ['ra', 11, 'node_nfsd_read_ahead_cache_not_found_total'],
  ['net', 3, 'node_nfsd_connections_total'],
  ['rpc', 0, 'node_nfsd_server_rpcs_total'],
] as const;
const ERRORS = [
  ['fmt', 2],
  ['auth', 3],
  ['cInt', 4],
] as const;
const NOT_COUNTED: ReadonlySet<string> = new Set(['Null']);
const VERSIONS = [
  ['proc2', '2', V2],
  ['proc3', '3', V3],
  ['proc4ops', '4', V4_OF_SERVER],
] as const;

/** node_nfsd_*: what NFS clients ask of this machine, by /proc/net/rpc/nfsd. */
export function nfsServerSource(): Source {
  return whereThere((paths) => paths.proc('net/rpc/nfsd'), {
    name: 'nfsd',
    collect({ paths, text, labels, sink }) {
      const lines = parseRpc(text(paths.proc('net/rpc/nfsd')) ?? '');
      if (lines.size === 0) return;
      const at = (line: string, place: number): number => lines.get(line)?.[place] ?? 0;
      for (const [line, place, metric] of NUMBERS) sink.add(metric, NO_LABELS, at(line, place));
      sink.add('node_nfsd_packets_total', labels('proto', 'udp'), at('net', 1));
      sink.add('node_nfsd_packets_total', labels('proto', 'tcp'), at('net', 2));
      for (const [error, place] of ERRORS) {
        sink.add('node_nfsd_rpc_errors_total', labels('error', error), at('rpc', place));
      }
      for (const [line, proto, names] of VERSIONS) {
        for (const [method, count] of calls(lines.get(line), names)) {
          if (NOT_COUNTED.has(method)) continue;
          sink.add('node_nfsd_requests_total', labels('method', method, 'proto', proto), count);
        }
      }
      sink.add('node_nfsd_requests_total', labels('method', 'WdelegGetattr', 'proto', '4'), at('wdeleg_getattr', 0));
    },
  });
}
