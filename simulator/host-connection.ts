import { isIP } from 'node:net';
import { relayOrder } from '../collector/core/uplink/relay-order.ts';
import { addressText, type RelayAddress, RelayTurns } from '../collector/core/uplink/relay-turns.ts';
import { decodeControl } from '../proto/message.ts';
import type { ClientCertificate } from './client-context.ts';
import type { HostDefinitions } from './host-definitions.ts';
import type { HostQueue } from './host-queue.ts';
import type { HostSending } from './host-sending.ts';
import type { Connecting, HostState } from './host-state.ts';
import type { HostStatus } from './host-status.ts';
import type { HostTrouble } from './host-trouble.ts';
import type { HostWire } from './host-wire.ts';
import { MqttLink } from './mqtt-link.ts';
import { countAt, noteError } from './stats.ts';
import { Job } from './wheel.ts';

const KEEP_ALIVE_S = 60;
const RECONNECT_CAP_MS = 20_000;

/** Why a connection is dropped on purpose. */
export type DropReason = 'storm' | 'network lost' | 'restarted' | 'told to come back later' | 'stopped';
/** No errors of the relay's or the network's, and no reason to come back at once. */
const EXPECTED: ReadonlySet<string> = new Set<DropReason>(['network lost', 'restarted', 'told to come back later']);

/** What makes up a host's connection, beside the link. */
export interface ConnectionParts {
  readonly wire: HostWire;
  readonly queue: HostQueue;
  readonly definitions: HostDefinitions;
  readonly sending: HostSending;
  readonly status: HostStatus;
  readonly trouble: HostTrouble;
}

/** A host's one connection at a time: opened, opened again, what the relay says on it, and goodbye. */
export class HostConnection implements Connecting {
  readonly #host: HostState;
  readonly #parts: ConnectionParts;
  readonly #certificate: ClientCertificate;
  readonly #retry = new Job(() => this.#host.shared.connect(this));
  /** Whose turn it is, as a collector has it. */
  readonly #turns: RelayTurns;
  /** Tickets, by the relay's place in the host's order. */
  #sessions: (Buffer | undefined)[] = [];
  #attempts = 0;
  #everConnected = false;
  /** The relay asked to come back later. */
  #sentAway = false;
  /** The packet identifier of the last status. */
  #lastWord = 0;

  constructor(host: HostState, certificate: ClientCertificate, parts: ConnectionParts) {
    this.#host = host;
    this.#certificate = certificate;
    this.#parts = parts;
    this.#turns = new RelayTurns(relayOrder(host.name, host.shared.relays));
  }

