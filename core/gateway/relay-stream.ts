import { status as GrpcStatus, type ServerDuplexStream } from '@grpc/grpc-js';
import { HeliographError } from '../../lib/errors.ts';
import { decodeNeeds, encodeJson, type OrderParts } from '../../lib/limits/order-parts.ts';
import { DATA_CLASSES, type DataClass } from '../../proto/class.ts';
import { hashBytes } from '../../proto/hash.ts';
import { SKETCH_LAYOUT } from '../../proto/sketches.ts';
import type { Fleet, RelayLink } from '../fleet/fleet.ts';
import { MOST_WORKERS, relayKey } from '../fleet/relay-key.ts';
import type { Reports } from '../ledger/reports.ts';
import type { OrderDesk, OrderLink } from '../limits/order-desk.ts';
import type { Peer } from './identity.ts';
import type { FromCore, FromRelay, Hello } from './messages.ts';
import type { GatewayPressure } from './pressure.ts';
import { type BlockLink, RelayBlocks, type RelayBlocksParts } from './relay-blocks.ts';

/** What a relay says of itself goes to other processes, and to people. */
const MOST_TEXT = 256;

export type RelayCall = ServerDuplexStream<FromRelay, FromCore>;

export interface RelayStreamParts extends RelayBlocksParts {
  readonly core: string;
  readonly fleet: Fleet;
  readonly reports: Reports;
  readonly orders: Pick<OrderDesk, 'relayCame' | 'relayWent' | 'heard' | 'needs'>;
  readonly pressure: Pick<GatewayPressure, 'levels' | 'stoppedByBus'>;
  /** A stream said which process of which relay it is of. */
  readonly onHello: (stream: RelayStream) => void;
}

/** One relay's stream: hello, then blocks, definitions and reports up; acknowledgements, questions and pressure down. */
export class RelayStream implements RelayLink, BlockLink, OrderLink {
  readonly peer: Peer;
  readonly since: number;
  readonly #call: RelayCall;
  readonly #parts: RelayStreamParts;
  readonly #blocks: RelayBlocks;
  #hello: Hello | null = null;
  #open = true;

