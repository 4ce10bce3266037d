import { isNewer, type StatePlace, type StateRecord } from './record.ts';

/** How long it is remembered that something is gone, so that what comes late does not bring it back. */
const GONE_KEPT_MS = 86_400_000;

/** All that is known of notifications, of this core and of those beside it, in memory; what is put is durable where they share it. */
export class NotifyState {
  readonly #place: StatePlace;
  readonly #now: () => number;
  readonly #records = new Map<string, StateRecord>();
  /** Keys by kind: what stands before the first "/". */
  readonly #kinds = new Map<string, Map<string, unknown>>();
  readonly #listeners: (() => void)[] = [];
  #swept = 0;

  /** @param now ms since the epoch */
  private constructor(place: StatePlace, now: () => number) {
    this.#place = place;
    this.#now = now;
  }

  static async open(place: StatePlace, now: () => number): Promise<NotifyState> {
    const state = new NotifyState(place, now);
    await place.open((records) => state.#take(records));
    return state;
  }

  /** Told after something changed, whoever changed it. */
  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  get<T>(kind: string, rest: string): T | undefined {
    return this.#kinds.get(kind)?.get(rest) as T | undefined;
  }

  /** What stands behind `kind/`, and the value. */
  all<T>(kind: string): Iterable<[string, T]> {
    return (this.#kinds.get(kind)?.entries() ?? []) as Iterable<[string, T]>;
  }

  /**
   * Puts values under keys; null takes one away. In force here, and durable, when it resolves.
   * @param generation of the lease; 0 for what people say
   * @throws when it cannot be made durable: nothing has changed then
   */
  async put(values: readonly (readonly [key: string, value: unknown])[], generation: number): Promise<void> {
    if (values.length === 0) return;
    const records = this.#recordsOf(values, generation);
    await this.#place.write(records);
    this.#take(records);
  }

  /** The same in this process's memory only: what was done must be known here also while it cannot be written. */
  remember(values: readonly (readonly [key: string, value: unknown])[], generation: number): void {
    this.#take(this.#recordsOf(values, generation));
  }

  #recordsOf(values: readonly (readonly [key: string, value: unknown])[], generation: number): StateRecord[] {
    const now = this.#now();
    return values.map(([key, value]) => {
      const known = this.#records.get(key);
      // A clock that was set back makes nothing older than what it replaces.
      const at = known?.generation === generation ? Math.max(now, known.at + 1) : now;
      return { key, value, generation, at };
    });
  }

  get isShared(): boolean {
    return this.#place.isShared;
  }

  catchUp(): Promise<void> {
    return this.#place.catchUp();
  }

  close(): Promise<void> {
    return this.#place.close();
  }

  #take(records: readonly StateRecord[]): void {
    let changed = false;
    for (const record of records) {
      if (!isNewer(record, this.#records.get(record.key))) continue;
      changed = true;
      this.#records.set(record.key, record);
      const at = record.key.indexOf('/');
      const kind = record.key.slice(0, at);
      const rest = record.key.slice(at + 1);
      let values = this.#kinds.get(kind);
      if (!values) {
        values = new Map();
        this.#kinds.set(kind, values);
      }
      if (record.value === null) values.delete(rest);
      else values.set(rest, record.value);
    }
    this.#sweep();
    if (changed) for (const listener of this.#listeners) listener();
  }

  #sweep(): void {
    const now = this.#now();
    if (Math.abs(now - this.#swept) < GONE_KEPT_MS / 24) return;
    this.#swept = now;
    for (const [key, { value, at }] of this.#records) {
      if (value === null && now - at > GONE_KEPT_MS) this.#records.delete(key);
    }
  }
}