  /** Called by the process when it is the host's turn. */
  connect(): void {
    const { alive, ending, name, shared, stopped } = this.#host;
    const { status, trouble, wire } = this.#parts;
    if (stopped || wire.link || !(alive || ending)) return;
    const { tls, random } = shared;
    if (shared.now() < trouble.offlineUntil) {
      this.#connectAt(trouble.offlineUntil + random() * 2000);
      return;
    }
    status.connection = random().toString(36).slice(2);
    const payload = Buffer.from(status.bytes('down'));
    const { relay, place } = this.#turns;
    wire.link = new MqttLink(
      {
        ...{ host: relay.host, port: relay.port },
        // An address is not a server name in TLS; the certificate is then held against the address.
        servername: isIP(relay.host) ? '' : relay.host,
        secure: tls.of(this.#certificate),
        session: this.#sessions[place],
        clientId: name,
        keepAliveSeconds: KEEP_ALIVE_S,
        will: { topic: `fleet/${name}/status`, payload },
        subscribe: [`fleet/${name}/desired`, `fleet/${name}/control`],
      },
      {
        onOpen: () => this.#onOpen(relay),
        onAcknowledged: (messageId) => this.#onAcknowledged(messageId),
        onMessage: (topic, message) => this.#onMessage(topic, message),
        onSession: (session) => {
          this.#sessions[place] = session;
        },
        onRead: () => trouble.readsOn(),
        onClose: (reason) => this.#onClose(reason, relay),
      },
    );
  }

  /** Breaks and comes back at once. */
  breakOff(now: number): void {
    const { link } = this.#parts.wire;
    if (link) link.drop('storm' satisfies DropReason);
    else this.#connectAt(now);
  }

  /** As if the cable were pulled. */
  drop(reason: DropReason): void {
    this.#parts.wire.link?.drop(reason);
  }

  /** A machine that starts anew has no ticket. */
  forgetSession(): void {
    this.#sessions = [];
  }

  /** Says a last status and ends when the relay has it. Without it the ledger would go on showing the status of some seconds ago. */
  sayGoodbye(): void {
    const { status, wire } = this.#parts;
    const { link } = wire;
    if (!link) return;
    if (!wire.open) {
      this.drop('stopped');
      return;
    }
    this.#lastWord = status.publish();
    link.resume();
  }

  #onOpen(relay: RelayAddress): void {
    const { definitions, sending, status, trouble, wire } = this.#parts;
    const { stats } = this.#host.shared;
    wire.open = true;
    this.#attempts = 0;
    sending.forgetPressure();
    stats.connected++;
    countAt(stats, addressText(relay), 1);
    this.#sentAway = false;
    this.#turns.served();
    if (!this.#everConnected) stats.everConnected++;
    this.#everConnected = true;
    if (wire.link!.resumed) stats.resumed++;
    status.say();
    definitions.send(null);
    sending.pump();
    trouble.stormMayBeOver();
  }

  #onAcknowledged(messageId: number): void {
    const { queue, sending, trouble, wire } = this.#parts;
    const { stats } = this.#host.shared;
    if (messageId === this.#lastWord) {
      wire.link?.end();
      return;
    }
    const frame = queue.acknowledge(messageId);
    if (!frame) return;
    stats.latencies.add(performance.now() - frame.sentAt);
    if (frame.rows) stats.samplesAcknowledged += frame.items;
    else stats.linesAcknowledged += frame.items;
    if (queue.outbox(frame.class)!.length > 0) sending.pump();
    trouble.stormMayBeOver();
  }

  #onMessage(topic: string, payload: Uint8Array): void {
    const { definitions, sending, trouble } = this.#parts;
    const { name, shared } = this.#host;
    if (topic !== `fleet/${name}/control`) return;
    const control = decodeControl(Uint8Array.from(payload));
    if (control.need) {
      const needed = new Set(control.need);
      trouble.answerNeed(needed);
      definitions.send(needed);
    }
    if (control.pressure) sending.setPressure(control.pressure);
    if (control.refused && !trouble.takeRefusal()) {
      shared.stats.framesRefused++;
      noteError(shared.stats, `refused ${control.refused.code}`);
    }
    if (control.comeBackAfterMs) {
      this.#turns.hint(control.comeBackAfterMs, shared.now());
      this.#sentAway = true;
      this.drop('told to come back later');
    }
  }

  #onClose(reason: string, relay: RelayAddress): void {
    const { queue, trouble, wire } = this.#parts;
    const { stats, random, now } = this.#host.shared;
    const wasOpen = wire.open;
    if (wasOpen) {
      stats.connected--;
      countAt(stats, addressText(relay), -1);
    }
    wire.open = false;
    wire.link = null;
    trouble.disconnected();
    queue.disconnected();
    if (this.#host.stopped) return;
    stats.reconnects++;
    if (reason === 'storm') {
      this.#connectAt(now());
      return;
    }
    if (!EXPECTED.has(reason)) {
      noteError(stats, reason);
      // A ticket that is not taken any more must not keep the host out.
      if (this.#attempts > 2) this.#sessions = [];
    }
    // As collectors do: a broken connection is tried at the same relay once more, one that could not be made at the next.
    if (!wasOpen || this.#sentAway) this.#turns.next(now());
    // Full jitter: anything between nothing and the cap of this attempt.
    const cap = Math.min(RECONNECT_CAP_MS, 500 * 2 ** Math.min(10, this.#attempts++));
    this.#connectAt(now() + this.#turns.heldMs(now()) + random() * cap);
  }

  #connectAt(at: number): void {
    this.#retry.at = at;
    this.#host.shared.wheel.add(this.#retry);
  }
}
