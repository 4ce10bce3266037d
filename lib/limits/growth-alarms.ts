import type { Dimension, Growing } from './report.ts';
import type { TopKeys } from './top-keys.ts';
import type { TrackedKey } from './tracked-key.ts';

/** When growth is abnormal. */
export interface GrowthRule {
  /** New series of a metric in a minute, more than this ... */
  readonly perMinute: number;
  /** ... and more than this times the usual. */
  readonly times: number;
  /** The same for all series of a host. */
  readonly perMinuteOfHost: number;
  /** The same cause is not told again within this, ms. */
  readonly repeatMs: number;
  /** A key that took another's place is not judged by what it brings within this, ms. */
  readonly settleMs: number;
}

/** What is told when it begins, and once more when it has ended. */
export type GrowthTold = { readonly kind: 'begun' | 'ended'; readonly growing: Growing };

interface Alarm {
  readonly entry: TrackedKey;
  readonly of: 'metric' | 'host';
  readonly key: string;
  growing: Growing;
  /** It was told, so its end will be. */
  readonly told: boolean;
}

/** Causes remembered that they are not told again. */
const MOST_TOLD = 10_000;

/** Finds metrics and hosts whose series grow abnormally, says so once, and says when it is over. */
export class GrowthAlarms {
  readonly #rule: GrowthRule;
  readonly #tables: Readonly<Record<Dimension, TopKeys<TrackedKey>>>;
  readonly #between: string;
  readonly #tell: (what: GrowthTold) => void;
  readonly #active = new Map<string, Alarm>();
  /** When each cause was told last, ms. */
  readonly #told = new Map<string, number>();
  /** Over the first number of the rule; the rest is looked at with the next tick. */
  readonly #suspects = new Map<string, { of: 'metric' | 'host'; key: string; entry: TrackedKey }>();

  /** @param between what stands between a metric and a label in the keys of labels */
  constructor(
    rule: GrowthRule,
    tables: Readonly<Record<Dimension, TopKeys<TrackedKey>>>,
    between: string,
    tell: (what: GrowthTold) => void,
  ) {
    this.#rule = rule;
    this.#tables = tables;
    this.#between = between;
    this.#tell = tell;
  }

  /** A metric has new series. */
  metric(key: string, entry: TrackedKey, fresh: number, host: string, team: string, now: number): void {
    this.#grow('metric', this.#rule.perMinute, key, entry, fresh, host, team, now);
  }

  /** A host has. */
  host(key: string, entry: TrackedKey, fresh: number, host: string, team: string, now: number): void {
    this.#grow('host', this.#rule.perMinuteOfHost, key, entry, fresh, host, team, now);
  }

  /** @param now ms */
  tick(now: number): void {
    this.#end(now);
    // Metrics first: a host whose one metric grows has no cause of its own.
    const suspects = [...this.#suspects].sort(([, a], [, b]) => Number(a.of === 'host') - Number(b.of === 'host'));
    this.#suspects.clear();
    for (const [id, { of, key, entry }] of suspects) {
      if (this.#active.has(id) || !this.#abnormal(of, entry, now)) continue;
      const growing = this.#describe(of, key, entry, now, now);
      if (of === 'host' && [...this.#active.values()].some((one) => one.of === 'metric' && one.growing.host === key)) {
        continue;
      }
      const last = this.#told.get(id);
      const told = last === undefined || now - last >= this.#rule.repeatMs;
      this.#active.set(id, { entry, of, key, growing, told });
      if (!told) continue;
      if (this.#told.size >= MOST_TOLD) this.#told.delete(this.#told.keys().next().value!);
      this.#told.delete(id);
      this.#told.set(id, now);
      this.#tell({ kind: 'begun', growing });
    }
  }

  growing(now: number): Growing[] {
    return [...this.#active.values()].map(({ of, key, entry, growing }) =>
      this.#describe(of, key, entry, now, growing.since),
    );
  }

  #grow(
    of: 'metric' | 'host',
    most: number,
    key: string,
    entry: TrackedKey,
    fresh: number,
    host: string,
    team: string,
    now: number,
  ): void {
    if (entry.inherited > 0 && now - entry.from < this.#rule.settleMs) return;
    if (entry.grow(fresh, host, team, now) > most) this.#suspects.set(`${of} ${key}`, { of, key, entry });
  }

  #most(of: 'metric' | 'host'): number {
    return of === 'metric' ? this.#rule.perMinute : this.#rule.perMinuteOfHost;
  }

  #abnormal(of: 'metric' | 'host', entry: TrackedKey, now: number): boolean {
    const count = entry.growth.sum(now);
    return count > this.#most(of) && count > this.#rule.times * entry.usual(now);
  }

  /** Over is what brought less than half of the first number within a minute. */
  #end(now: number): void {
    for (const [id, { of, entry, growing, told }] of this.#active) {
      const count = Math.round(entry.growth.sum(now));
      if (count * 2 >= this.#most(of)) continue;
      this.#active.delete(id);
      if (told) this.#tell({ kind: 'ended', growing: { ...growing, count } });
    }
  }

  #describe(of: 'metric' | 'host', key: string, entry: TrackedKey, now: number, since: number): Growing {
    const [label, values] = of === 'metric' ? this.#label(key, now) : ['__name__', entry.examples];
    return {
      metric: of === 'metric' ? key : '',
      label,
      host: entry.host.text,
      team: entry.team.text,
      count: Math.round(entry.growth.sum(now)),
      usual: Math.round(entry.usual(now)),
      values: [...values],
      since,
    };
  }

  /** The label of a metric with most values that were new in the last minute. */
  #label(metric: string, now: number): [string, readonly string[]] {
    const begin = metric + this.#between;
    let most = 0;
    let found: [string, readonly string[]] = ['', []];
    for (const [key, entry] of this.#tables.label.entries()) {
      if (!key.startsWith(begin)) continue;
      const count = entry.growth.sum(now);
      if (count <= most) continue;
      most = count;
      found = [key.slice(begin.length), entry.examples];
    }
    return found;
  }
}
