import type { Duplex } from 'node:stream';
import { WebSocket } from 'ws';
import { HeliographError } from '../../../lib/errors.ts';
import { WEBSOCKET_OPTIONS, WebSocketStream } from '../../../lib/websocket-stream.ts';
import { addressText, type RelayAddress } from '../../core/uplink/relay-turns.ts';

/** Of one message from the relay: what is wanted of a host is the largest. */
const MOST_BYTES = 2 * 1024 * 1024;

/**
 * MQTT over WebSocket on a connection that is through TLS.
 * @throws HeliographError HG_COLLECTOR_WEBSOCKET where something else than a WebSocket is answered
 */
export function openWebSocket(below: Duplex, relay: RelayAddress, signal: AbortSignal): Promise<WebSocketStream> {
  const { host, port, path } = relay;
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://${addressText({ host, port })}${path}`, 'mqtt', {
      ...WEBSOCKET_OPTIONS,
      maxPayload: MOST_BYTES,
      createConnection: () => below,
    });
    const giveUp = () => socket.terminate();
    signal.addEventListener('abort', giveUp, { once: true });
    socket.once('open', () => {
      signal.removeEventListener('abort', giveUp);
      resolve(new WebSocketStream(socket, below));
    });
    socket.once('unexpected-response', (_request, { statusCode }) => {
      below.destroy();
      const said = `${addressText(relay)} answers ${statusCode}; check the path, and websocket in the relay's configuration`;
      reject(new HeliographError('HG_COLLECTOR_WEBSOCKET', said, { status: statusCode }));
    });
    socket.on('error', (error) => {
      below.destroy();
      reject(signal.aborted ? signal.reason : error);
    });
  });
}
