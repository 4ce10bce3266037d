import type { Ledger } from '../../lib/ledger.ts';
import type { Registry } from '../../lib/metrics.ts';
import type { RangesPage } from '../account.ts';
import { type Answer, json, metricsText, type Pages } from '../http.ts';
import { wholeSeriesPages } from '../limits/series-pages.ts';
import type { ProcessStatus, RelayStatus, WorkerState } from '../status/contract.ts';
import { statusPages } from '../status/status-pages.ts';
import { parametersOf, type StatusQuery } from '../status/status-query.ts';
import { type RelayFacts, wholeStatus } from '../status/whole-status.ts';
import { sumOfLedgers, unionOfRanges } from './account-sum.ts';
import { MetricsSum } from './metrics-sum.ts';
import type { Slot } from './slot.ts';
import { within } from './within.ts';

/** How long a worker may take for its page, ms; a stalled one must not take the others' from who asks. */
const PATIENCE_MS = 2000;

/** Why one does not stand of which nothing is known. */
const STARTS = 'it starts';
const NO_ANSWER = `it has not answered for ${PATIENCE_MS / 1000} s`;

/** The relay's pages, answered for all workers. One that is away counts with what it said last, as far as that is on disk. */
export class WorkerPages {
  readonly #name: string;
  readonly #facts: () => RelayFacts;
  readonly #now: () => number;
  readonly #slots: () => readonly Slot[];
  readonly #own: Registry;
  readonly #connected: (worker?: number) => number;
  readonly #metrics = new MetricsSum();
  /** By path and worker. */
  readonly #last = new Map<string, Map<number, string>>();

  constructor(options: {
    name: string;
    facts: () => RelayFacts;
    now: () => number;
    slots: () => readonly Slot[];
    own: Registry;
    connected: (worker?: number) => number;
  }) {
    this.#name = options.name;
    this.#facts = options.facts;
    this.#now = options.now;
    this.#slots = options.slots;
    this.#own = options.own;
    this.#connected = options.connected;
  }

  /** A worker's process is gone: what it had counted must not be. */
  ended(worker: number): void {
    this.#metrics.ended(worker);
  }

  /** What a worker says that is about to go for good: its part of all sums from now on. */
  async keepLast(slot: Slot): Promise<void> {
    for (const path of this.#last.keys()) await this.#ask(path, [slot]);
  }

  pages(): Pages {
    const ledgers = async (path: string) => (await this.#ask(path)).map((body) => JSON.parse(body) as Ledger);
    const ledger = async (path: string) => json(sumOfLedgers(this.#name, this.#now(), await ledgers(path)));
    return {
      '/metrics': async () => metricsText((await this.#sumOfMetrics()) + this.#own.render()),
      '/healthz': () => this.#health(),
      '/ledger.json': () => ledger('/ledger.json'),
      '/ledger.json?hosts=1': () => ledger('/ledger.json?hosts=1'),
      '/ranges.json': async () => {
        const pages = (await this.#ask('/ranges.json')).map((body) => JSON.parse(body) as RangesPage);
        return json(unionOfRanges(this.#name, pages));
      },
      ...wholeSeriesPages((path) => Promise.all(this.#slots().map((slot) => this.#pageOf(slot, path)))),
      ...statusPages((query) => this.#status(query)),
    };
  }

  async #sumOfMetrics(): Promise<string> {
    await Promise.all(
      this.#slots().map(async (slot) => {
        const page = await this.#pageOf(slot, '/metrics');
        if (page !== null && slot.up) this.#metrics.take(slot.worker, page);
      }),
    );
    return this.#metrics.render();
  }

  /** 503 where no worker takes collectors in. */
  async #health(): Promise<Answer> {
    const workers = await Promise.all(
      this.#slots().map(async (slot) => {
        const page = await this.#pageOf(slot, '/healthz');
        const { core } = page === null ? { core: false } : (JSON.parse(page) as { core: boolean });
        const { worker, restarts, pid, takesIn } = slot;
        const up = slot.up && page !== null;
        const why = up ? {} : { why: whyAway(slot) };
        return { worker, takesIn, up, pid: pid ?? null, core, connections: this.#connected(worker), restarts, ...why };
      }),
    );
    const core = workers.every((worker) => worker.core);
    const connections = this.#connected();
    if (workers.some(({ up, takesIn }) => up && takesIn)) {
      return json({ status: workers.every(({ up }) => up) ? 'ok' : 'degraded', core, connections, workers });
    }
    const reasons = workers.filter(({ takesIn }) => takesIn).map(({ worker, why }) => `worker ${worker}: ${why}`);
    const why = `no worker takes collectors in: ${reasons.join('; ')}`;
    return { ...json({ status: 'down', why, core, connections, workers }), status: 503 };
  }

  /** Each worker says its own first rows: the relay's first ones are among them. */
  async #status(query: StatusQuery): Promise<RelayStatus> {
    const path = `/status-part.json?${parametersOf(query)}`;
    const away: WorkerState[] = [];
    const processes: ProcessStatus[] = [];
    await Promise.all(
      this.#slots().map(async (slot) => {
        const page = await this.#pageOf(slot, path);
        if (page !== null) processes.push(JSON.parse(page) as ProcessStatus);
        else away.push(this.#awayState(slot));
      }),
    );
    processes.sort((a, b) => a.worker.worker - b.worker.worker);
    return wholeStatus(this.#facts(), query, processes, away);
  }

  #awayState(slot: Slot): WorkerState {
    return {
      worker: slot.worker,
      up: false,
      why: whyAway(slot),
      hosts: this.#connected(slot.worker),
      rate: { overMs: null, itemsPerSecond: null, framesPerSecond: null },
      queuedFrames: 0,
      journal: { bytes: 0, maxBytes: 0 },
      handshakes: { waiting: 0, perSecond: 0 },
      upstream: null,
    };
  }

  /** A page of every worker; the last one it gave where it does not answer, or was not asked. */
  async #ask(path: string, slots = this.#slots()): Promise<string[]> {
    let last = this.#last.get(path);
    if (!last) {
      last = new Map();
      this.#last.set(path, last);
    }
    const known = last;
    await Promise.all(
      slots.map(async (slot) => {
        const page = await this.#pageOf(slot, path);
        if (page !== null) known.set(slot.worker, page);
      }),
    );
    return [...known.values()];
  }

  #pageOf(slot: Slot, path: string): Promise<string | null> {
    // One that ends over the question has no page.
    const asked = slot
      .ask((id) => ({ kind: 'page', id, path }))
      .then(
        (answer) => (answer as Answer).body,
        () => null,
      );
    return within(asked, PATIENCE_MS);
  }
}

/** Why there is no page of a worker's. */
function whyAway({ up, why }: Slot): string {
  return up ? NO_ANSWER : (why ?? STARTS);
}
