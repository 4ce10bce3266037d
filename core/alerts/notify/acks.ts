import { z } from 'zod';
import { HeliographError } from '../../../lib/errors.ts';
import type { Alert } from '../alert.ts';
import type { NotifyState } from './state/state.ts';

/** How far apart two cores may see the begin of one alert. */
const APART_MS = 120_000;

/** That somebody has an alert in hand, from then until it ends. */
export interface Acknowledgement {
  /** lib/alerts/alert-key.ts, of the core through which it was said. */
  readonly key: string;
  readonly by: string;
  /** ms since the epoch. */
  readonly at: number;
  readonly note: string;
}

const form = z.strictObject({ key: z.string().min(1).max(200), note: z.string().max(4096).default('') });

/** Acknowledgements by the alert's fingerprint: cores side by side see one alert begin at different moments. */
export class Acknowledgements {
  readonly #state: NotifyState;
  readonly #now: () => number;
  readonly #find: (key: string) => Alert | undefined;

  /** @param find an alert by the key that people see @param now ms since the epoch */
  constructor(state: NotifyState, find: (key: string) => Alert | undefined, now: () => number) {
    this.#state = state;
    this.#find = find;
    this.#now = now;
  }

  of({ fingerprint, activeAt, state }: Pick<Alert, 'fingerprint' | 'activeAt' | 'state'>): Acknowledgement | null {
    const found = this.#state.get<Acknowledgement>('ack', fingerprint);
    if (!found || state === 'resolved') return null;
    // One of an alert before this, with the same labels.
    return found.key === `${fingerprint}-${activeAt}` || found.at >= activeAt - APART_MS ? found : null;
  }

  /** @throws HeliographError HG_ALERT_ACK for what cannot be read, HG_ALERT_UNKNOWN when no such alert fires */
  async give(body: unknown, by: string): Promise<{ alert: Alert; acknowledged: Acknowledgement }> {
    const { alert, key, note } = this.#asked(body);
    const acknowledged = { key, by, at: this.#now(), note };
    await this.#state.put([[`ack/${alert.fingerprint}`, acknowledged]], 0);
    return { alert, acknowledged };
  }

  /** The alert is nobody's again. @throws as `give` */
  async take(body: unknown): Promise<Alert> {
    const { alert } = this.#asked(body);
    await this.#state.put([[`ack/${alert.fingerprint}`, null]], 0);
    return alert;
  }

  /** Fingerprints of all that are kept. */
  *fingerprints(): IterableIterator<string> {
    for (const [fingerprint] of this.#state.all('ack')) yield fingerprint;
  }

  #asked(body: unknown): { alert: Alert; key: string; note: string } {
    const parsed = form.safeParse(body);
    if (!parsed.success) throw new HeliographError('HG_ALERT_ACK', z.prettifyError(parsed.error));
    const { key, note } = parsed.data;
    const alert = this.#find(key);
    if (!alert || alert.state === 'resolved') {
      throw new HeliographError('HG_ALERT_UNKNOWN', `no alert ${key} pends or fires`, { key });
    }
    return { alert, key, note };
  }
}
