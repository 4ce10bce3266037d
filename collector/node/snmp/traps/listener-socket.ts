import { createSocket, type RemoteInfo } from 'node:dgram';
import { EventEmitter } from 'node:events';
import { HeliographError } from '../../../../lib/errors.ts';
import { berFault } from '../ber-check.ts';

/** The UDP socket that traps come to, in the form in which net-snmp wants one: broken BER and what `admit` does not want stop here. */
export class ListenerSocket extends EventEmitter {
  readonly #socket;
  readonly #admit: (from: RemoteInfo) => boolean;
  readonly #malformed: () => void;

  constructor(family: 4 | 6, admit: (from: RemoteInfo) => boolean, malformed: () => void) {
    super();
    this.#socket = createSocket(family === 6 ? 'udp6' : 'udp4');
    this.#admit = admit;
    this.#malformed = malformed;
    this.#socket.on('message', (bytes, from) => {
      if (!this.#admit(from)) return;
      if (berFault(bytes) !== null) this.#malformed();
      else {
        try {
          this.emit('message', bytes, from);
        } catch {
          // What net-snmp does not catch itself.
          this.#malformed();
        }
      }
    });
  }

  /** Resolves with the port. @throws HG_PORT_TAKEN, HG_PORT_RIGHT, HG_SNMP_UNREACHABLE */
  listen(port: number, address: string): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#socket.once('error', (error: NodeJS.ErrnoException) => reject(bindFailure(error, address, port)));
      this.#socket.bind(port, address, () => {
        this.#socket.removeAllListeners('error');
        this.#socket.on('error', () => undefined);
        resolve(this.#socket.address().port);
      });
    });
  }

  bind(): void {
    // net-snmp wants to at once and would say nothing of a failure: `listen` does it.
  }

  send(
    bytes: Uint8Array,
    offset: number,
    length: number,
    port: number,
    address: string,
    done: (error: Error | null) => void,
  ): void {
    this.#socket.send(bytes, offset, length, port, address, done);
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.#socket.close(() => resolve()));
  }
}

function bindFailure(error: NodeJS.ErrnoException, address: string, port: number): HeliographError {
  const at = `${address}:${port}`;
  if (error.code === 'EADDRINUSE') {
    return new HeliographError(
      'HG_PORT_TAKEN',
      `${at} (snmp.traps.listen): another program takes traps there, snmptrapd perhaps`,
      { port },
      error,
    );
  }
  if (error.code === 'EACCES') {
    const detail = `${at} (snmp.traps.listen): give the collector CAP_NET_BIND_SERVICE, or listen at a port above 1023 and send traps there`;
    return new HeliographError('HG_PORT_RIGHT', detail, { port }, error);
  }
  return new HeliographError('HG_SNMP_UNREACHABLE', `${at} (snmp.traps.listen): ${error.message}`, { port }, error);
}
