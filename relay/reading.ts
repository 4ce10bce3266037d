import type { Duplex } from 'node:stream';
import type { Client } from 'aedes';
import type { Message } from './intake.ts';
import { announcedBytes, type FedClient, feedInstead } from './mqtt-broker.ts';
import { type PacketEvents, PacketReader } from './packet-reader.ts';
import type { Session } from './session.ts';
import { type Upward, upward } from './topics.ts';

export interface ReadingOptions {
  readonly client: Client;
  readonly socket: Duplex;
  /** Whose connection it is, once that is known. */
  readonly session: () => Session | undefined;
  /** What was sent where it may be sent. */
  readonly take: (session: Session, channel: Upward, message: Message) => void;
  /** Bytes of one packet. */
  readonly limit: number;
  /** A packet announced more. */
  readonly onOversized: (socket: Duplex, session: Session | undefined, bytes: number) => void;
}

/**
 * Reads one connection. What a collector sends all the time, PUBLISH to its own topics, goes straight from TLS or WebSocket to the
 * intake; everything else goes to the broker. It reads no further while the broker has not answered or there is no room.
 */
export class Reading implements PacketEvents {
  readonly #options: ReadingOptions;
  readonly #broker: FedClient;
  readonly #packets: PacketReader;
  #session: Session | undefined;
  #flowing = true;
  /** Of the last PUBLISH. */
  #topic = '';
  #channel: Upward | null = null;

  constructor(options: ReadingOptions) {
    this.#options = options;
    this.#packets = new PacketReader(this);
    this.#broker = feedInstead(options.client, this.#look);
    options.socket.on('data', this.#read);
  }

  get open(): boolean {
    if (!this.#broker.connected) return false;
    this.#session ??= this.#options.session();
    return this.#session !== undefined && !this.#session.turnedAway;
  }

  get over(): boolean {
    return this.#options.socket.destroyed;
  }

  publish(topic: string, messageId: number | undefined, payload: Buffer): boolean {
    const session = this.#session!;
    const channel = topic === this.#topic ? this.#channel : upward(session.prefix, topic);
    if (channel === null) return false;
    this.#topic = topic;
    this.#channel = channel;
    this.#broker.refresh();
    this.#options.take(session, channel, { topic, payload, messageId });
    return true;
  }

  pass(bytes: Buffer): void {
    this.#broker.feed(bytes);
  }

  readonly #read = (chunk: Buffer): void => {
    if (this.over) return;
    this.#packets.read(chunk);
    const { client, socket, limit, onOversized, session } = this.#options;
    const announced = Math.max(this.#packets.announced, announcedBytes(client));
    if (announced > limit && !this.over) onOversized(socket, session(), announced);
    this.#look();
  };

  /** Reads on, or stops. */
  readonly #look = (): void => {
    const flowing = !this.#broker.busy && (this.#session?.mayRead(this.#look) ?? true);
    if (flowing === this.#flowing) return;
    this.#flowing = flowing;
    if (flowing) this.#options.socket.resume();
    else this.#options.socket.pause();
  };
}
