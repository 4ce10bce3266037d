import type { Socket } from 'node:net';
import type { Client } from 'aedes';
import type { Credentials } from '../../../lib/doors/doorkeeper.ts';
import type { Waiting } from '../../../lib/doors/waiting.ts';
import { HeliographError } from '../../../lib/errors.ts';
import { announcedBytes, type FedClient, feedInstead } from '../../mqtt-broker.ts';
import { type PacketEvents, PacketReader } from '../../packet-reader.ts';
import { asksForFive, UNSUPPORTED_VERSION } from './connect-version.ts';
import type { AddTo, ArrivedMessage } from './device-message.ts';

export interface DeviceConnectionOptions {
  readonly client: Client;
  readonly socket: Socket;
  /** @throws HeliographError why the message is not taken */
  readonly read: (message: ArrivedMessage) => AddTo;
  readonly refuse: (error: HeliographError, facts: Readonly<Record<string, unknown>>) => void;
  /** False: none of it may be acknowledged, and the connection must end. */
  readonly store: (messages: readonly AddTo[], who: Credentials, open: () => boolean) => Promise<boolean>;
  /** Bytes of messages that are on their way to the journal, over all doors. */
  readonly waiting: Waiting;
  readonly packetBytes: number;
  /** ms since the epoch. */
  readonly now: () => number;
}

/** A message that is not acknowledged yet. */
interface Held {
  /** Null: it was refused, and is only to be acknowledged in its turn. */
  readonly addTo: AddTo | null;
  readonly messageId: number | undefined;
  readonly bytes: number;
}

/** Messages of one connection that are journalled together. */
const TOGETHER = 500;
/** No more is read of a connection while so many wait, or so many bytes of acknowledgements are not read by the device. */
const MOST_HELD = 1000;
const MOST_UNREAD = 64 * 1024;

/**
 * Reads one device. PUBLISH packets go straight to the journal, what came while the one before was written together; everything else goes to the
 * broker. Acknowledged is in the order of arrival [MQTT-4.6.0-2], and only what is durable or was refused.
 */
export class DeviceConnection implements PacketEvents {
  readonly #options: DeviceConnectionOptions;
  readonly #broker: FedClient;
  readonly #packets: PacketReader;
  #held: Held[] = [];
  #heldBytes = 0;
  /** Its first bytes, until they say which version it speaks. */
  #hello: Buffer | null = Buffer.alloc(0);
  #flowing = true;
  /** It is told when there is room again. */
  #asked = false;
  #pumping: Promise<void> | null = null;
  /** Once CONNECT has said it and was good. */
  who: Credentials | null = null;
  /** Who it is, as a token, a certificate or the loopback address says. */
  client = '';
  /** For the log. */
  name = '';

  constructor(options: DeviceConnectionOptions) {
    this.#options = options;
    this.#packets = new PacketReader(this);
    this.#broker = feedInstead(options.client, this.#look);
    options.socket.on('data', this.#read);
    options.socket.on('drain', this.#look);
  }

  get open(): boolean {
    return this.#broker.connected && this.who !== null;
  }

  get over(): boolean {
    return this.#options.socket.destroyed;
  }

  publish(topic: string, messageId: number | undefined, payload: Buffer, retain: boolean): boolean {
    this.#broker.refresh();
    this.take(topic, messageId, payload, retain);
    return true;
  }

  pass(bytes: Buffer): void {
    this.#broker.feed(bytes);
  }

  /** A message, from here or from the broker's own parser. */
  take(topic: string, messageId: number | undefined, payload: Buffer, retain: boolean): void {
    const { read, waiting, now } = this.#options;
    let addTo: AddTo | null = null;
    try {
      addTo = this.#refusingOnce(read({ topic, payload, retain, arrived: now() }), topic);
    } catch (error) {
      this.#refuse(error, topic);
    }
    const bytes = topic.length + payload.length;
    this.#held.push({ addTo, messageId, bytes });
    this.#heldBytes += bytes;
    waiting.add(this.client, bytes);
    this.#pumping ??= this.#pump();
  }

  /** What cannot be read is refused and left out, once, however often its batch is tried. */
  #refusingOnce(addTo: AddTo, topic: string): AddTo {
    let refused = false;
    return (batch, index) => {
      if (refused) return;
      try {
        addTo(batch, index);
      } catch (error) {
        this.#refuse(error, topic);
        refused = true;
      }
    };
  }

  #refuse(error: unknown, topic: string): void {
    if (!(error instanceof HeliographError)) throw error;
    this.#options.refuse(error, { client: this.name, topic: topic.slice(0, 200) });
  }

