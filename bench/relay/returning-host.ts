import { connect, type TLSSocket } from 'node:tls';
import { generate, parser } from 'mqtt-packet';
import { decodeControl } from '../../proto/control.ts';
import { encodeEventsBody } from '../../proto/event.ts';
import { encodeFrame } from '../../proto/frame.ts';
import { makeBoot } from '../../proto/hash.ts';

export interface ReturningHostOptions {
  readonly name: string;
  readonly index: number;
  readonly port: number;
  readonly tls: { readonly ca: Buffer; readonly cert: Buffer; readonly key: Buffer };
  readonly random: () => number;
  /** A frame was acknowledged, so many ms after it was first sent on this connection. */
  readonly onAcknowledged: (ms: number) => void;
}

const KEEP_ALIVE_S = 60;
/** As a collector waits: base and cap of the full jitter. */
const BASE_MS = 1000;
const CAP_MS = 60_000;
/** As a collector gives up. */
const CONNECT_MS = 15_000;

/**
 * A host as a relay sees one, and hardly more, so that thousands fit in a process: TLS with its ticket of before, CONNECT,
 * both subscriptions, frames that are sent again until they are acknowledged, a wait of full jitter after what fails.
 */
export class ReturningHost {
  readonly #options: ReturningHostOptions;
  readonly #boot: string;
  readonly #waiting = new Map<number, { readonly bytes: Uint8Array; sent: number }>();
  #socket: TLSSocket | null = null;
  #session: Buffer | undefined;
  #timer: NodeJS.Timeout | null = null;
  #failures = 0;
  #hint = 0;
  #sequence = 1;
  #stopped = false;
  /** CONNECT and the subscriptions are through. */
  up = false;
  resumed = false;

  constructor(options: ReturningHostOptions) {
    this.#options = options;
    this.#boot = makeBoot(1, Uint8Array.of(0, 0, 0, 0, 0, 0, options.index >> 8, options.index & 255));
  }

  /** Frames that are not acknowledged. */
  get queued(): number {
    return this.#waiting.size;
  }

  get frames(): number {
    return this.#sequence - 1;
  }

  connect(): void {
    const { tls, port } = this.#options;
    this.#stopped = false;
    const session = this.#session;
    const socket = connect({
      host: '127.0.0.1',
      servername: 'localhost',
      port,
      ...tls,
      ...(session ? { session } : {}),
    });
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('session', (ticket) => {
      this.#session = ticket;
    });
    socket.on('error', () => undefined);
    socket.once('close', () => this.#closed(socket));
    socket.once('secureConnect', () => {
      this.resumed = socket.isSessionReused();
    });
    this.#timer = setTimeout(() => socket.destroy(), CONNECT_MS);
    const read = parser();
    read.on('packet', (packet) => {
      if (packet.cmd === 'connack') this.#subscribe(socket);
      else if (packet.cmd === 'suback') this.#opened();
      else if (packet.cmd === 'puback') this.#acknowledged(packet.messageId!);
      else if (packet.cmd === 'publish') this.#told(packet.topic, packet.payload as Buffer, packet.messageId);
    });
    read.on('error', () => socket.destroy());
    socket.on('data', (chunk) => read.parse(chunk));
    const clientId = this.#options.name;
    const will = { topic: `fleet/${clientId}/status`, payload: Buffer.alloc(100), qos: 1 as const, retain: true };
    socket.write(
      generate({
        cmd: 'connect',
        protocolId: 'MQTT',
        protocolVersion: 4,
        clean: true,
        clientId,
        keepalive: KEEP_ALIVE_S,
        will,
      }),
    );
  }

  /** Makes a frame; it is sent now, or when the connection is back. */
  tell(): void {
    const { name } = this.#options;
    const sequence = this.#sequence++;
    const body = encodeEventsBody([{ time: Date.now(), type: 'bench', host: name, facts: { sequence } }]);
    const bytes = encodeFrame(
      {
        class: 'log',
        boot: this.#boot,
        sequence,
        floor: 1,
        created: Date.now(),
        count: 1,
        previous: null,
        kind: 'events',
      },
      body,
    );
    this.#waiting.set(sequence, { bytes, sent: 0 });
    if (this.up) this.#publish(sequence);
  }

  /** Goes without a word, and stays away until `connect`. */
  leave(): void {
    this.#stopped = true;
    if (this.#timer) clearTimeout(this.#timer);
    this.#socket?.destroy();
  }

  #subscribe(socket: TLSSocket): void {
    const topics = ['control', 'desired'].map((part) => ({
      topic: `fleet/${this.#options.name}/${part}`,
      qos: 1 as const,
    }));
    socket.write(generate({ cmd: 'subscribe', messageId: 1, subscriptions: topics }));
  }

  #opened(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    this.#failures = 0;
    this.up = true;
    for (const sequence of this.#waiting.keys()) this.#publish(sequence);
  }

  #publish(sequence: number): void {
    const frame = this.#waiting.get(sequence)!;
    frame.sent = performance.now();
    const topic = `fleet/${this.#options.name}/log`;
    const messageId = sequence + 1;
    const packet = { cmd: 'publish', topic, qos: 1, messageId, dup: false, retain: false } as const;
    this.#socket!.write(generate({ ...packet, payload: Buffer.from(frame.bytes) }));
  }

  #acknowledged(messageId: number): void {
    const frame = this.#waiting.get(messageId - 1);
    if (!frame) return;
    this.#waiting.delete(messageId - 1);
    this.#options.onAcknowledged(performance.now() - frame.sent);
  }

  #told(topic: string, payload: Buffer, messageId: number | undefined): void {
    if (messageId !== undefined) this.#socket!.write(generate({ cmd: 'puback', messageId }));
    if (!topic.endsWith('/control')) return;
    const { comeBackAfterMs } = decodeControl(payload);
    if (comeBackAfterMs === undefined) return;
    this.#hint = comeBackAfterMs;
    this.#socket!.end(generate({ cmd: 'disconnect' }));
  }

  #closed(socket: TLSSocket): void {
    if (socket !== this.#socket) return;
    this.up = false;
    this.#socket = null;
    if (this.#timer) clearTimeout(this.#timer);
    if (this.#stopped) return;
    const ceiling = Math.min(CAP_MS, BASE_MS * 2 ** Math.min(this.#failures++, 16));
    this.#timer = setTimeout(() => this.connect(), this.#hint + ceiling * this.#options.random());
    this.#hint = 0;
  }
}
