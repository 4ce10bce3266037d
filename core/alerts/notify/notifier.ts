import { alertKey } from '../../../lib/alerts/alert-key.ts';
import type { Clock } from '../../../lib/clock.ts';
import type { Alert } from '../alert.ts';
import type { AlertBook } from '../alert-book.ts';
import type { Lease } from '../lease/lease.ts';
import type { Acknowledgement, Acknowledgements } from './acks.ts';
import type { AlertmanagerFeed } from './alertmanager-feed.ts';
import type { Channel } from './channel.ts';
import type { Inhibition } from './inhibition.ts';
import type { PlannedAlert, PlannedGroup } from './plan.ts';
import type { Audience, Routes } from './routes.ts';
import type { AlertSilences } from './silences.ts';
import type { NotifyState } from './state/state.ts';
import type { Told, ToldBook } from './told.ts';

/** An end that a receiver does not take for so long is given up. */
const END_GIVEN_UP_MS = 86_400_000;
/** What is known of alerts that are no more goes after so long. */
const FORGET_MS = 3_600_000;
const TIDY_EACH_MS = 60_000;
const MOST_TIDIED = 1000;

export interface NotifierParts {
  readonly book: AlertBook;
  readonly routes: Routes;
  readonly inhibition: Inhibition;
  readonly silences: AlertSilences;
  readonly acks: Acknowledgements;
  readonly state: NotifyState;
  readonly told: ToldBook;
  readonly lease: Lease;
  readonly channels: readonly Channel[];
  readonly feeds: readonly AlertmanagerFeed[];
  readonly clock: Clock;
  /** ms since the epoch, without steps. */
  readonly steady: () => number;
  /** Told of what failed beside the receivers. */
  readonly onError: (error: unknown) => void;
}

/** What is known of one alert besides itself. Times are ms since the epoch. */
export interface AlertStanding {
  readonly acknowledged: Acknowledgement | null;
  /** Ids of silences. */
  readonly silencedBy: readonly string[];
  /** Fingerprints of alerts. */
  readonly inhibitedBy: readonly string[];
  readonly notifiedAt: number | null;
}

/** When the notifier saw an alert come into its state, and when it was last kept quiet, on the steady clock. */
interface Seen {
  state: Alert['state'];
  at: number;
  firedAt: number;
  quietAt: number | null;
}

/** Looks again and again whom to tell of what, and has it told. What is due is worked out from the book and from what was told; nothing queues. */
export class Notifier {
  readonly #parts: NotifierParts;
  readonly #audiences = new WeakMap<Alert, readonly Audience[]>();
  readonly #seen = new WeakMap<Alert, Seen>();
  readonly #unless: ((alert: Alert) => boolean)[] = [];
  readonly #sentTo = new WeakMap<Alert, number>();
  /** What receivers that want no ends knew of alerts that are over. */
  #untold: string[] = [];
  #byFingerprint = new Map<string, Alert>();
  #tidied = Number.NEGATIVE_INFINITY;
  #work: Promise<void> | null = null;

