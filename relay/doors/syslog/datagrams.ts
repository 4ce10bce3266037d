import { createSocket, type RemoteInfo } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { bindError } from '../../../lib/bind.ts';
import { readKernelDrops } from '../../../lib/doors/syslog/kernel-drops.ts';
import type { Peers } from '../../../lib/doors/syslog/peers.ts';
import type { SyslogMetrics } from './metrics.ts';
import type { Receiver } from './receiver.ts';

export interface DatagramOptions {
  readonly listen: { readonly host: string; readonly port: number };
  readonly receiver: Receiver;
  readonly peers: Peers;
  readonly maxMessageBytes: number;
  readonly receiveBuffer: number;
  readonly metrics: SyslogMetrics;
}

/** Syslog in datagrams, while it is open. */
export interface Datagrams {
  readonly port: number;
  /** Looks at what the system dropped. Called now and then. */
  sweep(): void;
  close(): Promise<void>;
}

/**
 * Opens the port: each datagram is a message (RFC 5426, 3.1). Those that have no room are dropped and counted, since nobody can be asked to wait.
 * @throws HeliographError HG_PORT_TAKEN, HG_PORT_RIGHT
 */
export async function openDatagrams(options: DatagramOptions): Promise<Datagrams> {
  const { listen, receiver, peers, maxMessageBytes, receiveBuffer, metrics } = options;
  const { dropped } = metrics;
  const socket = createSocket({ type: isIPv6(listen.host) ? 'udp6' : 'udp4', recvBufferSize: receiveBuffer });
  await new Promise<void>((resolve, reject) => {
    const fail = (error: Error) => reject(bindError(error, { ...listen, key: 'doors.syslog.udp' }));
    socket.once('error', fail);
    socket.bind({ port: listen.port, address: listen.host, exclusive: true }, () => {
      socket.off('error', fail);
      resolve();
    });
  });
  // Such as that a datagram could not be read: the next one can.
  socket.on('error', () => dropped.inc({ transport: 'udp', reason: 'error' }));
  const { port } = socket.address();
  metrics.receiveBuffer.collect(() => [[{}, size]]);
  const size = socket.getRecvBufferSize();
  socket.on('message', (bytes: Buffer, { address }: RemoteInfo) => {
    const peer = peers.of(address);
    if (peer === null) {
      dropped.inc({ transport: 'udp', reason: 'not_allowed' });
    } else if (bytes.length === 0) {
      dropped.inc({ transport: 'udp', reason: 'empty' });
    } else if (receiver.full) {
      dropped.inc({ transport: 'udp', reason: 'waiting' });
    } else if (receiver.unfair(peer)) {
      dropped.inc({ transport: 'udp', reason: 'share' });
    } else {
      const long = bytes.length > maxMessageBytes;
      receiver.take(bytes, 0, long ? maxMessageBytes : bytes.length, long ? 'too_long' : '', peer, 'udp');
    }
  });
  let seen = 0;
  const sweep = () => {
    const drops = readKernelDrops(port);
    if (drops === null || drops <= seen) return;
    metrics.kernelDropped.inc({}, drops - seen);
    seen = drops;
  };
  return {
    port,
    sweep,
    close: async () => {
      sweep();
      await new Promise<void>((resolve) => socket.close(resolve));
    },
  };
}