  constructor(call: RelayCall, peer: Peer, parts: RelayStreamParts) {
    this.#call = call;
    this.peer = peer;
    this.#parts = parts;
    this.since = parts.now();
    this.#blocks = new RelayBlocks(this, parts);
    call.on('data', (message: FromRelay) => {
      try {
        this.#take(message);
      } catch (error) {
        this.#fail(error);
      }
    });
    call.on('end', () => this.end());
    call.on('cancelled', () => this.#closed('cancelled'));
    call.on('error', (error: Error) => this.#closed(error.message));
    call.on('close', () => this.#closed('closed'));
  }

  get relay(): string {
    return this.peer.name;
  }

  get key(): string {
    return relayKey(this.relay, this.#hello?.worker ?? 0);
  }

  get open(): boolean {
    return this.#open;
  }

  /** Whether it has said who it is. */
  get greeted(): boolean {
    return this.#hello !== null;
  }

  get workers(): number {
    return this.#hello?.workers || 1;
  }

  get site(): string {
    return this.#hello?.site.slice(0, MOST_TEXT) ?? '';
  }

  get grantsSince(): number | null {
    return this.#hello?.grantsSince || null;
  }

  get software(): string {
    return this.#hello?.software.slice(0, MOST_TEXT) ?? '';
  }

  send(message: FromCore): void {
    if (this.#open) this.#call.write(message);
  }

  sendDesired(host: string, document: Uint8Array): void {
    this.send({ desired: { host, document } });
  }

  sendOrders(list: Uint8Array): void {
    this.send({ orders: { list } });
  }

  sendParts(parts: OrderParts): void {
    this.send({ orderParts: { parts: encodeJson(parts) } });
  }

  need(hashes: readonly string[]): void {
    this.send({ need: { hashes: hashes.map(hashBytes) } });
  }

  sendPressure(dataClass: DataClass, level: number): void {
    if (this.#hello) this.send({ pressure: { class: DATA_CLASSES.indexOf(dataClass), level } });
  }

  /** Ends the stream in good order; what is not acknowledged comes again. */
  end(): void {
    if (!this.#open) return;
    this.#closed('ended');
    this.#call.end();
  }

  /** Ends the stream with a status that says why. */
  refuse(error: HeliographError, code: GrpcStatus = GrpcStatus.PERMISSION_DENIED): void {
    if (!this.#open) return;
    this.#parts.refused.inc({ code: error.code });
    this.#parts.log.warn('a relay was refused', { relay: this.relay, 'error.message': error.message });
    this.#closed(error.code);
    this.#call.emit('error', { code, details: error.message });
  }

  #take(message: FromRelay): void {
    if (!this.#open) return;
    if (!this.#hello) {
      if (!message.hello)
        throw new HeliographError('HG_CORE_HELLO', `the first message is ${message.message ?? 'empty'}`);
      this.#greet(message.hello);
    } else if (message.block) this.#blocks.take(message.block);
    else if (message.definition) this.#definition(message.definition);
    else if (message.fleet) this.#parts.fleet.report(this, message.fleet);
    else if (message.ledger) this.#report(message.ledger.ledger);
    else if (message.heldOrders) this.#parts.orders.heard(this, message.heldOrders);
    else if (message.orderNeeds) this.#needs(message.orderNeeds.needs);
    else if (message.hello) throw new HeliographError('HG_CORE_HELLO', 'a second hello in one stream');
    // Anything else is of a later version: it may be left alone.
  }

  #greet(hello: Hello): void {
    if (hello.version !== 1) throw new HeliographError('HG_CORE_HELLO', `version ${hello.version}, this core speaks 1`);
    if (hello.relay !== this.peer.name) {
      throw new HeliographError('HG_CORE_IDENTITY', `${hello.relay} came with the certificate of ${this.peer.name}`);
    }
    if (hello.worker >= MOST_WORKERS) {
      throw new HeliographError('HG_CORE_HELLO', `worker ${hello.worker}, a relay may have ${MOST_WORKERS}`);
    }
    this.#hello = hello;
    this.#parts.onHello(this);
    const { core, now } = this.#parts;
    this.send({ welcome: { version: 1, core, time: now(), sketches: SKETCH_LAYOUT } });
    for (const [dataClass, level] of this.#parts.pressure.levels()) if (level > 0) this.sendPressure(dataClass, level);
    this.#parts.fleet.relayCame(this);
    this.#parts.orders.relayCame(this);
    this.#parts.log.info('a relay is connected', { relay: this.key, site: hello.site, software: hello.software });
  }

  #definition(message: { hash: Uint8Array; content: Uint8Array; host: string }): void {
    try {
      this.#parts.definitions.take(message.hash, message.content);
    } catch (error) {
      if (!(error instanceof HeliographError)) throw error;
      this.#parts.refused.inc({ code: error.code });
      this.#parts.log.warn('a definition was refused', {
        relay: this.relay,
        host: message.host,
        'error.message': error.message,
      });
    }
  }

  #needs(bytes: Uint8Array): void {
    try {
      this.#parts.orders.needs(this, decodeNeeds(bytes));
    } catch (error) {
      if (!(error instanceof HeliographError)) throw error;
      this.#parts.refused.inc({ code: error.code });
      this.#parts.log.warn('what a relay needs of shared caps cannot be read', {
        relay: this.relay,
        'error.message': error.message,
      });
    }
  }

  #report(bytes: Uint8Array): void {
    try {
      this.#parts.reports.take(this.key, this.workers, bytes);
    } catch (error) {
      if (!(error instanceof HeliographError)) throw error;
      this.#parts.refused.inc({ code: error.code });
      this.#parts.log.warn('an account of a relay cannot be read', {
        relay: this.relay,
        'error.message': error.message,
      });
    }
  }

  #fail(error: unknown): void {
    if (error instanceof HeliographError) this.refuse(error, GrpcStatus.INVALID_ARGUMENT);
    // A fault of ours costs this stream, not the core: the others go on, and this relay comes back.
    else this.refuse(new HeliographError('HG_CORE_FAULT', String(error), {}, error), GrpcStatus.INTERNAL);
  }

  #closed(how: string): void {
    if (!this.#open) return;
    this.#open = false;
    this.#blocks.close();
    if (!this.#hello) return;
    this.#parts.fleet.relayWent(this);
    this.#parts.orders.relayWent(this);
    this.#parts.log.info('a relay is gone', { relay: this.key, how });
  }
}
