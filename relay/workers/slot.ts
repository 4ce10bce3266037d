import cluster, { type Worker } from 'node:cluster';
import { type ErrorCode, HeliographError } from '../../lib/errors.ts';
import type { Logger } from '../../lib/log.ts';
import type { Counter } from '../../lib/metrics.ts';
import { Heartbeat, type Patience } from './heartbeat.ts';
import type { ToSupervisor, ToWorker, WorkerOrder } from './messages.ts';
import { Questions } from './questions.ts';

/** The first restart comes after this, ms; each further one within a minute after twice as long, up to the most. */
const LEAST_PAUSE_MS = 100;
const MOST_PAUSE_MS = 10_000;
const QUIET_MS = 60_000;
/** A worker that was told to stop and does not is ended after this, ms. */
const STOP_MS = 12_000;
/** How long the first start waits for a folder that a worker of an earlier supervisor is about to let go, ms. */
const LOCKED_MS = 5000;

export interface SlotEvents {
  /** The worker stands. */
  onUp(worker: number, hosts: readonly string[]): void;
  /** It does not any more: its process ended, or was told to by the system and will do nothing further. */
  onDown(worker: number): void;
  onMessage(worker: number, message: ToSupervisor): void;
}

/** One worker: its process, started again when it ends, and what it is asked. */
export class Slot {
  readonly worker: number;
  restarts = 0;
  port = 0;
  /** The same for WebSocket; 0 where it is not served. */
  websocket = 0;
  readonly #order: WorkerOrder;
  readonly #events: SlotEvents;
  readonly #log: Logger;
  readonly #count: Counter;
  readonly #hangs: Counter;
  readonly #patience: Patience;
  readonly #now: () => number;
  readonly #asked = new Questions();
  /** Told when the worker stands, or will not any more. */
  #whenUp: ((up: boolean) => void)[] = [];
  #process: Worker | null = null;
  /** Ends the wait for the process to stand. */
  #startFailed: ((error: Error) => void) | null = null;
  #up = false;
  #heart: Heartbeat;
  /** How it hangs; the system was told to end it and may take its time. */
  #hung: HeliographError | null = null;
  #why: string | null = null;
  #downSince: number | null = null;
  /** Its end starts the next process. */
  #kept = false;
  #stopping = false;
  #deaths: number[] = [];
  #timer: NodeJS.Timeout | null = null;

  constructor(options: {
    order: WorkerOrder;
    events: SlotEvents;
    log: Logger;
    restarts: Counter;
    /** Ended because they hung, by worker and cause. */
    hangs: Counter;
    patience: Patience;
    /** Does not step, ms. */
    now: () => number;
  }) {
    this.worker = options.order.worker;
    this.#order = options.order;
    this.#events = options.events;
    this.#log = options.log;
    this.#count = options.restarts;
    this.#hangs = options.hangs;
    this.#patience = options.patience;
    this.#heart = new Heartbeat(options.patience);
    this.#now = options.now;
  }

  get up(): boolean {
    return this.#up;
  }

  /** Whether collectors come to it. */
  get takesIn(): boolean {
    return this.#order.takesIn;
  }

  /** Why it does not stand; null: it does, or it was never said. */
  get why(): string | null {
    return this.#why;
  }

  /** It stands, and its event loop has fallen silent: it will speak soon, or be ended. */
  get quiet(): boolean {
    return this.#up && this.#heart.quiet;
  }

  /** Since when it can tell nothing of what it has on disk, by the clock that does not step; null: it can, or has not stood yet. */
  get awaySince(): number | null {
    const { slowDiskMs } = this.#heart;
    return this.#downSince ?? (this.#up && slowDiskMs > 0 ? this.#now() - slowDiskMs : null);
  }

  get pid(): number | undefined {
    return this.#process?.process.pid;
  }