  /** Resolves when what was read is stored, or given up. */
  async settled(): Promise<void> {
    await this.#pumping;
  }

  async #pump(): Promise<void> {
    // What else is in the same piece of the stream belongs with the first of it.
    await Promise.resolve();
    while (this.#held.length > 0) {
      const some = this.#held.slice(0, TOGETHER);
      const messages = some.map(({ addTo }) => addTo).filter((addTo) => addTo !== null);
      const good = messages.length === 0 || (await this.#options.store(messages, this.who!, () => !this.over));
      this.#let(good ? some.length : this.#held.length);
      if (!good) this.#options.socket.destroy();
      else this.#acknowledge(some);
      this.#look();
    }
    this.#pumping = null;
  }

  #let(count: number): void {
    const bytes = this.#held.splice(0, count).reduce((sum, held) => sum + held.bytes, 0);
    this.#heldBytes -= bytes;
    this.#options.waiting.leave(this.client, bytes);
  }

  #acknowledge(some: readonly Held[]): void {
    const ids = some.map(({ messageId }) => messageId).filter((id) => id !== undefined);
    if (ids.length === 0 || this.over) return;
    const packets = Buffer.alloc(ids.length * 4);
    for (const [i, id] of ids.entries()) packets.writeUInt32BE(0x4002_0000 + id, i * 4);
    this.#options.socket.write(packets);
  }

  readonly #read = (chunk: Buffer): void => {
    if (this.over) return;
    const { client, socket, packetBytes, refuse } = this.#options;
    const bytes = this.#hello === null ? chunk : this.#greeted(this.#hello, chunk);
    if (bytes === null) return;
    this.#packets.read(bytes);
    const announced = Math.max(this.#packets.announced, announcedBytes(client));
    if (announced > packetBytes && !this.over) {
      const error = new HeliographError('HG_MQTT_PACKET', `${announced} bytes, at most ${packetBytes}`);
      refuse(error, { client: this.name });
      socket.destroy();
    }
    this.#look();
  };

  /** What came so far, once it says that it is a version that is served; null before, and where it says another. */
  #greeted(before: Buffer, chunk: Buffer): Buffer | null {
    const { socket, refuse } = this.#options;
    const hello = before.length === 0 ? chunk : Buffer.concat([before, chunk]);
    const five = asksForFive(hello);
    this.#hello = five === null ? hello : null;
    if (five === false) return hello;
    if (five === null) return null;
    const error = new HeliographError('HG_MQTT_VERSION', 'MQTT 5; set the client to version 3.1.1 (protocol level 4)');
    refuse(error, { address: socket.remoteAddress });
    socket.removeListener('data', this.#read);
    socket.resume().end(UNSUPPORTED_VERSION);
    return null;
  }

  /** Reads on, or stops. */
  readonly #look = (): void => {
    const { socket, waiting, packetBytes } = this.#options;
    const full = waiting.fullFor(this.client);
    if (full && !this.#asked && !this.over) {
      this.#asked = true;
      waiting.whenRoom(this.client, () => {
        this.#asked = false;
        this.#look();
      });
    }
    const own = this.#held.length < MOST_HELD && this.#heldBytes < packetBytes && socket.writableLength < MOST_UNREAD;
    const flowing = own && !full && !this.#broker.busy;
    if (flowing === this.#flowing) return;
    this.#flowing = flowing;
    if (flowing) socket.resume();
    else socket.pause();
  };
}
