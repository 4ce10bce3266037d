import { createSecureContext } from 'node:tls';
import { decodeControl } from '../../proto/control.ts';
import { encodeFrame } from '../../proto/frame.ts';
import { makeBoot } from '../../proto/hash.ts';
import { MqttLink } from '../../simulator/mqtt-link.ts';
import { FLOODED, type Flooded } from './prepared-frames.ts';

const KEEP_ALIVE_S = 60;
/** Unacknowledged bytes of a class: as a collector's window. */
const WINDOW_BYTES = 1 << 20;
const MOST_IDS = 60_000;
const PUBLISH_QOS1 = 0x32;

export interface FloodingHostOptions {
  readonly name: string;
  readonly index: number;
  readonly port: number;
  readonly tls: { readonly ca: Buffer; readonly cert: string; readonly key: string };
  readonly onOpen: () => void;
  readonly onAcknowledged: (dataClass: Flooded, lines: number, ms: number) => void;
  /** The connection ended, or the relay said that it does not take something. */
  readonly onTrouble: (why: string) => void;
}

interface Frame {
  readonly class: Flooded;
  readonly lines: number;
  readonly body: Uint8Array;
  readonly sequence: number;
  sent: number;
}

interface Chain {
  readonly waiting: Frame[];
  /** Sent and not acknowledged, in order. */
  readonly under: Map<number, Frame>;
  bytes: number;
  sequence: number;
  /** The relay asked to send none of it for now. */
  stopped: boolean;
}

const chain = (): Chain => ({ waiting: [], under: new Map(), bytes: 0, sequence: 0, stopped: false });

/** A host as the relay sees one that does nothing but log: a window of bytes for each class, errors first, and what does not go out waits. */
export class FloodingHost {
  readonly #options: FloodingHostOptions;
  readonly #link: MqttLink;
  readonly #boot: string;
  readonly #chains: Readonly<Record<Flooded, Chain>> = { error: chain(), log: chain(), debug: chain() };
  readonly #frames = new Map<number, Frame>();
  #lastId = 0;
  #ended = false;
  /** Bytes of PUBLISH packets. */
  payloadBytes = 0;
  sentFrames = 0;

  constructor(options: FloodingHostOptions) {
    this.#options = options;
    const { name, index, port, tls } = options;
    this.#boot = makeBoot(1, Uint8Array.of(0, 0, 0, 0, 0, 0, index >> 8, index & 255));
    this.#link = new MqttLink(
      {
        host: '127.0.0.1',
        port,
        servername: 'localhost',
        secure: createSecureContext({ ...tls, minVersion: 'TLSv1.3' }),
        session: undefined,
        clientId: name,
        keepAliveSeconds: KEEP_ALIVE_S,
        will: { topic: `fleet/${name}/status`, payload: Buffer.alloc(100) },
        subscribe: [`fleet/${name}/control`],
      },
      {
        onOpen: options.onOpen,
        onAcknowledged: (id) => this.#acknowledged(id),
        onMessage: (_, payload) => this.#told(payload),
        onSession: () => undefined,
        onRead: () => true,
        onClose: (reason) => {
          if (!this.#ended) options.onTrouble(`${name}: ${reason}`);
        },
      },
    );
  }

  /** Lines that wait for the window, or for the relay to want them. */
  get waitingLines(): number {
    let sum = 0;
    for (const name of FLOODED) for (const { lines } of this.#chains[name].waiting) sum += lines;
    return sum;
  }

  get unacknowledged(): number {
    return this.#frames.size;
  }

  say(dataClass: Flooded, lines: number, body: Uint8Array): void {
    const chain = this.#chains[dataClass];
    chain.sequence++;
    chain.waiting.push({ class: dataClass, lines, body, sequence: chain.sequence, sent: 0 });
    this.#pump(chain);
  }

  ping(): void {
    this.#link.ping();
  }

  end(): void {
    this.#ended = true;
    this.#link.end();
  }

  #pump(chain: Chain): void {
    while (chain.waiting.length > 0 && !chain.stopped && chain.bytes < WINDOW_BYTES) {
      const frame = chain.waiting.shift()!;
      chain.under.set(frame.sequence, frame);
      chain.bytes += frame.body.length;
      this.#publish(chain, frame);
    }
  }

  #publish({ under }: Chain, frame: Frame): void {
    const { class: dataClass, lines, body, sequence } = frame;
    const floor = under.keys().next().value!;
    const header = {
      class: dataClass,
      boot: this.#boot,
      sequence,
      floor,
      created: Date.now(),
      count: lines,
      previous: null,
      kind: 'logs',
    } as const;
    frame.sent = performance.now();
    this.#lastId = (this.#lastId % MOST_IDS) + 1;
    this.#frames.set(this.#lastId, frame);
    const packet = publishPacket(`fleet/${this.#options.name}/${dataClass}`, this.#lastId, encodeFrame(header, body));
    this.payloadBytes += packet.length;
    this.sentFrames++;
    this.#link.send(packet);
  }

  #acknowledged(id: number): void {
    const frame = this.#frames.get(id);
    if (!frame) return;
    this.#frames.delete(id);
    const chain = this.#chains[frame.class];
    chain.under.delete(frame.sequence);
    chain.bytes -= frame.body.length;
    this.#options.onAcknowledged(frame.class, frame.lines, performance.now() - frame.sent);
    this.#pump(chain);
  }

  #told(payload: Uint8Array): void {
    const { pressure, refused, comeBackAfterMs } = decodeControl(Uint8Array.from(payload));
    if (refused) this.#options.onTrouble(`${this.#options.name}: refused ${refused.code}: ${refused.message}`);
    if (comeBackAfterMs) this.#options.onTrouble(`${this.#options.name}: no room at the relay`);
    for (const name of FLOODED) {
      const level = pressure?.[name];
      if (level === undefined) continue;
      this.#chains[name].stopped = level === 2;
      this.#pump(this.#chains[name]);
    }
  }
}

/** MQTT 3.1.1, section 3.3, at QoS 1. */
function publishPacket(topic: string, id: number, payload: Uint8Array): Buffer {
  const length = 4 + topic.length + payload.length;
  let sizeBytes = 1;
  for (let rest = length >>> 7; rest > 0; rest >>>= 7) sizeBytes++;
  const out = Buffer.allocUnsafe(1 + sizeBytes + length);
  let at = 0;
  out[at++] = PUBLISH_QOS1;
  let rest = length;
  for (; rest > 127; rest >>>= 7) out[at++] = (rest & 127) | 128;
  out[at++] = rest;
  at = out.writeUInt16BE(topic.length, at);
  at += out.write(topic, at, 'latin1');
  at = out.writeUInt16BE(id, at);
  out.set(payload, at);
  return out;
}