  /** The first start. @throws HeliographError what the worker said why it cannot */
  async start(): Promise<void> {
    const until = this.#now() + LOCKED_MS;
    for (;;) {
      try {
        await this.#fork();
        return;
      } catch (error) {
        const locked = error instanceof HeliographError && error.code === 'HG_STORE_LOCKED';
        if (!locked || this.#now() > until) throw error;
        await new Promise((resolve) => setTimeout(resolve, LEAST_PAUSE_MS));
      }
    }
  }

  /** The relay stands without it: its start is tried again like one that ended. @param why it did not start */
  keepTrying(why: Error): void {
    this.#kept = true;
    // One that the system could not end yet is followed by the next when it is gone.
    if (!this.#process) this.#again(why.message);
  }

  /** A look whether it hangs, every BEAT_MS; one that does is ended, and started again when it is gone. */
  look(): void {
    const child = this.#process;
    if (!child || this.#stopping || this.#hung) return;
    const hang = this.#heart.look();
    if (!hang) return;
    const { worker } = this;
    const error = new HeliographError('HG_RELAY_HUNG', `worker ${worker}: ${hang.detail}`);
    this.#hangs.inc({ worker: String(worker), cause: hang.cause });
    this.#log.error('a worker hangs and is ended; nothing acknowledged is lost', {
      worker,
      pid: child.process.pid,
      error: error.message,
    });
    this.#hung = error;
    child.process.kill('SIGKILL');
    // The system may not be able to end it yet, because it waits for a disk: nobody waits with it.
    this.#down(error.message);
    this.#startFailed?.(error);
  }

  send(message: ToWorker): void {
    // Who is going has a closed channel or does not read it; what was to be said to him is of no use to the next.
    if (!this.#hung && this.#process?.isConnected()) this.#process.send(message, undefined, () => undefined);
  }

  /** Asks the worker something and waits for the answer; rejects when it ends before. */
  ask(make: (id: number) => ToWorker): Promise<unknown> {
    if (!this.#up) return Promise.reject(new Error(`worker ${this.worker} is not there`));
    return this.#asked.ask((id) => this.send(make(id)));
  }

  /** Resolves when the worker stands: at once, or after its restart; false: not within this time. */
  standing(withinMs: number): Promise<boolean> {
    if (this.#up) return Promise.resolve(true);
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(this.#up), withinMs);
      this.#whenUp.push((up) => {
        clearTimeout(timer);
        resolve(up);
      });
    });
  }

  /** Lets it end in good order, and it is not started again. */
  async stop(): Promise<void> {
    this.#stopping = true;
    if (this.#timer) clearTimeout(this.#timer);
    for (const tell of this.#whenUp.splice(0)) tell(false);
    const child = this.#process;
    // One that was ended already may wait for a disk for ever.
    if (!child || child.isDead() || this.#hung) return;
    const gone = new Promise((resolve) => child.process.once('exit', resolve));
    this.send({ kind: 'stop' });
    const late = setTimeout(() => {
      this.#log.error('a worker did not close in time and is ended; nothing acknowledged is lost', {
        worker: this.worker,
        pid: child.process.pid,
      });
      child.process.kill('SIGKILL');
    }, STOP_MS);
    await gone;
    clearTimeout(late);
  }

  #fork(): Promise<void> {
    return new Promise((resolve, reject) => {
      let reason: Error | null = null;
      let over = false;
      const ended = (ending: string): void => {
        if (over) return;
        over = true;
        this.#process = null;
        const error = this.#hung ?? reason;
        const how = error?.message ?? ending;
        if (!this.#hung) this.#down(how);
        this.#hung = null;
        reject(error ?? new Error(`worker ${this.worker} ${how} before it was ready`));
        // Until the relay stands, who cannot start tells why.
        if (this.#kept) this.#again(how);
      };
      let child: Worker;
      try {
        child = cluster.fork();
      } catch (error) {
        reason = error instanceof Error ? error : new Error(String(error));
        ended('could not be forked');
        return;
      }
      this.#process = child;
      this.#startFailed = reject;
      this.#heart = new Heartbeat(this.#patience);
      child.on('message', (message: ToSupervisor) => {
        // A last word that was under way when it was ended.
        if (this.#hung) return;
        if (message.kind === 'beat') this.#heart.beat(message.diskMs);
        else if (message.kind === 'failed') {
          const { code, message: why } = message;
          reason = code ? new HeliographError(code as ErrorCode, why) : new Error(why);
        } else if (message.kind === 'answer') this.#asked.answered(message);
        else {
          if (message.kind === 'ready') {
            // Its loop turns, whether it has said so before or not.
            this.#heart.beat(0);
            this.#up = true;
            this.#downSince = null;
            this.#why = null;
            this.#kept = true;
            this.port = message.port;
            this.websocket = message.websocket;
            this.#events.onUp(this.worker, message.hosts);
            for (const tell of this.#whenUp.splice(0)) tell(true);
            resolve();
          }
          this.#events.onMessage(this.worker, message);
        }
      });
      child.on('error', (error) => {
        reason ??= error;
        // Where the system gives no process (memory, a limit of tasks), nothing will exit either.
        if (child.process.pid === undefined) ended('could not be forked');
      });
      child.process.once('exit', (code: number | null, signal: string | null) => {
        ended(`ended with ${signal ?? `code ${code}`}`);
      });
      this.send({ kind: 'start', order: this.#order });
    });
  }

  #down(why: string): void {
    this.#up = false;
    this.#why = why;
    this.#downSince ??= this.#now();
    this.#asked.fail(`worker ${this.worker} ended`);
    this.#events.onDown(this.worker);
  }

  #again(why: string): void {
    if (this.#stopping) return;
    const now = this.#now();
    this.#deaths = [...this.#deaths.filter((at) => now - at < QUIET_MS), now];
    const pause = Math.min(MOST_PAUSE_MS, LEAST_PAUSE_MS * 2 ** (this.#deaths.length - 1));
    this.restarts++;
    this.#count.inc({ worker: String(this.worker) });
    this.#log.error('a worker is started again; nothing acknowledged is lost', {
      worker: this.worker,
      why,
      restarts: this.restarts,
      pause_ms: pause,
    });
    this.#timer = setTimeout(() => {
      // Where it does not come to stand, its end starts the next one.
      this.#fork().catch(() => undefined);
    }, pause);
  }
}
