import type { DatabaseSync } from 'node:sqlite';
import { Ranges } from '../../lib/ranges.ts';
import type { DataClass } from '../../proto/class.ts';
import type { TakenPart } from './bus-account.ts';
import { missingOf, type Offsets, partsOf, unionOf } from './offsets.ts';

/** What a row of lost records is named with, before its class. */
const LOST = 'lost ';

/**
 * What a console remembers of the bus when nobody else can say it any more: records that were found missing, since gateways forget what they put
 * there long ago, and what processes had taken that are no part of the core now.
 */
export class BusMemory {
  readonly #state: DatabaseSync;
  readonly #lost = new Map<DataClass, Offsets>();
  #former: TakenPart[] = [];

  /** @param state fleet.db */
  constructor(state: DatabaseSync) {
    this.#state = state;
    state.exec('CREATE TABLE IF NOT EXISTS bus_memory (kind TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID');
    for (const { kind, value } of state.prepare('SELECT * FROM bus_memory').all()) {
      if (kind === 'former') this.#former = JSON.parse(String(value)) as TakenPart[];
      else this.#lost.set(String(kind).slice(LOST.length) as DataClass, unionOf(JSON.parse(String(value))));
    }
  }

  /** What those took that are gone. */
  former(): readonly TakenPart[] {
    return this.#former;
  }

  /** A process is no part of the core any more: what it took stays taken. */
  depart(taken: readonly TakenPart[]): void {
    for (const part of taken) {
      const there = this.#former.find((one) => one.class === part.class && one.partition === part.partition);
      const ranges = new Ranges([...(there?.ranges ?? []), ...part.ranges]).pairs();
      const sums = { items: (there?.items ?? 0) + part.items, counted: (there?.counted ?? 0) + part.counted };
      this.#former = [...this.#former.filter((one) => one !== there), { ...part, ranges, ...sums }];
    }
    if (taken.length > 0) this.#write('former', this.#former);
  }

  /** Records that were found missing and did not come since. */
  lost(dataClass: DataClass): Offsets {
    return this.#lost.get(dataClass) ?? new Map();
  }

  /** Everybody was heard: `missing` is lost, and what was lost before and is among `there` is not. */
  judge(dataClass: DataClass, missing: Offsets, there: Offsets): Offsets {
    const before = this.lost(dataClass);
    const lost = unionOf([...partsOf(missingOf(before, there)), ...partsOf(missing)]);
    if (JSON.stringify(partsOf(lost)) !== JSON.stringify(partsOf(before))) {
      this.#write(`${LOST}${dataClass}`, partsOf(lost));
      this.#lost.set(dataClass, lost);
    }
    return lost;
  }

  #write(kind: string, value: unknown): void {
    this.#state.prepare('INSERT OR REPLACE INTO bus_memory VALUES (?, ?)').run(kind, JSON.stringify(value));
  }
}
