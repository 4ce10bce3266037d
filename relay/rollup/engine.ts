import type { PageSeries } from '../../proto/page.ts';
import { columnsFor, Matching, type PageMatch } from './matching.ts';
import type { OutputSample } from './output-series.ts';
import type { OutputSketch } from './output-sketches.ts';
import { type PartialReason, type RollupRoom, RuleState } from './rule-state.ts';
import { identityOf, type RollupRule } from './rules.ts';
import { seriesText } from './series-labels.ts';
import type { FramePlace } from './taken-frames.ts';

/** A page, the same object for the same content. */
export interface RolledPage {
  readonly hash: string;
  readonly series: readonly PageSeries[];
}

/** One page's samples of a frame; row-major, as the columns are decoded. */
export interface RolledSection {
  readonly page: RolledPage;
  readonly times: Float64Array;
  readonly values: Float64Array;
  readonly present: Uint8Array | null;
}

/** A rule, what it matches with, and what it has seen. */
export interface RuleInUse {
  readonly state: RuleState;
  readonly matching: Matching;
}

/** What of a page one rule wants from one host: columns, and the rows of their series. */
interface Share {
  readonly state: RuleState;
  readonly columns: readonly number[];
  readonly rows: readonly number[];
}

/** What all rules want of one host's page, and the newest frame that had it. */
interface PageShares {
  readonly shares: readonly Share[];
  last: { readonly boot: string; readonly sequence: number } | null;
}

/** What a page holds for the rules, whoever sends it. */
interface PageFacts {
  readonly matches: readonly PageMatch[];
  readonly texts: readonly string[];
  /** Its series. */
  readonly size: number;
  /** Of rules that drop their inputs. */
  readonly dropping: readonly PageMatch[];
  /** No rule wants anything of it. */
  readonly none: boolean;
}

/** Series of the pages of which is known what rules want; beyond, it is found out anew for the oldest. Some 100 bytes each. */
const MOST_KNOWN_SERIES = 1_000_000;
const NO_COLUMNS: readonly number[] = [];

/**
 * All rules over the frames of all hosts: finds out once for each page and host what is wanted of it, and gives each sample to the rules. It knows
 * neither files nor sockets nor what time it is.
 */
export class RollupEngine {
  readonly #site: string;
  readonly #room: RollupRoom;
  /** Told of what went wrong within a rule; the others go on. */
  readonly #onError: (rule: string, error: unknown) => void;
  #rules: readonly RuleInUse[] = [];
  #drops = false;
  #revision = 0;
  readonly #pages = new Map<string, PageFacts>();
  /** Series of those. */
  #known = 0;
  readonly #shares = new Map<string, Map<string, PageShares>>();

  /** @param site of the relay, which selectors may ask for */
  constructor(site: string, room: RollupRoom, onError: (rule: string, error: unknown) => void) {
    this.#site = site;
    this.#room = room;
    this.#onError = onError;
  }

  /** How often rules were set. */
  get revision(): number {
    return this.#revision;
  }

  get rules(): readonly RuleInUse[] {
    return this.#rules;
  }

