import { createSocket, type RemoteInfo } from 'node:dgram';
import { EventEmitter } from 'node:events';
import { berFault } from './ber-check.ts';

/** What came and went through a socket in one poll. */
export interface Traffic {
  sent: number;
  /** Of those, the ones that were asked again. */
  retried: number;
  received: number;
  /** Datagrams that are no SNMP. */
  malformed: number;
}

/** A device sends this many datagrams more than it was asked for, and is not listened to any more. */
const MOST_UNASKED = 32;

/**
 * The UDP socket of one poll, in the form in which net-snmp wants one. It is connected: the kernel passes on what comes from the device's own address and
 * port only, and says at once when nobody listens there. Datagrams with broken BER stop here, so do floods; and `maySend` is asked before each request.
 */
export class PollSocket extends EventEmitter {
  readonly traffic: Traffic = { sent: 0, retried: 0, received: 0, malformed: 0 };
  readonly #socket;
  readonly #peer: { readonly address: string; readonly port: number };
  readonly #maySend: () => boolean;
  readonly #failed: (error: NodeJS.ErrnoException) => void;
  readonly #anySource: boolean;
  #ready = false;
  #closed = false;
  #waiting: Uint8Array[] = [];
  #last: Uint8Array | null = null;

  /**
   * @param maySend asked before each request; false: it is not sent, and whoever said so ends the poll
   * @param failed the socket cannot be used: ECONNREFUSED, ENETUNREACH ...
   */
  constructor(
    peer: { readonly address: string; readonly port: number; readonly family: 4 | 6 },
    anySource: boolean,
    maySend: () => boolean,
    failed: (error: NodeJS.ErrnoException) => void,
  ) {
    super();
    this.#peer = peer;
    this.#maySend = maySend;
    this.#failed = failed;
    this.#anySource = anySource;
    this.#socket = createSocket(peer.family === 6 ? 'udp6' : 'udp4');
    this.#socket.on('message', (bytes, from) => this.#take(bytes, from));
    this.#socket.on('error', (error: NodeJS.ErrnoException) => {
      if (!this.#closed) failed(error);
    });
    if (anySource) this.#socket.bind(0, () => this.#opened());
    else this.#socket.connect(peer.port, peer.address, () => this.#opened());
  }

  #opened(): void {
    if (this.#closed) return;
    this.#ready = true;
    for (const bytes of this.#waiting) this.#put(bytes);
    this.#waiting = [];
  }

  #put(bytes: Uint8Array): void {
    const done = (error: Error | null): void => {
      if (error !== null && !this.#closed) this.#failed(error);
    };
    if (this.#anySource) this.#socket.send(bytes, this.#peer.port, this.#peer.address, done);
    else this.#socket.send(bytes, done);
  }

  #take(bytes: Buffer, from: RemoteInfo): void {
    this.traffic.received++;
    if (berFault(bytes) !== null) this.traffic.malformed++;
    else this.#decode(bytes, from);
    if (this.traffic.received > this.traffic.sent + MOST_UNASKED && !this.#closed) {
      this.#failed(Object.assign(new Error('it sends what it was not asked for'), { code: 'FLOOD' }));
    }
  }

  /** What net-snmp does not catch itself (a message of version 3 where none was asked for, say) ends the poll, and not the collector. */
  #decode(bytes: Buffer, from: RemoteInfo): void {
    try {
      this.emit('message', bytes, from);
    } catch (error) {
      this.traffic.malformed++;
      this.#failed(error as Error);
    }
  }

  /** net-snmp names the target again; it is the one that this socket is for. */
  send(
    bytes: Uint8Array,
    offset: number,
    length: number,
    _port: number,
    _target: string,
    done: (error: Error | null, bytes: number) => void,
  ): void {
    if (this.#closed || !this.#maySend()) return;
    this.traffic.sent++;
    // The package sends the same bytes again.
    if (bytes === this.#last) this.traffic.retried++;
    this.#last = bytes;
    // Its request is registered before an answer can come.
    done(null, length);
    const datagram = bytes.subarray(offset, offset + length);
    if (this.#ready) this.#put(datagram);
    else this.#waiting.push(datagram);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#waiting = [];
    this.#socket.close(() => this.emit('close'));
  }

  ref(): void {
    this.#socket.ref();
  }

  unref(): void {
    this.#socket.unref();
  }
}
