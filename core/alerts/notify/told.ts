import { alertKey } from '../../../lib/alerts/alert-key.ts';
import type { Alert } from '../alert.ts';
import type { NotifyState } from './state/state.ts';

/** What one receiver knows of one alert. */
export interface Told {
  /** `tried`: that it fires was sent, and nobody knows whether it came. */
  readonly status: 'firing' | 'resolved' | 'tried';
  /** As it was told; from the begin to the end, whoever tells. */
  readonly key: string;
  /** The core that told. */
  readonly core: string;
  /** When it was told last, ms since the epoch. */
  readonly at: number;
}

/** One alert in a message that is being sent. */
export interface SentItem {
  readonly fingerprint: string;
  readonly status: 'firing' | 'resolved';
  readonly key: string;
}

/** A message that was begun: written before it is sent, gone when it is known that it came. */
export interface Begun {
  readonly idempotencyKey: string;
  readonly groupKey: string;
  readonly groupLabels: Readonly<Record<string, string>>;
  readonly truncated: number;
  readonly items: readonly SentItem[];
  readonly at: number;
}

/** A core that evaluates more slowly may see an alert fire for a moment that is told to be over. */
const LATE_MS = 300_000;

/** Who was told of what. By fingerprint: two cores see one alert begin at different moments. */
export class ToldBook {
  readonly #state: NotifyState;
  readonly core: string;

  /** @param core what names this core, over its restarts */
  constructor(state: NotifyState, core: string) {
    this.#state = state;
    this.core = core;
  }

  of(receiver: string, fingerprint: string): Told | undefined {
    return this.#state.get<Told>('told', `${receiver}/${fingerprint}`);
  }

  /**
   * Whether a receiver is still to hear that an alert fires. One that ended and fires again before its end was told is the same to who hears of it, as for Alertmanager.
   * @param now ms since the epoch
   */
  wantsBegin(told: Told | undefined, alert: Alert, now: number): boolean {
    if (told?.status !== 'resolved') return told?.status !== 'firing';
    return told.core === this.core || alert.activeAt > told.at || now - told.at >= LATE_MS;
  }

  /** What names the alert in messages. */
  keyOf(told: Told | undefined, alert: Alert): string {
    return told && told.status !== 'resolved' ? told.key : alertKey(alert);
  }

  /** When any receiver was told of it last, ms since the epoch; null: nobody. */
  notifiedAt(receivers: Iterable<string>, alert: Alert): number | null {
    let newest: number | null = null;
    for (const receiver of receivers) {
      const told = this.of(receiver, alert.fingerprint);
      if (told && told.status === alert.state) newest = Math.max(newest ?? 0, told.at);
    }
    return newest;
  }

  begun(receiver: string): Begun | undefined {
    return this.#state.get<Begun>('message', receiver);
  }

  /** Records: what a receiver knows when a message came. */
  recordsOf(receiver: string, items: readonly SentItem[], now: number, came: boolean): [string, Told][] {
    return items.flatMap(({ fingerprint, status, key }): [string, Told][] => {
      const known = this.of(receiver, fingerprint);
      // An end that may have come is told again; so is a begin that is known to have come before.
      if (!came && (status === 'resolved' || (known && known.status !== 'resolved'))) return [];
      const told: Told = { status: came ? status : 'tried', key, core: this.core, at: now };
      return [[`told/${receiver}/${fingerprint}`, told]];
    });
  }
}
