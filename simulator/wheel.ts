/** Something to be done at a time. It is in the wheel once at most. */
export class Job {
  /** When, ms on the wheel's clock. */
  at = 0;
  waiting = false;
  readonly run: (now: number) => void;

  constructor(run: (now: number) => void) {
    this.run = run;
  }
}

const SLOT_MS = 10;
const SLOTS = 4096;

/** One timer for all the hosts of a process: jobs in slots of 10 ms, run late rather than early, in the order of the slots. */
export class Wheel {
  readonly #slots: Job[][] = Array.from({ length: SLOTS }, () => []);
  #slot: number;

  constructor(now: number) {
    this.#slot = Math.floor(now / SLOT_MS);
  }

  /** Puts a job in; it may put itself in again from `run`. One that waits already, and is now due earlier, runs when it was due before. */
  add(job: Job): void {
    if (job.waiting) return;
    job.waiting = true;
    const slot = Math.max(this.#slot, Math.floor(job.at / SLOT_MS));
    this.#slots[slot % SLOTS]!.push(job);
  }

  /**
   * Runs what is due by `now`. Called every few ms.
   * @param enough asked after each job: what is left then waits for the next turn, so that a process that is behind still reads its answers
   */
  turn(now: number, enough: () => boolean = () => false): void {
    const last = Math.floor(now / SLOT_MS);
    // After a long pause each slot is looked at once.
    const first = Math.max(this.#slot, last - SLOTS + 1);
    for (let slot = first; slot <= last; slot++) {
      // What is added meanwhile goes to this slot or later.
      this.#slot = slot;
      const jobs = this.#slots[slot % SLOTS]!;
      if (jobs.length === 0) continue;
      this.#slots[slot % SLOTS] = [];
      for (const [at, job] of jobs.entries()) {
        if (job.at > now) {
          this.#slots[Math.floor(job.at / SLOT_MS) % SLOTS]!.push(job);
          continue;
        }
        job.waiting = false;
        job.run(now);
        if (at === jobs.length - 1 || !enough()) continue;
        // Before what was added meanwhile.
        this.#slots[slot % SLOTS] = [...jobs.slice(at + 1), ...this.#slots[slot % SLOTS]!];
        return;
      }
    }
  }

  /** For how long nothing can be due, ms; `most` at most. What is added meanwhile may be due earlier. */
  quietFor(now: number, most: number): number {
    const last = Math.floor((now + most) / SLOT_MS);
    for (let slot = this.#slot; slot <= last; slot++) {
      if (this.#slots[slot % SLOTS]!.length > 0) return Math.min(most, Math.max(0, (slot + 1) * SLOT_MS - now));
    }
    return most;
  }
}
