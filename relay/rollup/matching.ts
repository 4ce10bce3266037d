import { type Matcher, METRIC_NAME } from '../../lib/promql/matcher.ts';
import { compileMatcher } from '../../lib/promql/matchers.ts';
import type { TextTest } from '../../lib/promql/regex.ts';
import type { PageSeries } from '../../proto/page.ts';
import { instanceOf, spokenInstances } from '../../proto/spoken-instance.ts';

type Test = { readonly name: string; readonly test: TextTest };

/** Whether series of a page meet one of a rule's selectors, once for all hosts that send the page. */
export interface PageMatch {
  /** Columns that meet a selector on whose account alone the host decides, by selector; the host's own tests stand beside. */
  readonly selectors: readonly {
    readonly columns: readonly number[];
    readonly host: TextTest;
    /** Of columns that are not the sender's own: whose they are. Null: all are. */
    readonly spoken: ReadonlyMap<number, string> | null;
  }[];
  /** Nothing of the page can match, whatever the host. */
  readonly none: boolean;
}

/** A rule's selectors, compiled. What they ask of `instance` and `site` is asked of a host, the rest of a series. */
export class Matching {
  readonly #selectors: readonly { readonly series: readonly Test[]; readonly host: TextTest; readonly site: boolean }[];

  /** @param site of the relay */
  constructor(selectors: readonly (readonly Matcher[])[], site: string) {
    this.#selectors = selectors.map((matchers) => {
      const tests = matchers.map((matcher) => ({ name: matcher.name, test: compileMatcher(matcher) }));
      const host = tests.filter(({ name }) => name === 'instance');
      return {
        series: tests.filter(({ name }) => name !== 'instance' && name !== 'site'),
        host: (name) => host.every(({ test }) => test(name)),
        site: tests.every(({ name, test }) => name !== 'site' || test(site)),
      };
    });
  }

  page(series: readonly PageSeries[]): PageMatch {
    const spoken = spokenColumns(series);
    const selectors = this.#selectors
      .filter(({ site }) => site)
      .map(({ series: tests, host }) => ({
        columns: [...series.keys()].filter((i) => meets(series[i]!, tests)),
        host,
        spoken,
      }))
      .filter(({ columns }) => columns.length > 0);
    return { selectors, none: selectors.length === 0 };
  }
}

/** The columns of a page that match for this host, ascending. */
export function columnsFor(match: PageMatch, host: string): readonly number[] {
  if (match.selectors.some(({ spoken }) => spoken !== null)) return columnsOfSeveral(match, host);
  const met = match.selectors.filter((selector) => selector.host(host));
  if (met.length <= 1) return met[0]?.columns ?? [];
  return [...new Set(met.flatMap(({ columns }) => columns))].sort((a, b) => a - b);
}

/** The same where each series may be of somebody else. */
function columnsOfSeveral({ selectors }: PageMatch, host: string): readonly number[] {
  const met = selectors.flatMap(({ columns, host: test, spoken }) =>
    columns.filter((column) => test(spoken?.get(column) ?? host)),
  );
  return [...new Set(met)].sort((a, b) => a - b);
}

function spokenColumns(series: readonly PageSeries[]): ReadonlyMap<number, string> | null {
  if (spokenInstances(series) === null) return null;
  return new Map(series.map((one, column) => [column, instanceOf(one, '')] as const).filter(([, name]) => name !== ''));
}

function meets({ name, labels }: PageSeries, tests: readonly Test[]): boolean {
  return tests.every(({ name: label, test }) =>
    test(label === METRIC_NAME ? name : (labels.find(([own]) => own === label)?.[1] ?? '')),
  );
}
