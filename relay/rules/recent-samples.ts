import type { SeriesSamples } from '../../core/ports/metric-store.ts';
import type { SeriesSource } from '../../core/promql/source.ts';
import { staleness } from '../../core/promql/stale.ts';
import { type Matcher, METRIC_NAME } from '../../lib/promql/matcher.ts';
import { compileMatcher } from '../../lib/promql/matchers.ts';
import { instanceOf, SPOKEN_INSTANCE } from '../../proto/spoken-instance.ts';
import type { RolledPage, RolledSection } from '../rollup/engine.ts';
import { columnsFor, Matching, type PageMatch } from '../rollup/matching.ts';
import { seriesText } from '../rollup/series-labels.ts';
import { isHostUp } from './expression.ts';
import type { KnownHosts } from './known-hosts.ts';
import type { AlertingRule } from './rules.ts';
import type { SampleTaker } from './sample-reader.ts';
import { SampleWindow } from './sample-window.ts';

/** Pages whose matches are kept; beyond, all are found anew. */
const MOST_PAGES = 10_000;
/** Of all series together, 16 to 32 bytes each. */
const MOST_SAMPLES = 10_000_000;
/** Pages of hosts for which that is kept; beyond, the same. */
const MOST_SHARES = 100_000;

interface Wanted {
  readonly matching: Matching;
  readonly windows: Map<string, SampleWindow>;
  rangeMs: number;
}

interface PageFacts {
  readonly matches: ReadonlyMap<Wanted, PageMatch>;
  readonly texts: readonly string[];
  /** By host. */
  readonly shares: Map<string, readonly Cell[]>;
}

/** One series of a host for one selector; its window is found when a sample comes. */
interface Cell {
  readonly wanted: Wanted;
  readonly column: number;
  readonly key: string;
  window: SampleWindow | null;
}

/** The newest samples of the series that rules name, and of no others: where their expressions are evaluated. Within a bound. */
export class RecentSamples implements SeriesSource, SampleTaker {
  readonly #site: string;
  readonly #hosts: KnownHosts;
  readonly #lookbackMs: number;
  readonly #mostSeries: number;
  #wanted = new Map<string, Wanted>();
  readonly #pages = new Map<string, PageFacts>();
  #series = 0;
  #shares = 0;
  /** Samples in all windows. */
  #held = 0;
  /** Samples that came when there was no room: each took the place of its series' oldest. */
  crowded = 0;
  /** Samples of series for which there was no room. */
  refused = 0;
  taken = 0;

  /** @param options `lookbackMs`: how long a sample is its series' value */
  constructor(options: { site: string; hosts: KnownHosts; lookbackMs: number; mostSeries: number }) {
    this.#site = options.site;
    this.#hosts = options.hosts;
    this.#lookbackMs = options.lookbackMs;
    this.#mostSeries = options.mostSeries;
  }

  /** A series counts once for each different selector that it meets. */
  get series(): number {
    return this.#series;
  }

  /** Other rules: what selectors that stay have seen stays, too. */
  setRules(rules: readonly AlertingRule[]): void {
    const before = this.#wanted;
    this.#wanted = new Map();
    this.#pages.clear();
    this.#shares = 0;
    for (const { matchers, rangeMs } of rules.flatMap(({ expr }) => expr.selectors)) {
      if (isHostUp(matchers)) continue;
      const key = JSON.stringify(matchers);
      const known = this.#wanted.get(key);
      if (known) known.rangeMs = Math.max(known.rangeMs, rangeMs);
      else {
        const windows = before.get(key)?.windows ?? new Map<string, SampleWindow>();
        this.#wanted.set(key, { matching: new Matching([matchers], this.#site), windows, rangeMs });
      }
    }
    this.#series = 0;
    this.#held = 0;
    for (const { windows } of this.#wanted.values()) {
      this.#series += windows.size;
      for (const window of windows.values()) this.#held += window.count;
    }
  }

  wants(page: RolledPage): boolean {
    return this.#factsOf(page).matches.size > 0;
  }

