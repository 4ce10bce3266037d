import { createSecureContext, type SecureContext } from 'node:tls';
import type { Host, Uplink } from '../../collector/core/host.ts';
import { BackOff } from '../../collector/core/uplink/back-off.ts';
import { Homecoming } from '../../collector/core/uplink/homecoming.ts';
import { Link } from '../../collector/core/uplink/link.ts';
import { type RelayMember, relayOrder } from '../../collector/core/uplink/relay-order.ts';
import { addressText } from '../../collector/core/uplink/relay-turns.ts';
import { decodeControl } from '../../proto/control.ts';
import { encodeEventsBody } from '../../proto/event.ts';
import { encodeFrame } from '../../proto/frame.ts';
import { makeBoot } from '../../proto/hash.ts';
import { encodeStatus, type Status } from '../../proto/status.ts';
import { smallUplink, type Tickets } from './small-uplink.ts';

export interface LinkedHostOptions {
  readonly name: string;
  readonly index: number;
  readonly relays: readonly RelayMember[];
  readonly homecomingMs: number;
  /** A connection ended, or did not come about. */
  readonly onFailed: (reason: string) => void;
  readonly tls: { readonly ca: Buffer; readonly cert: Buffer; readonly key: Buffer };
}

/** It never pings; a relay ends who is silent for one and a half of these. */
const KEEP_ALIVE_S = 300;
/** As a collector has them unless its configuration says otherwise, ms. */
const BACK_OFF = { baseMs: 1000, capMs: 60_000 };
const PROVEN_AFTER_MS = 30_000;

/** What a link needs of a machine. */
const MACHINE: Pick<Host, 'mono' | 'random' | 'timer' | 'cancel'> = {
  mono: () => performance.now(),
  random: (into) => void crypto.getRandomValues(into),
  timer: (run, ms) => Number(setTimeout(run, ms)),
  cancel: (timer) => clearTimeout(timer),
};

/** A host with a collector's own link to several relays, and frames that it sends again until they are acknowledged; hardly more, so that thousands fit. */
export class LinkedHost {
  readonly link: Link;
  readonly #name: string;
  readonly #boot: string;
  readonly #waiting = new Map<number, { readonly bytes: Uint8Array; sent: boolean }>();
  #uplink: Uplink | null = null;
  #connection = '';
  #sequence = 1;
  /** Frames that were sent once more, because the acknowledgement did not come on the connection before. */
  sentAgain = 0;

  constructor({ name, index, relays, homecomingMs, tls, onFailed }: LinkedHostOptions) {
    this.#name = name;
    this.#boot = makeBoot(1, Uint8Array.of(0, 0, 0, 0, 0, 0, index >> 8, index & 255));
    const secure: SecureContext = createSecureContext(tls);
    const tickets: Tickets = new Map();
    this.link = new Link({
      host: {
        ...MACHINE,
        log: (_level, _message, facts) => {
          if (facts?.reason !== undefined) onFailed(String(facts.reason));
        },
      },
      createUplink: () => smallUplink(secure, tickets),
      relays: relayOrder(name, relays),
      clientId: name,
      keepAliveSeconds: KEEP_ALIVE_S,
      subscribe: [`fleet/${name}/desired`, `fleet/${name}/control`],
      backOff: new BackOff({ ...BACK_OFF, random: MACHINE.random }),
      homecoming: new Homecoming({ ms: homecomingMs, random: MACHINE.random }),
      provenAfterMs: PROVEN_AFTER_MS,
      lastWill: (connection) => ({ topic: `fleet/${name}/status`, payload: encodeStatus(this.#down(connection)) }),
      onOpen: (uplink, connection) => {
        this.#uplink = uplink;
        this.#connection = connection;
        for (const sequence of this.#waiting.keys()) this.#publish(sequence);
      },
      onMessage: (topic, payload) => this.#told(topic, payload),
      onLeaving: (to) => {
        const status = encodeStatus({ ...this.#down(this.#connection), movedTo: addressText(to) });
        this.#uplink?.publish(`fleet/${name}/status`, status, { retain: true }, () => undefined);
        this.#uplink = null;
      },
      onClose: () => {
        this.#uplink = null;
      },
    });
  }

  /** Frames that are not acknowledged. */
  get queued(): number {
    return this.#waiting.size;
  }

  /** Frames that were ever made. */
  get frames(): number {
    return this.#sequence - 1;
  }

  /** Makes a frame; it is sent now, or on the next connection. */
  tell(): void {
    const sequence = this.#sequence++;
    const now = Date.now();
    const body = encodeEventsBody([{ time: now, type: 'bench', host: this.#name, facts: { sequence } }]);
    const about = { class: 'log', boot: this.#boot, sequence, floor: 1, created: now, count: 1 } as const;
    const bytes = encodeFrame({ ...about, previous: null, kind: 'events' }, body);
    this.#waiting.set(sequence, { bytes, sent: false });
    this.#publish(sequence);
  }

  #publish(sequence: number): void {
    if (this.#uplink === null) return;
    const frame = this.#waiting.get(sequence)!;
    if (frame.sent) this.sentAgain++;
    frame.sent = true;
    this.#uplink.publish(`fleet/${this.#name}/log`, frame.bytes, { retain: false }, (error) => {
      if (error === null) this.#waiting.delete(sequence);
    });
  }

  #told(topic: string, payload: Uint8Array): void {
    if (!topic.endsWith('/control')) return;
    const { comeBackAfterMs, servesMs } = decodeControl(Uint8Array.from(payload));
    if (comeBackAfterMs !== undefined) this.link.comeBackAfter(comeBackAfterMs, servesMs);
  }

  #down(connection: string): Status {
    const about = { connection, boot: this.#boot, time: Date.now(), version: '0', profile: 'bench' };
    return { state: 'down', ...about, series: 0, classes: {}, ledger: null, sources: {} };
  }
}
