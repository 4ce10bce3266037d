import { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';

/** Status codes of a close frame (RFC 6455, 7.4.1). */
const GOING_WELL = 1000;
const UNSUPPORTED_DATA = 1003;
/** Answers to pings that the other end has not taken yet, bytes, before a ping is passed over: it may be (RFC 6455, 5.5.3). */
const UNREAD_PONGS = 4096;
/** `code` of the error for a text frame, beside the library's own WS_ERR_... */
export const TEXT_FRAME = 'WS_ERR_TEXT_FRAME';

/**
 * How a WebSocket is opened here, at both ends. Frames are compressed where it pays, by who made them; pongs are written
 * below, because the library would pile them up for who does not read; an end that is not answered is none after 2 s.
 */
export const WEBSOCKET_OPTIONS = { perMessageDeflate: false, autoPong: false, closeTimeout: 2000 } as const;

/**
 * MQTT over an open WebSocket as a stream of bytes: packets and frames need not begin together (MQTT 3.1.1, 6). What breaks
 * the protocol, a text frame ([MQTT-6.0.0-1]) say, ends it with an error whose `code` says what it was.
 */
export class WebSocketStream<Below extends Duplex = Duplex> extends Duplex {
  /** What carries it. */
  readonly below: Below;
  readonly #socket: WebSocket;

  constructor(socket: WebSocket, below: Below) {
    super({ allowHalfOpen: false });
    this.below = below;
    this.#socket = socket;
    socket.on('message', (bytes: Buffer, isBinary: boolean) => {
      if (!isBinary) this.#refuse();
      else if (bytes.length > 0 && !this.push(bytes)) socket.pause();
    });
    socket.on('ping', (bytes: Buffer) => {
      if (socket.readyState === socket.OPEN && socket.bufferedAmount < UNREAD_PONGS) socket.pong(bytes);
    });
    socket.on('error', (error) => this.destroy(error));
    socket.on('close', (code: number) => {
      // In good order what came before it is still to be read.
      if (code === GOING_WELL && !this.destroyed) this.push(null);
      else this.destroy();
    });
  }

  override _read(): void {
    if (this.#socket.isPaused) this.#socket.resume();
  }

  override _write(bytes: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    this.#socket.send(bytes, done);
  }

  /** What is written in one go is one frame. */
  override _writev(parts: { chunk: Buffer }[], done: (error?: Error | null) => void): void {
    this.#socket.send(Buffer.concat(parts.map(({ chunk }) => chunk)), done);
  }

  override _final(done: () => void): void {
    this.#socket.close(GOING_WELL);
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    // The close frame that says why is under way; the library ends the connection behind it.
    if (!error || this.#socket.readyState !== this.#socket.CLOSING) this.#socket.terminate();
    done(error);
  }

  #refuse(): void {
    if (this.destroyed) return;
    this.#socket.close(UNSUPPORTED_DATA, 'MQTT is sent in binary frames');
    this.destroy(Object.assign(new Error('a text frame; MQTT is sent in binary frames'), { code: TEXT_FRAME }));
  }
}