  /** @param now ms since the epoch */
  take(host: string, { page, times, values, present }: RolledSection, now: number): void {
    const width = page.series.length;
    const ended = staleness(values);
    for (const cellOf of this.#shareOf(page, host)) {
      for (let row = 0; row < times.length; row++) {
        const cell = row * width + cellOf.column;
        if (present && present[cell] === 0) continue;
        if (Number.isNaN(values[cell]!) && ended(cell)) this.#end(cellOf.wanted, cellOf.key);
        else this.#add(this.#windowOf(cellOf, host, page), times[row]!, values[cell]!, now - cellOf.wanted.rangeMs);
      }
    }
  }

  /** Lets go of series that have no value any more. */
  forget(now: number): void {
    for (const { windows, rangeMs } of this.#wanted.values()) {
      const oldest = now - Math.max(rangeMs, this.#lookbackMs);
      for (const [key, window] of windows) {
        if (window.newest >= oldest) continue;
        this.#end({ windows }, key);
      }
    }
  }

  *select(matchers: readonly Matcher[], startMs: number, endMs: number): Generator<SeriesSamples> {
    if (isHostUp(matchers)) {
      const tests = matchers.map((matcher) => ({ name: matcher.name, test: compileMatcher(matcher) }));
      for (const { labels, value } of this.#hosts.series()) {
        if (!tests.every(({ name, test }) => test(labels[name] ?? ''))) continue;
        yield { labels, times: Float64Array.of(endMs), values: Float64Array.of(value) };
      }
      return;
    }
    for (const window of this.#wanted.get(JSON.stringify(matchers))?.windows.values() ?? []) {
      yield { labels: window.labels, ...window.between(startMs, endMs) };
    }
  }

  #add(window: SampleWindow | null, time: number, value: number, keepFrom: number): void {
    if (!window) return;
    const full = this.#held >= MOST_SAMPLES;
    if (full) this.crowded++;
    const before = window.count;
    window.add(time, value, keepFrom, full);
    this.#held += window.count - before;
  }

  #windowOf(cell: Cell, host: string, page: RolledPage): SampleWindow | null {
    if (cell.window && !cell.window.ended) {
      this.taken++;
      return cell.window;
    }
    cell.window = cell.wanted.windows.get(cell.key) ?? this.#begin(cell, host, page);
    if (cell.window) this.taken++;
    else this.refused++;
    return cell.window;
  }

  #begin({ wanted, column, key }: Cell, host: string, page: RolledPage): SampleWindow | null {
    if (this.#series >= this.#mostSeries) return null;
    const series = page.series[column]!;
    const labels = series.labels.filter(([label]) => label !== SPOKEN_INSTANCE);
    const instance = instanceOf(series, host);
    const all = Object.fromEntries([
      ...labels,
      [METRIC_NAME, series.name],
      ['instance', instance],
      ['site', this.#site],
    ]);
    const window = new SampleWindow(all);
    wanted.windows.set(key, window);
    this.#series++;
    return window;
  }

  #end({ windows }: Pick<Wanted, 'windows'>, key: string): void {
    const window = windows.get(key);
    if (!window) return;
    window.ended = true;
    this.#held -= window.count;
    windows.delete(key);
    this.#series--;
  }

  /** What rules want of one host's page. */
  #shareOf(page: RolledPage, host: string): readonly Cell[] {
    const { matches, texts, shares } = this.#factsOf(page);
    const known = shares.get(host);
    if (known) return known;
    const share = [...matches].flatMap(([wanted, match]) =>
      columnsFor(match, host).map(
        (column): Cell => ({ wanted, column, key: `${host}\n${texts[column]}`, window: null }),
      ),
    );
    if (this.#shares++ >= MOST_SHARES) {
      this.#pages.clear();
      this.#shares = 0;
    }
    shares.set(host, share);
    return share;
  }

  #factsOf(page: RolledPage): PageFacts {
    const known = this.#pages.get(page.hash);
    if (known) return known;
    if (this.#pages.size >= MOST_PAGES) this.#pages.clear();
    const matches = new Map<Wanted, PageMatch>();
    for (const wanted of this.#wanted.values()) {
      const match = wanted.matching.page(page.series);
      if (!match.none) matches.set(wanted, match);
    }
    const texts = matches.size > 0 ? page.series.map(seriesText) : [];
    const facts: PageFacts = { matches, texts, shares: new Map() };
    this.#pages.set(page.hash, facts);
    return facts;
  }
}