  constructor(parts: NotifierParts) {
    this.#parts = parts;
    const now = parts.steady();
    // What was there before the start is as old as it says, whatever the clock did meanwhile.
    for (const alert of parts.book.all()) {
      const at = Math.min(now, alert.resolvedAt ?? alert.firedAt ?? now);
      this.#seen.set(alert, { state: alert.state, at, firedAt: Math.min(now, alert.firedAt ?? now), quietAt: null });
    }
    parts.book.keepWhile((alert) => this.#endIsOpen(alert));
    parts.lease.onChange((held) => {
      if (held !== null) for (const channel of parts.channels) channel.resume();
    });
  }

  /** Alerts that are told to nobody, whatever the routes say: such as those that a relay tells people of itself. */
  exceptWhen(others: (alert: Alert) => boolean): void {
    this.#unless.push(others);
  }

  /** An alert was taken by a receiver. */
  sent(alert: Alert): void {
    this.#sentTo.set(alert, this.#parts.clock.now());
  }

  find(fingerprint: string): Alert | undefined {
    return this.#byFingerprint.get(fingerprint);
  }

  standing(alert: Alert): AlertStanding {
    const { silences, inhibition, acks, told, channels } = this.#parts;
    const names = channels.map(({ receiver }) => receiver.name);
    return {
      acknowledged: acks.of(alert),
      silencedBy: silences.of(alert.labels),
      inhibitedBy: inhibition.of(alert),
      notifiedAt: told.notifiedAt(names, alert) ?? this.#sentTo.get(alert) ?? null,
    };
  }

  /** One look. Called several times a second. */
  step(): void {
    const { book, inhibition, lease, channels, feeds } = this.#parts;
    const alerts = this.#told([...book.all()]);
    this.#byFingerprint = byFingerprint(alerts);
    inhibition.look(alerts);
    for (const alert of alerts) this.#see(alert);
    if (lease.held === null) return;
    for (const feed of feeds) feed.step(alerts);
    this.#tidy(lease.held);
    if (channels.length === 0) return;
    const plans = this.#plan([...this.#byFingerprint.values()]);
    for (const channel of channels) channel.step(plans.get(channel.receiver.name)?.values() ?? []);
  }

  /** Resolves when nothing is under way. */
  async close(): Promise<void> {
    const { channels, feeds } = this.#parts;
    await Promise.all([...channels, ...feeds].map((one) => one.close()));
    await this.#work;
  }

  #told(alerts: Alert[]): Alert[] {
    return this.#unless.length === 0 ? alerts : alerts.filter((alert) => !this.#unless.some((others) => others(alert)));
  }

