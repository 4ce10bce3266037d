import { alertKey } from '../../lib/alerts/alert-key.ts';
import { LIMITS } from '../../proto/limits.ts';
import type { OwnEvents } from '../own-events.ts';
import type { Alert } from './alert.ts';

/** Events that are on their way into the journal at once: it has others to take, too. */
const MOST_UNDER_WAY = 1000;
/** Their bytes, about: all that waits may stand in one frame, with other events. */
const MOST_BYTES = 256 * 1024;
const FACT_BYTES = 600;
const PREFIX = 'heliograph.alert.';

export interface HandOverParts {
  readonly events: OwnEvents;
  readonly relay: string;
  /** Next position of the journal's chain of alerts, and up to where the core has acknowledged it. */
  readonly end: () => number;
  readonly acknowledged: () => number;
  /** Since when there has been no core, on the clock of `mono`; null: there is one. */
  readonly awaySince: () => number | null;
  /** How long the core may be silent before the relay notifies people itself, ms. */
  readonly afterMs: number;
  /** Whether the relay has anybody to notify. */
  readonly receivers: boolean;
  /** What must be kept changed. */
  readonly changed: () => void;
}

/**
 * Who notifies people of an alert, the core or the relay: one of them, decided here and told in the journal.
 * docs/relay-rules.md has the protocol, and where it cannot be exact.
 */
export class HandOver {
  readonly #parts: HandOverParts;
  readonly #underWay = new Set<Alert>();
  /** When alerts were told last, since the start. */
  readonly #toldAt = new WeakMap<Alert, number>();
  readonly #start: number;
  /** Of what is under way. */
  #bytes = 0;
  taken = 0;
  takenBack = 0;
  handedOver = 0;

  /** @param start now, on the clock of `mono` */
  constructor(parts: HandOverParts, start: number) {
    this.#parts = parts;
    this.#start = start;
  }

  /**
   * Brings an alert a step on. Called now and then.
   * @param now ms since the epoch @param mono ms
   */
  step(alert: Alert, now: number, mono: number): void {
    if (alert.state === 'pending') return;
    this.#decide(alert, mono);
    this.#tell(alert, now, mono);
  }

  #decide(alert: Alert, mono: number): void {
    const { acknowledged, awaySince, afterMs, receivers } = this.#parts;
    if (alert.owner === 'relay') return;
    // What nobody was told of before it was over needs no notification; the journal has it.
    if (alert.state === 'resolved' && alert.owner === null) return;
    const since = awaySince();
    const told = alert.told !== 'nothing' && (alert.owner === null || alert.ownerTold);
    if (told && acknowledged() >= alert.position) {
      if (alert.owner === null && since === null) {
        this.#give(alert, 'core');
        this.handedOver++;
      } else if (alert.owner === 'core' && alert.position > 0) {
        // For good: the cursor of a crashed relay may stand a little further back.
        alert.position = 0;
        this.#parts.changed();
      }
      return;
    }
    if (!receivers || (alert.owner === 'core' && alert.state === 'resolved')) return;
    const unheard = mono - (this.#toldAt.get(alert) ?? this.#start) >= afterMs;
    const away = since !== null && mono - since >= afterMs;
    // What was handed over was told while there was a core: it has its time from then on.
    if (alert.owner === null ? away || (told && unheard) : unheard) {
      if (alert.owner === 'core') this.takenBack++;
      this.#give(alert, 'relay');
      this.taken++;
    }
  }

  #give(alert: Alert, owner: 'core' | 'relay'): void {
    alert.owner = owner;
    alert.ownerTold = false;
    this.#parts.changed();
  }

  #tell(alert: Alert, now: number, mono: number): void {
    if (this.#underWay.has(alert) || this.#underWay.size >= MOST_UNDER_WAY || this.#bytes >= MOST_BYTES) return;
    if (alert.told === 'nothing') {
      this.#event(alert, 'alert.firing', now, mono, () => {
        alert.told = 'firing';
      });
    } else if (alert.owner !== null && !alert.ownerTold) {
      const { owner } = alert;
      this.#event(alert, 'alert.notified', now, mono, () => {
        if (alert.owner === owner) alert.ownerTold = true;
      });
    } else if (alert.state === 'resolved' && alert.told === 'firing') {
      this.#event(alert, 'alert.resolved', now, mono, () => {
        alert.told = 'resolved';
      });
    }
  }

  #event(alert: Alert, type: string, now: number, mono: number, durable: () => void): void {
    const { events, relay, end } = this.#parts;
    const labels = JSON.stringify(alert.labels);
    const annotations = JSON.stringify(alert.annotations);
    const bytes = FACT_BYTES + Buffer.byteLength(labels) + Buffer.byteLength(annotations);
    const over = () => {
      this.#underWay.delete(alert);
      this.#bytes -= bytes;
    };
    this.#underWay.add(alert);
    this.#bytes += bytes;
    const facts: Record<string, string | number | null> = {
      [`${PREFIX}name`]: alert.labels.alertname!,
      [`${PREFIX}key`]: alertKey(alert),
      [`${PREFIX}fingerprint`]: alert.fingerprint,
      [`${PREFIX}state`]: alert.state,
      [`${PREFIX}starts_at`]: alert.activeAt,
      [`${PREFIX}ends_at`]: alert.resolvedAt,
      [`${PREFIX}value`]: alert.value,
      [`${PREFIX}labels`]: labels,
      [`${PREFIX}annotations`]: annotations,
      [`${PREFIX}notified_by`]: alert.owner,
      ...(type === 'alert.notified' ? { [`${PREFIX}notified_at`]: now } : {}),
      relay,
    };
    const taken = events.tell(type, hostOf(alert) ?? relay, facts, () => {
      over();
      if (type !== 'alert.resolved') alert.position = end();
      this.#toldAt.set(alert, mono);
      durable();
      this.#parts.changed();
    });
    if (!taken) over();
  }
}

/** The host that an alert is about; null: none that an event could name. */
function hostOf({ labels: { instance } }: Alert): string | null {
  return instance !== undefined && Buffer.byteLength(instance) <= LIMITS.nameBytes ? instance : null;
}
