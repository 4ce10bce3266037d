import { createServer, type IncomingMessage, type Server, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { WebSocketServer } from 'ws';
import { HeliographError } from '../../lib/errors.ts';
import type { Logger } from '../../lib/log.ts';
import type { Counter, Registry } from '../../lib/metrics.ts';
import { WEBSOCKET_OPTIONS, WebSocketStream } from '../../lib/websocket-stream.ts';
import { type Breach, breachOf } from './breach.ts';
import { whenFirstByteIsHere } from './first-byte.ts';

/** From the TLS handshake to the end of the HTTP request, ms: as long as the broker waits for CONNECT. */
const REQUEST_MS = 10_000;
/** Of an HTTP request's head, bytes. */
const HEAD_BYTES = 8192;
/** Of one message: parts that its sender made, and parts that came over TLS. Both cost memory beside their bytes. */
const MOST_FRAGMENTS = 256;
const MOST_CHUNKS = 4096;
const SUBPROTOCOL = 'mqtt';

/** Why a request is not answered with a WebSocket. */
type Refusal = 'silent' | 'slow' | 'request' | 'path' | 'subprotocol';

export interface EntranceOptions {
  readonly path: string;
  /** Bytes of one message at most. */
  readonly limit: number;
  readonly log: Logger;
  readonly metrics: Registry;
  /** MQTT, straight over TLS or over WebSocket; nothing of it has been read. */
  readonly onMqtt: (connection: TLSSocket | WebSocketStream<TLSSocket>) => void;
  /** What came broke the protocol, and the connection ends for it. */
  readonly onBreach: (connection: WebSocketStream<TLSSocket>) => void;
  readonly requestMs?: number;
}

/**
 * Takes MQTT in over WebSocket (MQTT 3.1.1, 6; RFC 6455) beside MQTT straight over TLS, on the same ports and behind the
 * same handshake. Whoever asks for anything else gets an HTTP status and the end; it is counted, and costs nobody else anything.
 */
export class WebSocketEntrance {
  readonly #options: EntranceOptions;
  readonly #http: Server;
  readonly #sockets: WebSocketServer;
  readonly #refused: Counter;
  readonly #breaches: Counter;
  /** When a request has to be here. */
  readonly #late = new WeakMap<Duplex, NodeJS.Timeout>();

  constructor(options: EntranceOptions) {
    this.#options = options;
    const { metrics, limit } = options;
    this.#refused = metrics.counter(
      'heliograph_relay_websocket_refused_total',
      'HTTP requests on the ports for collectors that were not answered with a WebSocket, by reason.',
    );
    this.#breaches = metrics.counter(
      'heliograph_relay_websocket_breaches_total',
      'Connections ended because what came over WebSocket broke its protocol, by kind.',
    );
    this.#sockets = new WebSocketServer({
      ...WEBSOCKET_OPTIONS,
      noServer: true,
      clientTracking: false,
      maxPayload: limit,
      maxFragments: MOST_FRAGMENTS,
      maxBufferedChunks: MOST_CHUNKS,
      handleProtocols: () => SUBPROTOCOL,
    });
    this.#sockets.on('wsClientError', (error, socket) => this.#refuse(socket, 'request', 400, error.message));
    this.#http = createServer({ maxHeaderSize: HEAD_BYTES }, ({ socket }) =>
      this.#refuse(socket, 'request', 426, 'MQTT over WebSocket is what is served here'),
    );
    this.#http.on('clientError', (error, socket) => this.#refuse(socket, 'request', 400, error.message));
    this.#http.on('upgrade', (request, socket, head) => this.#upgrade(request, socket as TLSSocket, head));
  }

  /** A connection that is through TLS. */
  take(socket: TLSSocket): void {
    const { requestMs = REQUEST_MS, onMqtt } = this.#options;
    whenFirstByteIsHere(socket, requestMs, {
      onMqtt: () => onMqtt(socket),
      onSilent: () => this.#count(socket, 'silent', 'nothing came'),
      onHttp: () => {
        const late = setTimeout(() => {
          // Or it does not take our refusal.
          if (!socket.writableEnded) this.#count(socket, 'slow', `no whole request within ${requestMs} ms`);
          socket.destroy();
        }, requestMs);
        this.#late.set(socket, late);
        socket.once('close', () => clearTimeout(late));
        this.#http.emit('connection', socket);
      },
    });
  }

  #upgrade(request: IncomingMessage, socket: TLSSocket, head: Buffer): void {
    const { path, onMqtt } = this.#options;
    const [asked] = (request.url ?? '').split('?', 1);
    if (asked !== path) {
      this.#refuse(socket, 'path', 404, 'no WebSocket is served there');
      return;
    }
    const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
    // [MQTT-6.0.0-3]
    if (!offered.includes(SUBPROTOCOL)) {
      this.#refuse(socket, 'subprotocol', 400, 'the subprotocol is mqtt');
      return;
    }
    this.#sockets.handleUpgrade(request, socket, head, (opened) => {
      clearTimeout(this.#late.get(socket));
      const stream = new WebSocketStream(opened, socket);
      stream.on('error', (error) => this.#broken(stream, error));
      onMqtt(stream);
    });
  }

  #broken(stream: WebSocketStream<TLSSocket>, error: Error): void {
    const kind: Breach | null = breachOf(error);
    if (kind === null) return;
    this.#breaches.inc({ kind });
    this.#options.onBreach(stream);
    const { code, message } = new HeliographError('HG_RELAY_WEBSOCKET', error.message);
    this.#options.log.warn('connection ended', { code, kind, why: message, address: stream.below.remoteAddress });
  }

  #refuse(socket: Duplex, reason: Refusal, status: number, why: string): void {
    // A parser that has refused the bytes refuses what comes behind them too.
    if (socket.destroyed || socket.writableEnded) return;
    this.#count(socket as TLSSocket, reason, why);
    const text = `${why}\n`;
    const head = [
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
      'Connection: close',
      ...(status === 426 ? ['Upgrade: websocket'] : []),
      'Content-Type: text/plain',
      `Content-Length: ${Buffer.byteLength(text)}`,
    ];
    // Whatever still comes is not read; the time for the request ends who does not take the answer.
    socket.end(`${head.join('\r\n')}\r\n\r\n${text}`, () => socket.destroy());
  }

  #count(socket: TLSSocket, reason: Refusal, why: string): void {
    this.#refused.inc({ reason });
    this.#options.log.warn('request refused', {
      code: 'HG_RELAY_WEBSOCKET',
      reason,
      why,
      address: socket.remoteAddress,
    });
  }
}
