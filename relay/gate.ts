import type { Duplex } from 'node:stream';
import type { Client } from 'aedes';
import { DenyList } from '../lib/certificates/deny-list.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/log.ts';
import type { Counter, Registry } from '../lib/metrics.ts';
import { LIMITS } from '../proto/limits.ts';
import { connectionNumbers } from './connection-number.ts';
import { peerOf, tlsOf } from './peer.ts';
import { Session } from './session.ts';
import type { Sessions } from './sessions.ts';
import type { Writing } from './writing.ts';

/** CONNACK of MQTT 3.1.1: identifier rejected, not authorized. */
const IDENTIFIER_REJECTED = Buffer.from([0x20, 2, 0, 2]);
const NOT_AUTHORIZED = Buffer.from([0x20, 2, 0, 5]);

/** What of a CONNECT matters here. */
interface Hello {
  readonly clientId: string;
  readonly will?: { readonly payload: { readonly length: number } };
}

/** Decides who may connect, and ends connections whose certificate is revoked or has run out meanwhile. */
export class Gate {
  readonly #sessions: Sessions;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #refused: Counter;
  readonly #deny: DenyList;
  readonly #writing: Writing;
  readonly #byClient = new WeakMap<Client, Session>();
  #denied: ReadonlySet<string>;
  readonly #number: () => number;

  constructor(options: {
    sessions: Sessions;
    clock: Clock;
    log: Logger;
    metrics: Registry;
    revoked: string | undefined;
    writing: Writing;
    /** Of the relay's workers. */
    worker: number;
  }) {
    this.#writing = options.writing;
    this.#sessions = options.sessions;
    this.#clock = options.clock;
    this.#log = options.log;
    this.#refused = options.metrics.counter(
      'heliograph_relay_connections_refused_total',
      'Connections refused before CONNECT completed, by reason.',
    );
    this.#deny = new DenyList(options.revoked, (error) =>
      options.log.error('the deny list cannot be read; the one before stays', { error }),
    );
    this.#denied = this.#deny.serials();
    options.metrics
      .gauge('heliograph_relay_deny_list_unreadable', '1 while the deny list cannot be read; the one before stays.')
      .collect(() => [[{}, this.#deny.trouble === null ? 0 : 1]]);
    this.#number = connectionNumbers(options.clock, options.worker);
  }

  sessionOf(client: Client | null): Session | undefined {
    return client ? this.#byClient.get(client) : undefined;
  }

  /** For aedes' preConnect: only who has a good certificate and calls himself as it says passes. */
  preConnect(client: Client, packet: Hello, done: (error: Error | null, accepted: boolean) => void): void {
    const { clientId, will } = packet;
    const socket = client.conn as Duplex;
    const tls = tlsOf(socket);
    const refuse = (reason: string, why: string, answer: Buffer): void => {
      this.#refused.inc({ reason });
      this.#log.warn('connection refused', { code: 'HG_RELAY_IDENTITY', reason, why, address: tls.remoteAddress });
      socket.end(answer, () => done(new Error(why), false));
    };
    const peer = peerOf(tls);
    if (typeof peer === 'string') {
      refuse('certificate', peer, NOT_AUTHORIZED);
      return;
    }
    if (this.#denied.has(peer.serial)) {
      refuse('revoked', `${peer.host}: the certificate ${peer.serial} is on the deny list`, NOT_AUTHORIZED);
      return;
    }
    if (peer.notAfter <= this.#clock.now()) {
      const end = new Date(peer.notAfter).toISOString();
      refuse('expired', `${peer.host}: the certificate ran out at ${end}`, NOT_AUTHORIZED);
      return;
    }
    if (clientId !== peer.host) {
      const why = `client id ${JSON.stringify(clientId.slice(0, 128))} is not the certificate's name ${peer.host}`;
      refuse('client-id', why, IDENTIFIER_REJECTED);
      return;
    }
    if (will && will.payload.length > LIMITS.messageMapBytes) {
      refuse('will', `${peer.host}: a last will of ${will.payload.length} bytes`, NOT_AUTHORIZED);
      return;
    }
    const session = new Session(peer, client, socket, this.#number(), this.#clock.now(), this.#writing);
    this.#byClient.set(client, session);
    done(null, true);
  }

  /** In words, why the deny list cannot be read; null: it can, or there is none. */
  get denyListTrouble(): string | null {
    return this.#deny.trouble;
  }

  /** Reads the deny list again if it changed, and ends what must end. Called by a timer. */
  sweep(): void {
    const denied = this.#deny.serials();
    if (denied !== this.#denied) this.#log.info('deny list read', { serials: denied.size });
    this.#denied = denied;
    const now = this.#clock.now();
    for (const session of [...this.#sessions.all()]) {
      if (this.#denied.has(session.peer.serial)) session.drop('revoked');
      else if (session.peer.notAfter <= now) session.drop('expired');
    }
  }
}
