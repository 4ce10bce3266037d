import type { RolledPage, RolledSection } from '../rollup/engine.ts';
import { columnsFor, Matching, type PageMatch } from '../rollup/matching.ts';
import { wordsOf } from '../shape/stale.ts';
import { isHostUp } from './expression.ts';
import type { Fed, FedPage, FedSection, FromRules, ToRules } from './link.ts';
import type { AlertingRule } from './rules.ts';
import type { SampleTaker } from './sample-reader.ts';

/** Of one message: the process that takes it stands still for some ms. */
const MESSAGE_BYTES = 128 * 1024;
/** On the way and not heard of; beyond, nothing more is read. */
const WINDOW_BYTES = 2 * 1024 * 1024;
/** Pages whose matches are kept, and hosts' shares of them; beyond, all are found anew. */
const MOST_PAGES = 10_000;
const MOST_SHARES = 100_000;
/** Series that one process names to another before it begins anew. */
const MOST_NAMED = 500_000;

/** What rules want of one host's page: all hosts for which it is the same share it. */
interface Share {
  readonly page: FedPage;
  readonly columns: readonly number[];
}

interface PageFacts {
  readonly match: PageMatch;
  readonly shares: Map<string, Share | null>;
  readonly byColumns: Map<string, Share>;
}

/**
 * Samples of series that rules name and that pass through a worker which evaluates none, on their way to the one that does. Nothing else goes
 * there, and not more than is heard of: while nobody evaluates, or whoever does cannot follow, samples are left out and counted.
 */
export class SampleFeed implements SampleTaker {
  /** `sent` is on the way or taken; `lost` was on the way to a process that ended. */
  readonly counts = { sent: 0, no_evaluator: 0, late: 0, lost: 0 };
  readonly #site: string;
  readonly #boot: string;
  readonly #send: (message: FromRules) => void;
  #matching = new Matching([], '');
  readonly #pages = new Map<string, PageFacts>();
  #shares = 0;
  /** Number of the process that evaluates. */
  #life: number | null = null;
  /** Pages that it was told, and their series. */
  readonly #named = new Set<string>();
  #namedSeries = 0;
  #number = 0;
  /** By number: their bytes and samples, and up to where of the journal everything was in messages before. */
  readonly #unheard = new Map<number, { readonly bytes: number; readonly cells: number; readonly from: number }>();
  #unheardBytes = 0;
  #fresh = true;
  #newPages: FedPage[] = [];
  #sections: FedSection[] = [];
  #bytes = 0;
  /** In sections. */
  #cells = 0;
  #from = 0;
  /** What comes is left out: nobody waits any more. */
  skipping = false;

  /** @param parts `boot`: this process's life */
  constructor(parts: { site: string; boot: string; send: (message: FromRules) => void }) {
    this.#site = parts.site;
    this.#boot = parts.boot;
    this.#send = parts.send;
  }

  /** Whether more may be read now. */
  get room(): boolean {
    return this.#life === null || this.#unheardBytes < WINDOW_BYTES;
  }

