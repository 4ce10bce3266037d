import type { Duplex } from 'node:stream';
import type { Client } from 'aedes';
import type { Boot } from '../proto/hash.ts';
import { topicOf } from '../proto/topics.ts';
import type { DefinitionEntry } from './definition-index.ts';
import { hostKey } from './host-account.ts';
import type { Lives } from './loss.ts';
import type { Peer } from './peer.ts';
import { RecordEncoder } from './record.ts';
import { soon } from './soon.ts';
import type { HostSaid } from './status/host-said.ts';
import type { Writing } from './writing.ts';

/** Why a connection ended, as the fleet report and the host_down event say it. */
export type EndReason =
  | 'closed'
  | 'disconnected'
  | 'keep-alive'
  | 'replaced'
  | 'revoked'
  | 'expired'
  | 'held'
  | 'oversized'
  | 'websocket'
  | 'refused'
  | 'full'
  | 'stopping'
  /** It was told to go to another relay. */
  | 'drained'
  /** Another relay has taken it in, as it said itself. */
  | 'moved';

/** Bytes on their way to the disk for one connection before its socket is read no further. */
const WRITING_CAP = 256 * 1024;
/** Bytes that a collector has not taken yet before it is read no further, and before it is told nothing more. */
const UNREAD_CAP = 128 * 1024;

/**
 * One connection of one host: who it is, what it has sent and is not acknowledged, and the way to acknowledge it. Every
 * PUBACK is written here and not by the broker, because some must wait longer than the broker could (see DESIGN 4).
 */
export class Session {
  readonly peer: Peer;
  readonly host: string;
  readonly client: Client;
  /** TLS, or a WebSocket over it. */
  readonly socket: Duplex;
  /** Grows with every connection to this relay. */
  readonly number: number;
  /** ms since the epoch. */
  readonly since: number;
  readonly prefix: string;
  /** The host in the journal's record headers. */
  readonly key: number;
  ended = false;
  /** ms since the epoch; 0: not yet. */
  endedAt = 0;
  /** Where the host is from now on, as its last word on this connection says; null: it said no such thing. */
  movedTo: string | null = null;
  endReason: EndReason | null = null;
  /** It is the host's connection: CONNECT went through and nothing newer took over. */
  current = false;
  /** There is no room for it: it is only told when to come back. */
  turnedAway = false;
  control = false;
  desired = false;
  status: Uint8Array = new Uint8Array(0);
  /** The collector's clock minus ours, ms; null until a status said what time it is there. */
  skew: number | null = null;
  skewTold = 0;
  /** From its last status; null until there was one. */
  said: HostSaid | null = null;
  /** The collector's present life, from its status. */
  liveBoot: Boot | null = null;
  /** The life that its last frame was of. */
  framedBoot: Boot | null = null;
  heldBytes = 0;
  /** The definitions that its last frame named: nearly always those of the next one too. */
  named: readonly DefinitionEntry[] = [];
  /** The lives that its frames were of; the judge of losses keeps them here. */
  judged: Lives | null = null;
  readonly records = new RecordEncoder();
  /** Pages about others that it may send. */
  readonly #granted = new WeakSet<DefinitionEntry>();
  readonly #all: Writing;
  #writing = 0;
  /** It is not read because of its own bytes. */
  #full = false;
  #goOn: (() => void) | null = null;
  #deaf = false;
  #acks: number[] = [];
  #flushing = false;

  constructor(peer: Peer, client: Client, socket: Duplex, number: number, since: number, all: Writing) {
    this.#all = all;
    this.peer = peer;
    this.host = peer.host;
    this.client = client;
    this.socket = socket;
    this.number = number;
    this.since = since;
    this.prefix = `fleet/${peer.host}/`;
    this.key = hostKey(peer.host);
  }

  /** The first instance of a page that its certificate does not let it speak for; null: it may send the page. */
  ungranted(page: DefinitionEntry): string | null {
    if (page.instances === null || this.#granted.has(page)) return null;
    for (const instance of page.instances) if (!this.peer.mayName(instance)) return instance;
    this.#granted.add(page);
    return null;
  }

  /** Bytes went towards the disk. */
  writing(bytes: number): void {
    this.#writing += bytes;
    this.#all.enter(bytes);
  }

  written(bytes: number): void {
    this.#writing -= bytes;
    this.#all.leave(bytes);
    // Who waits for room that others take waits for its turn.
    if (this.#full && this.#writing < WRITING_CAP) this.unpark();
  }

  /**
   * Whether more of the connection may be read: not while too much of it, or of all of them, is on its way to the disk, and
   * not while the collector does not take what it is sent.
   * @param goOn called once when it may, where this says that it may not
   */
  mayRead(goOn: () => void): boolean {
    this.#goOn = null;
    if (this.ended) return true;
    const { socket } = this;
    this.#full = this.#writing >= WRITING_CAP;
    if (!this.#full) {
      if (this.#all.full) this.#all.park(this);
      else if (socket.writableLength < UNREAD_CAP || socket.destroyed) return true;
      else this.#listen();
    }
    this.#goOn = goOn;
    return false;
  }

  /** There may be room: reads on if there is. */
  unpark(): void {
    const goOn = this.#goOn;
    if (goOn !== null && this.mayRead(goOn)) goOn();
  }

  /** The connection is over: nothing of it waits to be read. */
  end(): void {
    this.ended = true;
    this.#all.forget(this);
  }

  #listen(): void {
    if (this.#deaf) return;
    this.#deaf = true;
    this.socket.once('drain', () => {
      this.#deaf = false;
      this.unpark();
    });
  }

  /** Acknowledges a QoS 1 message; those of one group commit leave in one write. */
  acknowledge(messageId: number | undefined): void {
    if (messageId === undefined || this.ended) return;
    this.#acks.push(messageId);
    if (this.#flushing) return;
    this.#flushing = true;
    soon(this.#flush);
  }

  readonly #flush = (): void => {
    this.#flushing = false;
    const ids = this.#acks;
    this.#acks = [];
    if (this.ended || this.socket.destroyed || !this.socket.writable) return;
    const bytes = Buffer.allocUnsafe(ids.length * 4);
    let at = 0;
    for (const id of ids) {
      bytes[at] = 0x40;
      bytes[at + 1] = 2;
      bytes[at + 2] = id >> 8;
      bytes[at + 3] = id & 0xff;
      at += 4;
    }
    this.socket.write(bytes);
  };

  /** Sends to the collector at QoS 1, if it asked for that topic and is there. */
  send(channel: 'control' | 'desired', payload: Uint8Array, retain = false): boolean {
    // What it does not read would fill our memory. It is asked and told again in time.
    if (this.ended || !this[channel] || this.socket.writableLength >= UNREAD_CAP) return false;
    const topic = topicOf(this.host, channel);
    const body = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
    this.client.publish({ cmd: 'publish', topic, payload: body, qos: 1, retain, dup: false }, () => undefined);
    return true;
  }

  /** Ends the connection at once. */
  drop(reason: EndReason): void {
    this.endReason ??= reason;
    this.socket.destroy();
  }
}