  #see(alert: Alert): Seen {
    const now = this.#parts.steady();
    let seen = this.#seen.get(alert);
    if (!seen) {
      seen = { state: alert.state, at: now, firedAt: now, quietAt: null };
      this.#seen.set(alert, seen);
    } else if (seen.state !== alert.state) {
      seen.state = alert.state;
      seen.at = now;
      if (alert.state === 'firing') seen.firedAt = now;
    }
    return seen;
  }

  /** By receiver, then by group. */
  #plan(alerts: readonly Alert[]): Map<string, Map<string, PlannedGroup>> {
    const plans = new Map<string, Map<string, PlannedGroup>>();
    for (const alert of alerts) {
      if (alert.state === 'pending') continue;
      const quiet = this.#isQuiet(alert);
      const acknowledged = this.#parts.acks.of(alert) !== null;
      for (const audience of this.#audiencesOf(alert)) {
        const planned = this.#planned(alert, audience, quiet, acknowledged);
        if (!planned) continue;
        let groups = plans.get(audience.receiver);
        if (!groups) {
          groups = new Map();
          plans.set(audience.receiver, groups);
        }
        const group = groups.get(audience.groupKey);
        if (group) group.alerts.push(planned);
        else groups.set(audience.groupKey, { audience, alerts: [planned] });
      }
    }
    return plans;
  }

  #planned(alert: Alert, audience: Audience, quiet: boolean, acknowledged: boolean): PlannedAlert | null {
    const { told, steady } = this.#parts;
    const known = told.of(audience.receiver, alert.fingerprint);
    const knows = known !== undefined && known.status !== 'resolved';
    const toldAt = known && known.status !== 'tried' ? known.at : null;
    const seen = this.#seen.get(alert)!;
    if (alert.state === 'resolved') {
      // Whoever heard of the begin hears of the end, also in a silence; whoever did not has no use for it.
      if (!knows) return null;
      if (!this.#wantsEnds(audience.receiver)) {
        this.#untold.push(`told/${audience.receiver}/${alert.fingerprint}`);
        return null;
      }
      return { alert, status: 'resolved', changedAt: seen.at, toldAt, repeats: false };
    }
    if (quiet) return null;
    if (!knows && audience.after > 0) {
      const since = Math.max(seen.firedAt, seen.quietAt ?? 0);
      if (acknowledged || steady() - since < audience.after) return null;
    }
    const wants = told.wantsBegin(known, alert, steady());
    const changedAt = wants ? Math.max(seen.at, seen.quietAt ?? 0) : null;
    return { alert, status: 'firing', changedAt, toldAt, repeats: knows && !acknowledged };
  }

  /** Silenced or inhibited; also remembers when it was. */
  #isQuiet(alert: Alert): boolean {
    const { silences, inhibition, steady } = this.#parts;
    if (alert.state !== 'firing') return false;
    const quiet = silences.of(alert.labels).length > 0 || inhibition.of(alert).length > 0;
    if (quiet) this.#seen.get(alert)!.quietAt = steady();
    return quiet;
  }

  #audiencesOf(alert: Alert): readonly Audience[] {
    let audiences = this.#audiences.get(alert);
    if (!audiences) {
      audiences = this.#parts.routes.audiences(alert.labels);
      this.#audiences.set(alert, audiences);
    }
    return audiences;
  }

  #wantsEnds(receiver: string): boolean {
    return this.#parts.channels.some((channel) => channel.receiver.name === receiver && channel.receiver.sendResolved);
  }

  #endIsOpen(alert: Alert): boolean {
    const { told, channels, clock } = this.#parts;
    if (alert.resolvedAt === null || clock.now() - alert.resolvedAt >= END_GIVEN_UP_MS) return false;
    return channels.some(({ receiver }) => {
      const known = receiver.sendResolved ? told.of(receiver.name, alert.fingerprint) : undefined;
      return known !== undefined && known.status !== 'resolved';
    });
  }

  /** Lets go of what is known of alerts that are over. */
  #tidy(generation: number): void {
    const { state, acks, clock, steady, onError } = this.#parts;
    const over = [...acks.fingerprints()].filter((one) => this.#byFingerprint.get(one)?.state === 'resolved');
    const ended = [...over.map((fingerprint) => `ack/${fingerprint}`), ...this.#untold.splice(0)];
    const gone = ended.map((key): [string, null] => [key, null]);
    if (clock.mono() - this.#tidied >= TIDY_EACH_MS) {
      this.#tidied = clock.mono();
      const now = steady();
      for (const [rest, { at, status }] of state.all<Told>('told')) {
        const alert = this.#byFingerprint.get(rest.slice(rest.indexOf('/') + 1));
        const isOver = !alert || (alert.state === 'resolved' && (status === 'resolved' || !this.#endIsOpen(alert)));
        if (isOver && Math.abs(now - at) > FORGET_MS) gone.push([`told/${rest}`, null]);
      }
      for (const [fingerprint, { at }] of state.all<Acknowledgement>('ack')) {
        if (!this.#byFingerprint.has(fingerprint) && Math.abs(now - at) > FORGET_MS)
          gone.push([`ack/${fingerprint}`, null]);
      }
    }
    if (gone.length === 0 || this.#work) return;
    // What people say has no generation, also when it is taken back for them.
    const byKind = (kind: string) => gone.filter(([key]) => key.startsWith(kind)).slice(0, MOST_TIDIED);
    this.#work = Promise.all([state.put(byKind('ack/'), 0), state.put(byKind('told/'), generation)])
      .then(() => undefined, onError)
      .finally(() => {
        this.#work = null;
      });
  }
}

/** One alert for each set of labels: of two makers that say the same, the one that fires; the end of one that pends anew goes before that. */
function byFingerprint(alerts: readonly Alert[]): Map<string, Alert> {
  const rank = { firing: 2, resolved: 1, pending: 0 };
  const found = new Map<string, Alert>();
  for (const alert of alerts) {
    const other = found.get(alert.fingerprint);
    if (!other || rank[alert.state] > rank[other.state]) found.set(alert.fingerprint, alert);
  }
  return found;
}

/** By the key that people see. */
export function alertByKey(alerts: Iterable<Alert>, key: string): Alert | undefined {
  for (const alert of alerts) if (alertKey(alert) === key) return alert;
  return undefined;
}
