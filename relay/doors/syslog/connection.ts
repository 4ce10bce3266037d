import type { Socket } from 'node:net';
import type { Peer } from '../../../lib/doors/syslog/peers.ts';
import { type FrameFlaw, StreamFraming } from '../../../lib/ingest/syslog/framing.ts';
import type { Transport } from './metrics.ts';
import type { Receiver } from './receiver.ts';

export interface ConnectionOptions {
  readonly transport: Transport;
  readonly peer: Peer;
  readonly receiver: Receiver;
  readonly maxMessageBytes: number;
  readonly idleMs: number;
  /** It brought nothing for so long, and is closed. */
  readonly onIdle: () => void;
  /** The receiver has no room for more. */
  readonly onFull: () => void;
  /** It has none for more of this sender, until `resume`. */
  readonly onShare: (connection: Connection) => void;
}

/** One sender over TCP or TLS. It is read as long as the receiver has room. */
export class Connection {
  readonly socket: Socket;
  readonly peer: Peer;
  readonly #framing: StreamFraming;
  readonly #take: (bytes: Buffer, from: number, to: number, flaw: FrameFlaw) => void;
  #paused = false;

  constructor(socket: Socket, options: ConnectionOptions) {
    const { transport, peer, receiver, maxMessageBytes, idleMs, onIdle, onFull, onShare } = options;
    this.socket = socket;
    this.peer = peer;
    this.#framing = new StreamFraming(maxMessageBytes);
    this.#take = (bytes, from, to, flaw) => receiver.take(bytes, from, to, flaw, peer, transport);
    socket.setTimeout(idleMs, () => {
      // Who is not read cannot bring anything.
      if (this.#paused) {
        socket.setTimeout(idleMs);
        return;
      }
      onIdle();
      socket.destroy();
    });
    socket.on('data', (bytes: Buffer) => {
      this.#framing.push(bytes, this.#take);
      if (receiver.full) onFull();
      else if (receiver.unfair(peer)) onShare(this);
    });
    // However it ends: a part of a message is more than nothing of it.
    socket.on('close', () => this.#framing.end(this.#take));
    if (receiver.full) this.pause();
  }

  pause(): void {
    this.#paused = true;
    this.socket.pause();
  }

  resume(): void {
    this.#paused = false;
    this.socket.resume();
  }
}
