import { execFileSync } from 'node:child_process';

/**
 * Bytes that all open connections of a port on this machine have received, TCP payload: what MQTT or gRPC and TLS make of the data is in it.
 * The kernel counts them (ss(8), tcp_info.tcpi_bytes_received); null where there is no `ss`.
 */
export function bytesReceivedAt(port: number): number | null {
  let text: string;
  try {
    text = execFileSync('ss', ['-tinHO', 'state', 'established', 'sport', '=', `:${port}`], {
      encoding: 'utf8',
      maxBuffer: 1 << 26,
    });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  return [...text.matchAll(/\bbytes_received:(\d+)/g)].reduce((sum, [, bytes]) => sum + Number(bytes), 0);
}