  /**
   * Other rules from now on. What computes the same as before goes on; the rest begins anew, and what it had is forgotten.
   * @returns those that begin anew
   */
  setRules(rules: readonly RollupRule[]): RuleState[] {
    this.#revision++;
    const old = new Set(this.#rules.map(({ state }) => state));
    const before = new Map(this.#rules.map((one) => [identityOf(one.state.rule), one.state]));
    this.#rules = rules.map((rule) => {
      const known = before.get(identityOf(rule));
      if (known) {
        before.delete(identityOf(rule));
        known.rule = rule;
      }
      return { state: known ?? new RuleState(rule, this.#room), matching: new Matching(rule.match, this.#site) };
    });
    for (const state of before.values()) state.leave();
    this.#drops = rules.some(({ inputs }) => inputs === 'drop');
    this.#pages.clear();
    this.#known = 0;
    this.#shares.clear();
    return this.#rules.map(({ state }) => state).filter((state) => !old.has(state));
  }

  /** Whether any rule may want something of a page. If not, its samples need not be decoded. */
  wants(page: RolledPage): boolean {
    return !this.#factsOf(page).none;
  }

  /** Whether any rule takes its inputs out of what goes on to the core. Not where there is no room for further series: what is not rolled up goes on. */
  get drops(): boolean {
    const { series, mostSeries, groups, mostGroups } = this.#room;
    return this.#drops && series < mostSeries && groups < mostGroups;
  }

  /** Columns of a page that rules take out of what goes on to the core, for a host; ascending. */
  dropped(page: RolledPage, host: string): readonly number[] {
    if (!this.drops) return NO_COLUMNS;
    const { dropping } = this.#factsOf(page);
    if (dropping.length === 0) return NO_COLUMNS;
    if (dropping.length === 1) return columnsFor(dropping[0]!, host);
    const columns = new Set<number>();
    for (const match of dropping) for (const column of columnsFor(match, host)) columns.add(column);
    return [...columns].sort((a, b) => a - b);
  }

  /**
   * Takes a frame's samples of one page.
   * @param place of the frame beside those before
   * @param now the relay's time when the frame came, ms since the epoch
   */
  take(host: string, section: RolledSection, place: FramePlace, now: number): void {
    const page = this.#sharesOf(host, section.page);
    const gap = !place.follows(page.last);
    if (page.last?.boot !== place.boot || page.last.sequence < place.sequence) page.last = place;
    for (const share of page.shares) {
      // What came before it of that host went another way, and some of it may have come to both.
      if (place.handedOver && section.times.length > 0) {
        share.state.mark('hand_over', Math.max(place.moved, Math.min(...section.times)));
      }
      try {
        const { state, columns, rows } = share;
        for (let c = 0; c < columns.length; c++) state.take(rows[c]!, columns[c]!, section, gap, now, place.moved);
      } catch (error) {
        this.#onError(share.state.rule.name, error);
      }
    }
  }

  /** Windows that hold samples before that time lack inputs, of all rules. */
  mark(reason: PartialReason, until: number): void {
    for (const { state } of this.#rules) state.mark(reason, until);
  }

  /** Closes what is over at that time, ms since the epoch. @param sketches takes what the core is to merge */
  close(now: number, sketches: OutputSketch[] = []): OutputSample[] {
    const samples: OutputSample[] = [];
    for (const { state } of this.#rules) {
      try {
        for (const sample of state.close(now, sketches)) samples.push(sample);
      } catch (error) {
        this.#onError(state.rule.name, error);
      }
    }
    return samples;
  }

  /** Forgets what no sample can be compared with any more. */
  forget(): void {
    for (const { state } of this.#rules) for (const host of state.forget()) this.#shares.delete(host);
    const hosts = this.hosts();
    for (const host of this.#shares.keys()) if (!hosts.has(host)) this.#shares.delete(host);
  }

  /** Hosts of which something is kept. */
  hosts(): Set<string> {
    return new Set(this.#rules.flatMap(({ state }) => [...state.hosts.keys()]));
  }

  #factsOf(page: RolledPage): PageFacts {
    let facts = this.#pages.get(page.hash);
    if (facts) return facts;
    const matches = this.#rules.map(({ matching }) => matching.page(page.series));
    const none = matches.every((match) => match.none);
    const dropping = matches.filter((match, i) => !match.none && this.#rules[i]!.state.rule.inputs === 'drop');
    facts = { matches, none, dropping, size: page.series.length, texts: none ? [] : page.series.map(seriesText) };
    this.#pages.set(page.hash, facts);
    this.#known += facts.size;
    while (this.#known > MOST_KNOWN_SERIES) {
      const [oldest, { size }] = this.#pages.entries().next().value!;
      this.#pages.delete(oldest);
      this.#known -= size;
    }
    return facts;
  }

  #sharesOf(host: string, page: RolledPage): PageShares {
    let pages = this.#shares.get(host);
    const known = pages?.get(page.hash);
    if (known) return known;
    if (!pages) {
      pages = new Map();
      this.#shares.set(host, pages);
    }
    const { matches, texts } = this.#factsOf(page);
    const shares: Share[] = [];
    for (const [i, { state }] of this.#rules.entries()) {
      const columns = columnsFor(matches[i]!, host);
      if (columns.length === 0) continue;
      const rows = columns.map((column) => state.row(host, page.series[column]!, texts[column]!));
      shares.push({ state, columns, rows });
    }
    const found = { shares, last: null };
    // A rule without room for all of it asks again with the next frame.
    if (shares.every(({ rows }) => !rows.includes(-1))) pages.set(page.hash, found);
    return found;
  }
}
