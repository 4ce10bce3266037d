import { createSecureContext, type SecureContext } from 'node:tls';
import { generate } from 'mqtt-packet';
import { BackOff } from '../../collector/core/uplink/back-off.ts';
import { Ranges } from '../../lib/ranges.ts';
import { decodeControl } from '../../proto/control.ts';
import { encodeEventsBody } from '../../proto/event.ts';
import { encodeFrame } from '../../proto/frame.ts';
import { makeBoot } from '../../proto/hash.ts';
import type { RangesPage } from '../../relay/account.ts';
import { MqttLink } from '../../simulator/mqtt-link.ts';

export interface ReturningHostOptions {
  readonly name: string;
  readonly index: number;
  readonly port: number;
  readonly tls: { readonly ca: Buffer; readonly cert: Buffer; readonly key: Buffer };
  readonly random: () => number;
  /** A frame was acknowledged, so many ms after it was first sent on this connection. */
  readonly onAcknowledged: (ms: number) => void;
  /** A connection ended that it did not end itself, or did not come about. */
  readonly onFailed?: (reason: string) => void;
}

/** It never pings, and may have nothing to send for minutes; a relay ends who is silent for one and a half of these. */
const KEEP_ALIVE_S = 300;
/** As a collector waits unless its configuration says otherwise: base and cap of the full jitter. */
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
  readonly #secure: SecureContext;
  readonly #backOff: BackOff;
  #link: MqttLink | null = null;
  #session: Buffer | undefined;
  #timer: NodeJS.Timeout | null = null;
  #hint = 0;
  #sequence = 1;
  #stopped = false;
  /** CONNECT and the subscriptions are through. */
  up = false;
  resumed = false;
  /** How often it was connected. */
  opens = 0;

  constructor(options: ReturningHostOptions) {
    this.#options = options;
    this.#secure = createSecureContext(options.tls);
    const random = (into: Uint8Array): void => {
      for (let at = 0; at < into.length; at++) into[at] = options.random() * 256;
    };
    this.#backOff = new BackOff({ baseMs: BASE_MS, capMs: CAP_MS, random });
    this.#boot = makeBoot(1, Uint8Array.of(0, 0, 0, 0, 0, 0, options.index >> 8, options.index & 255));
  }

  /** Frames that are not acknowledged. */
  get queued(): number {
    return this.#waiting.size;
  }

  get frames(): number {
    return this.#sequence - 1;
  }

  /** For how long each frame that was sent and is not acknowledged has waited, ms. */
  get waits(): number[] {
    const now = performance.now();
    return [...this.#waiting.values()].filter(({ sent }) => sent > 0).map(({ sent }) => now - sent);
  }

  /** Frames that were ever made, acknowledged or not, and that a relay's record does not have as received. */
  unrecorded(page: RangesPage): number {
    const { received = [] } = page.hosts[this.#options.name]?.[this.#boot]?.log ?? {};
    const recorded = new Ranges(received);
    let count = 0;
    for (let sequence = 1; sequence <= this.frames; sequence++) if (!recorded.has(sequence)) count++;
    return count;
  }

  connect(): void {
    const { name, port } = this.#options;
    this.#stopped = false;
    const link = new MqttLink(
      {
        host: '127.0.0.1',
        port,
        servername: 'localhost',
        secure: this.#secure,
        session: this.#session,
        clientId: name,
        keepAliveSeconds: KEEP_ALIVE_S,
        will: { topic: `fleet/${name}/status`, payload: Buffer.alloc(100) },
        subscribe: [`fleet/${name}/control`, `fleet/${name}/desired`],
      },
      {
        onOpen: () => this.#opened(link),
        onAcknowledged: (messageId) => this.#acknowledged(messageId),
        onMessage: (topic, payload) => this.#told(topic, payload),
        onSession: (ticket) => {
          this.#session = ticket;
        },
        onRead: () => true,
        onClose: (reason) => this.#closed(link, reason),
      },
    );
    this.#link = link;
    this.#timer = setTimeout(() => link.drop('no answer in time'), CONNECT_MS);
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
    this.#link?.drop('left');
  }

  #opened(link: MqttLink): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    this.#backOff.succeeded();
    this.up = true;
    this.opens++;
    this.resumed = link.resumed;
    for (const sequence of this.#waiting.keys()) this.#publish(sequence);
  }

  #publish(sequence: number): void {
    const frame = this.#waiting.get(sequence)!;
    frame.sent = performance.now();
    const topic = `fleet/${this.#options.name}/log`;
    const messageId = sequence + 1;
    const packet = { cmd: 'publish', topic, qos: 1, messageId, dup: false, retain: false } as const;
    this.#link!.send(generate({ ...packet, payload: Buffer.from(frame.bytes) }));
  }

  #acknowledged(messageId: number): void {
    const frame = this.#waiting.get(messageId - 1);
    if (!frame) return;
    this.#waiting.delete(messageId - 1);
    this.#options.onAcknowledged(performance.now() - frame.sent);
  }

  #told(topic: string, payload: Uint8Array): void {
    if (!topic.endsWith('/control')) return;
    const { comeBackAfterMs } = decodeControl(Uint8Array.from(payload));
    if (comeBackAfterMs === undefined) return;
    this.#hint = comeBackAfterMs;
    this.#link!.end();
  }

  #closed(link: MqttLink, reason: string): void {
    if (link !== this.#link) return;
    this.up = false;
    this.#link = null;
    if (this.#timer) clearTimeout(this.#timer);
    if (this.#stopped) return;
    this.#options.onFailed?.(reason);
    this.#timer = setTimeout(() => this.connect(), this.#backOff.next(this.#hint, link.refused));
    this.#hint = 0;
  }
}
