import type { TLSSocket } from 'node:tls';
import type { Client } from 'aedes';
import type { Boot } from '../proto/hash.ts';
import { topicOf } from '../proto/topics.ts';
import { hostKey } from './host-account.ts';
import type { Peer } from './peer.ts';
import { soon } from './soon.ts';
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
  | 'refused'
  | 'full'
  | 'stopping';

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
  readonly socket: TLSSocket;
  /** Grows with every connection to this relay. */
  readonly number: number;
  /** ms since the epoch. */
  readonly since: number;
  readonly prefix: string;
  /** The host in the journal's record headers. */
  readonly key: number;
  ended = false;
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
  /** The collector's present life, from its status. */
  liveBoot: Boot | null = null;
  /** The life that its last frame was of. */
  framedBoot: Boot | null = null;
  heldBytes = 0;
  readonly #all: Writing;
  #writing = 0;
  #parked: (() => void)[] = [];
  #deaf: (() => void)[] = [];
  #acks: number[] = [];
  #flushing = false;

  constructor(peer: Peer, client: Client, socket: TLSSocket, number: number, since: number, all: Writing) {
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

  /** Bytes went towards the disk; `resume` is called at once, or when enough of them arrived there. */
  writing(bytes: number, resume: () => void): void {
    this.#writing += bytes;
    this.#all.enter(bytes);
    // Not synchronously: the parser is in the middle of its buffer.
    if (this.#writing < WRITING_CAP && !this.#all.full) soon(resume);
    else {
      this.#parked.push(resume);
      this.unpark();
    }
  }

  written(bytes: number): void {
    this.#writing -= bytes;
    this.#all.leave(bytes);
    this.unpark();
  }

  /** Reads on, if this connection and all of them together have room. */
  unpark(): void {
    if (this.#parked.length === 0 || this.#writing >= WRITING_CAP) return;
    if (this.#all.full && !this.ended) this.#all.park(this);
    else for (const resume of this.#parked.splice(0)) soon(resume);
  }

  /** The connection is over: nothing of it waits to be read. */
  end(): void {
    this.ended = true;
    this.#all.forget(this);
  }

  /** Calls `resume` when the collector takes what it is sent: who does not read is not read either. */
  heard(resume: () => void): void {
    const { socket } = this;
    if (socket.writableLength < UNREAD_CAP || socket.destroyed) {
      resume();
      return;
    }
    this.#deaf.push(resume);
    if (this.#deaf.length > 1) return;
    socket.once('drain', () => {
      for (const one of this.#deaf.splice(0)) one();
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