  setRules(rules: readonly AlertingRule[]): void {
    const selectors = rules.flatMap(({ expr }) => expr.selectors.map(({ matchers }) => matchers));
    this.#matching = new Matching(
      selectors.filter((matchers) => !isHostUp(matchers)),
      this.#site,
    );
    this.#forget();
  }

  hear(message: ToRules): void {
    if (message.kind === 'evaluator') {
      this.#life = message.life;
      const lost = [...this.#unheard.values()].reduce((sum, { cells }) => sum + cells, this.#cells);
      this.counts.sent -= lost;
      this.counts.lost += lost;
      this.#unheard.clear();
      this.#unheardBytes = 0;
      this.#beginAnew();
      this.#newPages = [];
      this.#sections = [];
      this.#bytes = 0;
      this.#cells = 0;
    } else if (message.kind === 'taken' && message.boot === this.#boot) {
      this.#unheardBytes -= this.#unheard.get(message.number)?.bytes ?? 0;
      this.#unheard.delete(message.number);
    }
  }

  wants(page: RolledPage): boolean {
    return !this.#factsOf(page).match.none;
  }

  take(host: string, section: RolledSection): void {
    const share = this.#shareOf(section.page, host);
    if (!share) return;
    const cells = share.columns.length * section.times.length;
    if (this.#life === null) this.counts.no_evaluator += cells;
    else if (this.skipping) this.counts.late += cells;
    else {
      this.counts.sent += cells;
      this.#name(share.page);
      this.#cells += cells;
      this.#sections.push(partOf(host, section, share));
      this.#bytes += cells * 9 + section.times.length * 8 + host.length + 100;
      if (this.#bytes >= MESSAGE_BYTES) this.#flush();
    }
  }

  /** Everything up to `position` was given: it is sent. @returns up to where the journal may let go */
  read(position: number): number {
    if (this.#sections.length > 0) this.#flush();
    this.#from = position;
    if (this.skipping) return position;
    for (const { from } of this.#unheard.values()) return from;
    return position;
  }

  #flush(): void {
    const fed: Fed = {
      boot: this.#boot,
      number: ++this.#number,
      fresh: this.#fresh,
      pages: this.#newPages,
      sections: this.#sections,
    };
    this.#unheard.set(fed.number, { bytes: this.#bytes, cells: this.#cells, from: this.#from });
    this.#unheardBytes += this.#bytes;
    this.#send({ kind: 'feed', life: this.#life!, fed });
    this.#fresh = false;
    this.#newPages = [];
    this.#sections = [];
    this.#bytes = 0;
    this.#cells = 0;
  }

  #name(page: FedPage): void {
    if (this.#named.has(page.hash)) return;
    if (this.#namedSeries >= MOST_NAMED) {
      if (this.#sections.length > 0) this.#flush();
      this.#beginAnew();
    }
    this.#named.add(page.hash);
    this.#namedSeries += page.series.length;
    this.#newPages.push(page);
    this.#bytes += page.series.length * 100;
  }

  #beginAnew(): void {
    this.#named.clear();
    this.#namedSeries = 0;
    this.#fresh = true;
  }

  #forget(): void {
    this.#pages.clear();
    this.#shares = 0;
  }

  #shareOf(page: RolledPage, host: string): Share | null {
    const facts = this.#factsOf(page);
    const known = facts.shares.get(host);
    if (known !== undefined) return known;
    const share = shareOf(facts, page, columnsFor(facts.match, host));
    if (this.#shares++ >= MOST_SHARES) this.#forget();
    facts.shares.set(host, share);
    return share;
  }

  #factsOf(page: RolledPage): PageFacts {
    const known = this.#pages.get(page.hash);
    if (known) return known;
    if (this.#pages.size >= MOST_PAGES) this.#forget();
    const facts = { match: this.#matching.page(page.series), shares: new Map(), byColumns: new Map() };
    this.#pages.set(page.hash, facts);
    return facts;
  }
}

function shareOf({ byColumns }: PageFacts, page: RolledPage, columns: readonly number[]): Share | null {
  if (columns.length === 0) return null;
  const text = columns.join(',');
  let share = byColumns.get(text);
  if (!share) {
    share = { columns, page: { hash: `${page.hash}:${text}`, series: columns.map((column) => page.series[column]!) } };
    byColumns.set(text, share);
  }
  return share;
}

function partOf(host: string, { page, times, values, present }: RolledSection, share: Share): FedSection {
  const { columns } = share;
  const width = page.series.length;
  const part = new Float64Array(times.length * columns.length);
  const there = present && new Uint8Array(part.length);
  const from = wordsOf(values);
  const into = wordsOf(part);
  let at = 0;
  for (let row = 0; row < times.length; row++) {
    for (const column of columns) {
      const cell = row * width + column;
      into[at * 2] = from[cell * 2]!;
      into[at * 2 + 1] = from[cell * 2 + 1]!;
      if (there) there[at] = present[cell]!;
      at++;
    }
  }
  return { host, page: share.page.hash, times: times.slice(), values: part, present: there };
}
