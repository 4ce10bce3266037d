import type { Duplex } from 'node:stream';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import type { RelayAddress } from '../../core/uplink/relay-turns.ts';
import type { HttpProxy } from '../proxy.ts';
import { openTunnel } from './tunnel.ts';
import { openWebSocket } from './websocket.ts';

export interface LineOptions {
  readonly relay: RelayAddress;
  /** Null: none is on the way. */
  readonly proxy: HttpProxy | null;
  readonly tls: ConnectionOptions;
  /** Sees the TLS connection before its handshake. */
  readonly onTls: (socket: TLSSocket) => void;
  /** Ends what is under way. */
  readonly signal: AbortSignal;
}

/**
 * The way to a relay where it is not TLS alone: through a proxy, then TLS, then a WebSocket, as far as each is there.
 * @throws HeliographError of the proxy or the WebSocket; any other error is that of a connection
 */
export async function openLine({ relay, proxy, tls, onTls, signal }: LineOptions): Promise<Duplex> {
  signal.throwIfAborted();
  const tunnel = proxy ? await openTunnel(proxy, relay, signal) : undefined;
  const secure = await handshake(tunnel ? { ...tls, socket: tunnel } : tls, onTls, signal);
  return relay.path === undefined ? secure : openWebSocket(secure, relay, signal);
}

function handshake(
  tls: ConnectionOptions,
  onTls: (socket: TLSSocket) => void,
  signal: AbortSignal,
): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect(tls);
    onTls(socket);
    const giveUp = () => socket.destroy(signal.reason);
    signal.addEventListener('abort', giveUp, { once: true });
    // Stays: who takes the connection on has a listener of its own.
    socket.on('error', reject);
    socket.once('secureConnect', () => {
      signal.removeEventListener('abort', giveUp);
      socket.setNoDelay(true);
      resolve(socket);
    });
  });
}
