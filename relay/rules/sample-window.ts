const FIRST_ROOM = 4;
/** Of one series; where they come faster, the oldest go. */
const MOST_SAMPLES = 4096;

/** The newest samples of one series: ascending, no instant twice. */
export class SampleWindow {
  readonly labels: Readonly<Record<string, string>>;
  /** It was let go of: what comes now begins another one. */
  ended = false;
  #times = new Float64Array(FIRST_ROOM);
  #values = new Float64Array(FIRST_ROOM);
  #count = 0;

  constructor(labels: Readonly<Record<string, string>>) {
    this.labels = labels;
  }

  /** Time of the newest sample. */
  get newest(): number {
    return this.#times[this.#count - 1] ?? Number.NEGATIVE_INFINITY;
  }

  get count(): number {
    return this.#count;
  }

  /**
   * @param keepFrom what is older goes, but for the newest of it: at that instant it is the series' value
   * @param full there is no room for more: the oldest goes for it
   */
  add(time: number, value: number, keepFrom: number, full = false): void {
    let at = this.#count;
    while (at > 0 && this.#times[at - 1]! > time) at--;
    if (at > 0 && this.#times[at - 1] === time) {
      this.#values[at - 1] = value;
      return;
    }
    if (this.#count === this.#times.length) this.#grow();
    this.#times.copyWithin(at + 1, at, this.#count);
    this.#values.copyWithin(at + 1, at, this.#count);
    this.#times[at] = time;
    this.#values[at] = value;
    this.#count++;
    let old = Math.max(full && this.#count > 1 ? 1 : 0, this.#count - MOST_SAMPLES);
    while (old + 1 < this.#count && this.#times[old + 1]! <= keepFrom) old++;
    if (old === 0) return;
    this.#times.copyWithin(0, old, this.#count);
    this.#values.copyWithin(0, old, this.#count);
    this.#count -= old;
  }

  /** Samples in [start, end]. */
  between(start: number, end: number): { times: Float64Array; values: Float64Array } {
    let from = 0;
    while (from < this.#count && this.#times[from]! < start) from++;
    let to = this.#count;
    while (to > from && this.#times[to - 1]! > end) to--;
    return { times: this.#times.slice(from, to), values: this.#values.slice(from, to) };
  }

  #grow(): void {
    for (const column of [this.#times, this.#values]) {
      const larger = new Float64Array(column.length * 2);
      larger.set(column);
      if (column === this.#times) this.#times = larger;
      else this.#values = larger;
    }
  }
}
