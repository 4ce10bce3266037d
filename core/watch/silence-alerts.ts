import type { Alert, AlertMaker, Held } from '../alerts/alert.ts';
import type { AlertBook } from '../alerts/alert-book.ts';

export interface SilenceParts {
  readonly book: Pick<AlertBook, 'hold' | 'commit' | 'ofMaker'>;
  /** Label `alertname`; of the maker's id too. */
  readonly name: string;
  /** The label that says who is silent. */
  readonly label: string;
  /** Who must be heard. */
  readonly expected: readonly string[];
  readonly silentMs: number;
  /** Wall time, ms since the epoch, and a time that does not step. */
  readonly now: () => number;
  readonly steady: () => number;
  readonly words: (who: string, seconds: number, why: string | null) => Readonly<Record<string, string>>;
}

interface Heard {
  /** By the steady time; the start, until it was heard. */
  at: number;
  /** Wall time; null: not heard since the start. */
  wall: number | null;
  /** What was wrong when it was tried last. */
  why: string | null;
}

/** An alert for each of those that must be heard and have not been for too long. A clock that steps makes nobody silent. */
export class SilenceAlerts {
  readonly #parts: SilenceParts;
  readonly #maker: AlertMaker;
  readonly #heard: ReadonlyMap<string, Heard>;

  constructor(parts: SilenceParts) {
    this.#parts = parts;
    this.#maker = { id: `own/${parts.name}`, source: 'own', name: parts.name, forMs: 0, keepFiringForMs: 0 };
    const start = parts.steady();
    this.#heard = new Map(parts.expected.map((who) => [who, { at: start, wall: null, why: null }]));
  }

  heard(who: string): void {
    const known = this.#heard.get(who);
    if (!known) return;
    known.at = this.#parts.steady();
    known.wall = this.#parts.now();
    known.why = null;
  }

  /** It was tried, and this is what came of it. */
  failed(who: string, why: string): void {
    const known = this.#heard.get(who);
    if (known) known.why = why;
  }

  /** Looks who is silent. What the book says of somebody stays until he was heard, or had the time to be. @throws HeliographError HG_ALERT_*, HG_STORE_DISK */
  look(): void {
    const { book, label, silentMs, now, steady, words } = this.#parts;
    const before = new Map<string, Alert>();
    for (const alert of book.ofMaker(this.#maker.id)) {
      if (alert.state !== 'resolved') before.set(alert.labels[label] ?? '', alert);
    }
    const held: Held[] = [];
    for (const [who, { at, wall, why }] of this.#heard) {
      const ms = steady() - at;
      const known = before.get(who);
      if (ms <= silentMs && (wall !== null || !known)) continue;
      const seconds = Math.round(ms / 1000);
      held.push({
        labels: { alertname: this.#maker.name, [label]: who, severity: 'critical' },
        // Before it had the time to be heard, how long it is silent is not known.
        annotations: ms <= silentMs && known ? known.annotations : words(who, seconds, why),
        value: String(seconds),
        eventAt: known ? known.eventAt : wall,
      });
    }
    book.hold(this.#maker, held, now());
    book.commit(now());
  }
}
