import type { FromRules, HostFate, HostPlace, ToRules } from '../rules/link.ts';
import type { Directory } from './directory.ts';

/** The worker that evaluates the relay's rules. */
const EVALUATOR = 0;
/** A host that went just after its worker had stood still may be back within this, ms. */
const UNSURE_MS = 60_000;

/** Why a host that is connected nowhere is not silent, and until when it holds, by the clock that does not step. */
interface Gone {
  readonly place: HostPlace;
  readonly until: number;
}

/**
 * What alerting rules need between a relay's workers: samples go to the one that evaluates, and it hears where all hosts are. Nothing is kept
 * here: while that worker is away, the others are told, and what they have for rules is left out.
 */
export class RulesSwitch {
  readonly #directory: Directory;
  readonly #send: (worker: number, message: ToRules) => void;
  readonly #workers: () => readonly number[];
  readonly #graceMs: number;
  readonly #now: () => number;
  /** Hosts that are connected nowhere, and why that does not mean that they are silent. */
  readonly #gone = new Map<string, Gone>();
  /** What was said of them last, but for those that are gone. */
  readonly #said = new Map<string, HostPlace>();
  #life = 0;
  #up = false;

  /** @param parts `send`: to a worker that stands; `workers`: those that take hosts in; `graceMs`: how long hosts of a worker that ended have to come back */
  constructor(parts: {
    directory: Directory;
    send: (worker: number, message: ToRules) => void;
    workers: () => readonly number[];
    graceMs: number;
    now: () => number;
  }) {
    this.#directory = parts.directory;
    this.#send = parts.send;
    this.#workers = parts.workers;
    this.#graceMs = parts.graceMs;
    this.#now = parts.now;
  }

  /** A worker stands. */
  up(worker: number): void {
    if (worker !== EVALUATOR) {
      this.#tell(worker);
      return;
    }
    this.#up = true;
    this.#life++;
    this.look();
    this.#send(EVALUATOR, { kind: 'hosts', whole: true, hosts: [...this.#said] });
    this.#tellOthers();
  }

  /** A worker's process is gone. Called before the directory hears of it. */
  down(worker: number): void {
    const until = this.#now() + this.#graceMs;
    for (const host of this.#directory.hostsAt(worker)) this.#gone.set(host, { place: 'doubtful', until });
    if (worker !== EVALUATOR || !this.#up) return;
    this.#up = false;
    this.#tellOthers();
  }

  /** A host's connection ended. */
  left(host: string, fate: HostFate): void {
    const now = this.#now();
    if (fate === 'moved') this.#gone.set(host, { place: 'moved', until: Number.POSITIVE_INFINITY });
    else if (fate === 'doubtful') this.#gone.set(host, { place: 'doubtful', until: now + UNSURE_MS });
    else if (fate === 'stopping') this.#gone.set(host, { place: 'doubtful', until: now + this.#graceMs });
    else this.#gone.delete(host);
  }

  hear(worker: number, message: FromRules): void {
    if (message.kind === 'feed') {
      if (this.#up && message.life === this.#life) this.#send(EVALUATOR, { kind: 'fed', worker, fed: message.fed });
    } else if (worker === EVALUATOR) this.#send(message.worker, { ...message, kind: 'taken' });
  }

  /** Says where hosts are now. Called now and then. */
  look(): void {
    const now = this.#now();
    const news: [string, HostPlace][] = [];
    const say = (host: string, place: HostPlace) => {
      if (place === 'gone') this.#said.delete(host);
      else this.#said.set(host, place);
      news.push([host, place]);
    };
    for (const host of this.#directory.here()) {
      this.#gone.delete(host);
      if (this.#said.get(host) !== 'here') say(host, 'here');
    }
    for (const [host, { until }] of this.#gone) if (now >= until) this.#gone.delete(host);
    for (const [host, place] of this.#said) {
      if (this.#directory.knows(host)) continue;
      const next = this.#gone.get(host)?.place ?? 'gone';
      if (next !== place) say(host, next);
    }
    if (news.length > 0 && this.#up) this.#send(EVALUATOR, { kind: 'hosts', whole: false, hosts: news });
  }

  #tellOthers(): void {
    for (const worker of this.#workers()) if (worker !== EVALUATOR) this.#tell(worker);
  }

  #tell(worker: number): void {
    this.#send(worker, { kind: 'evaluator', life: this.#up ? this.#life : null });
  }
}
