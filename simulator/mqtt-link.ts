import type { SocketConstructorOpts } from 'node:net';
import { connect, type SecureContext, type TLSSocket } from 'node:tls';
import { generate } from 'mqtt-packet';
import { PUBACK, PUBLISH, readPackets } from './mqtt-packets.ts';

export interface LinkOptions {
  readonly host: string;
  readonly port: number;
  /** '' where the relay is named by an address. */
  readonly servername: string;
  readonly secure: SecureContext;
  /** A ticket of the connection before: a handshake at half the price. */
  readonly session: Buffer | undefined;
  readonly clientId: string;
  readonly keepAliveSeconds: number;
  readonly will: { readonly topic: string; readonly payload: Buffer };
  readonly subscribe: readonly string[];
}

export interface LinkEvents {
  /** Connected and subscribed. */
  onOpen(): void;
  onAcknowledged(messageId: number): void;
  /** A message from the relay; `payload` is good until this returns. */
  onMessage(topic: string, payload: Uint8Array): void;
  onSession(session: Buffer): void;
  /** Bytes came and were dealt with. False: read no more until `resume`. */
  onRead(): boolean;
  /** Told once. */
  onClose(reason: string): void;
}

const CONNECT_TIMEOUT_MS = 60_000;
const SUBSCRIBE_ID = 65_535;
/** What all connections of the process read into: each chunk is dealt with before the next read. */
const READ = Buffer.alloc(64 * 1024);
const PING = Buffer.from([0xc0, 0]);
const DISCONNECT = Buffer.from([0xe0, 0]);

/**
 * MQTT 3.1.1 at QoS 1 over one TLS connection, as little of it as a simulated host needs. The collector's client (the mqtt package) costs
 * five times the memory and CPU a connection, and ten thousand of them are the load here, not what is tested.
 */
export class MqttLink {
  readonly #socket: TLSSocket;
  readonly #events: LinkEvents;
  readonly #options: LinkOptions;
  /** The beginning of a packet that is not whole yet. */
  #rest: Buffer | null = null;
  #reason = 'closed by the relay';
  #closed = false;
  #open = false;
  #secure = false;
  #refused = false;

  constructor(options: LinkOptions, events: LinkEvents) {
    this.#options = options;
    this.#events = events;
    const { host, port, servername, secure: secureContext, session } = options;
    const reading: Pick<SocketConstructorOpts, 'onread'> = { onread: { buffer: READ, callback: this.#read } };
    const socket = connect({ host, port, servername, secureContext, ...(session ? { session } : {}), ...reading });
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.setTimeout(CONNECT_TIMEOUT_MS, this.#late);
    socket.on('session', this.#onSession);
    socket.once('secureConnect', this.#onSecure);
    socket.on('error', this.#onError);
    socket.once('close', this.#onClose);
  }

  /** Bytes that the relay's machine has not taken yet. */
  get unsent(): number {
    return this.#socket.writableLength;
  }

  /** Whether the relay took the ticket. */
  get resumed(): boolean {
    return this.#socket.isSessionReused();
  }

  /** Whether it ended before TLS because nobody listened there, or who listened let others in first. */
  get refused(): boolean {
    return this.#refused;
  }

  /** Whole packets. The bytes must not be changed afterwards. */
  send(bytes: Buffer): void {
    if (!this.#closed) this.#socket.write(bytes);
  }

  ping(): void {
    this.send(PING);
  }

  /** Reads on, after `onRead` said no. */
  resume(): void {
    if (!this.#closed) this.#socket.resume();
  }

  /** Says goodbye, so that the relay sends no last will; `onClose` follows. */
  end(): void {
    if (this.#closed) return;
    this.#reason = 'ended';
    this.#socket.resume();
    this.#socket.end(DISCONNECT);
  }

  /** As if the cable were pulled: without a word. `onClose` follows. */
  drop(reason: string): void {
    this.#reason = reason;
    this.#socket.destroy();
  }

  readonly #late = (): void => this.drop('no answer in time');

  readonly #onSession = (session: Buffer): void => this.#events.onSession(session);

  readonly #onError = (error: NodeJS.ErrnoException): void => {
    this.#reason = error.message;
    this.#refused = !this.#secure && (error.code === 'ECONNREFUSED' || error.code === 'ECONNRESET');
  };

  readonly #onClose = (): void => {
    this.#closed = true;
    this.#events.onClose(this.#reason);
  };

  readonly #onSecure = (): void => {
    this.#secure = true;
    const { clientId, keepAliveSeconds, will } = this.#options;
    this.#socket.write(
      generate({
        cmd: 'connect',
        protocolId: 'MQTT',
        protocolVersion: 4,
        clean: true,
        clientId,
        keepalive: keepAliveSeconds,
        will: { ...will, qos: 1, retain: true },
      }),
    );
  };

  readonly #read = (length: number): boolean => {
    const chunk = READ.subarray(0, length);
    const bytes = this.#rest === null ? chunk : Buffer.concat([this.#rest, chunk]);
    const end = readPackets(bytes, this.#packet);
    this.#rest = end === bytes.length ? null : Buffer.from(bytes.subarray(end));
    return this.#events.onRead();
  };

  readonly #packet = (type: number, flags: number, body: Uint8Array): void => {
    if (type === PUBACK) this.#events.onAcknowledged((body[0]! << 8) | body[1]!);
    else if (type === PUBLISH) this.#message(flags, body);
    else if (type === CONNACK) this.#connected(body[1]!);
    else if (type === SUBACK) this.#subscribed();
  };

  #connected(code: number): void {
    if (code !== 0) {
      this.drop(`CONNECT refused with code ${code}`);
      return;
    }
    const subscriptions = this.#options.subscribe.map((topic) => ({ topic, qos: 1 as const }));
    this.#socket.write(generate({ cmd: 'subscribe', messageId: SUBSCRIBE_ID, subscriptions }));
  }

  #subscribed(): void {
    if (this.#open) return;
    this.#open = true;
    this.#socket.setTimeout(0);
    this.#events.onOpen();
  }

  #message(flags: number, body: Uint8Array): void {
    const length = (body[0]! << 8) | body[1]!;
    const topic = Buffer.from(body.buffer, body.byteOffset + 2, length).toString();
    let at = 2 + length;
    if ((flags & 6) !== 0) {
      this.send(Buffer.from([PUBACK << 4, 2, body[at]!, body[at + 1]!]));
      at += 2;
    }
    this.#events.onMessage(topic, body.subarray(at));
  }
}

const CONNACK = 2;
const SUBACK = 9;
