import { createServer, type Server, type Socket } from 'node:net';

/** Connections at a time. */
const MOST_CONNECTIONS = 200;
/** Bytes of a line, or of a packet with its length in front. */
const MOST_BYTES = 65_536;

/**
 * Lines of a stream: packets with their length in front (four bytes, little endian, as DogStatsD's clients write them), or lines with a line feed behind each. Which of
 * them is seen at the fourth byte: it is 0 of every length that is allowed, and of no line.
 * @param packet takes whole lines, one or several
 * @param tooLong a packet or line that is longer than one may be: the connection ends
 */
export function statsdStream(packet: (bytes: Buffer) => void, tooLong: () => void): Server {
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    const pieces = new Pieces(packet);
    socket.on('data', (chunk: Buffer) => {
      if (pieces.take(chunk)) return;
      tooLong();
      socket.destroy();
    });
    socket.on('end', () => pieces.end());
    open.add(socket);
    socket.on('close', () => open.delete(socket));
  });
  const open = new Set<Socket>();
  server.maxConnections = MOST_CONNECTIONS;
  const close = server.close.bind(server);
  server.close = (done) => {
    for (const socket of open) socket.destroy();
    return close(done);
  };
  return server;
}

class Pieces {
  readonly #packet: (bytes: Buffer) => void;
  #rest: Buffer = Buffer.alloc(0);
  #prefixed: boolean | null = null;

  constructor(packet: (bytes: Buffer) => void) {
    this.#packet = packet;
  }

  /** False: it is too long. */
  take(chunk: Buffer): boolean {
    let bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    if (this.#prefixed === null && bytes.length >= 4) this.#prefixed = bytes[3] === 0;
    if (this.#prefixed === true) {
      while (bytes.length >= 4) {
        const length = bytes.readUInt32LE(0);
        if (length > MOST_BYTES) return false;
        if (bytes.length < 4 + length) break;
        this.#packet(bytes.subarray(4, 4 + length));
        bytes = bytes.subarray(4 + length);
      }
    } else if (this.#prefixed === false) {
      const end = bytes.lastIndexOf(0x0a);
      if (end >= 0) {
        this.#packet(bytes.subarray(0, end));
        bytes = bytes.subarray(end + 1);
      }
    }
    // A copy: a view would keep all that was read alive.
    this.#rest = Buffer.from(bytes);
    return this.#rest.length <= MOST_BYTES + 4;
  }

  end(): void {
    if (this.#prefixed !== true && this.#rest.length > 0) this.#packet(this.#rest);
  }
}
