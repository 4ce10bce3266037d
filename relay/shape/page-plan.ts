import { LIMITS } from '../../proto/limits.ts';
import { compareSeries, type PageSeries } from '../../proto/page.ts';
import { instanceOf } from '../../proto/spoken-instance.ts';
import type { SeriesJudge, SeriesLabels } from './contract.ts';
import { distinctSeries, isPageSeries, type MadePage, type MadePages } from './made-pages.ts';
import type { Overflow } from './overflow.ts';
import type { PageJudge } from './page-judge.ts';
import { pageSeries, storedLabels } from './series-labels.ts';

/** What becomes of the samples of one column by itself. */
export type Fate =
  | { readonly kind: 'drop'; readonly reason: string }
  /** To a column of another page. `rival`: the column of its own page that has that name already; -1: none. */
  | { readonly kind: 'move'; readonly page: MadePage; readonly column: number; readonly rival: number };

/** Columns whose samples are added up in one series. */
export interface Fold {
  readonly into: Overflow;
  readonly reason: string;
  readonly columns: readonly number[];
}

/** What becomes of a page of one host. Columns that stand nowhere in it stay. */
export interface PagePlan {
  readonly fates: readonly (readonly [column: number, fate: Fate])[];
  readonly folds: readonly Fold[];
}

/** A judge, and what figures call it. */
export interface NamedJudge {
  readonly name: string;
  readonly judge: SeriesJudge;
}

export interface PlanParts {
  readonly site: string;
  readonly inputs: PageJudge | null;
  readonly judges: readonly NamedJudge[];
  readonly pages: MadePages;
  /** A judge failed, or its answer is none that the wire can carry; the series stays as it is. */
  readonly onError: (judge: string, error: unknown) => void;
}

type Choice = { readonly kind: 'drop' | 'fold' | 'move'; readonly reason: string; readonly series: PageSeries | null };

/** Asks everybody about every series of a page. Null: all stay. */
export function planPage(
  page: { readonly hash: string; readonly series: readonly PageSeries[] },
  host: string,
  parts: PlanParts,
): PagePlan | null {
  const { inputs, pages } = parts;
  const gone = new Set(inputs?.active ? inputs.dropped(page, host) : []);
  const choices = page.series.map((series, column): Choice | null =>
    gone.has(column) ? { kind: 'drop', reason: inputs!.reason, series: null } : choose(series, host, parts),
  );
  if (choices.every((choice) => choice === null)) return null;
  const moved = choices.flatMap((choice) => (choice?.kind === 'move' ? [choice.series!] : []));
  const places = new Map<string, readonly [MadePage, number]>();
  for (const made of pages.of(distinctSeries(moved)))
    for (const [column, series] of made.series.entries()) places.set(textOf(series), [made, column]);
  const stays = new Map<string, number>();
  if (moved.length > 0) for (const [i, one] of page.series.entries()) if (!choices[i]) stays.set(textOf(one), i);
  const folds = new Map<string, Fold & { readonly columns: number[] }>();
  const fates: [number, Fate][] = [];
  for (const [column, choice] of choices.entries()) {
    if (!choice) continue;
    const { kind, reason, series } = choice;
    if (kind === 'drop') fates.push([column, { kind, reason }]);
    else if (kind === 'fold') foldOf(folds, host, series!, reason).columns.push(column);
    else {
      const [made, at] = places.get(textOf(series!))!;
      fates.push([column, { kind, page: made, column: at, rival: stays.get(textOf(series!)) ?? -1 }]);
    }
  }
  return { fates, folds: [...folds.values()] };
}

/** Many columns fold into few series. */
function foldOf(
  folds: Map<string, Fold & { readonly columns: number[] }>,
  host: string,
  series: PageSeries,
  reason: string,
): Fold & { readonly columns: number[] } {
  const name = `${host} ${textOf(series)}`;
  const key = `${reason} ${name}`;
  let fold = folds.get(key);
  if (!fold) {
    fold = { into: { series, name, pages: [] }, reason, columns: [] };
    folds.set(key, fold);
  }
  return fold;
}

/** One judge after the other, each on what the ones before left. */
function choose(series: PageSeries, host: string, { site, judges, onError }: PlanParts): Choice | null {
  let labels: SeriesLabels = storedLabels(series, host, site);
  const instance = instanceOf(series, host);
  let name = '';
  for (const { name: asked, judge } of judges) {
    if (!judge.active) continue;
    try {
      const verdict = judge.judge(host, labels);
      if (verdict.kind === 'keep') continue;
      if (verdict.kind === 'drop') return { kind: 'drop', reason: verdict.reason, series: null };
      const other = pageSeries(verdict.kind === 'fold' ? verdict.into : verdict.labels, host, site, instance);
      // An overflow series may get one label more.
      const full = verdict.kind === 'fold' && (other?.labels.length ?? 0) >= LIMITS.labelsPerSeries;
      if (!other || full || !isPageSeries(other)) {
        onError(asked, new Error(`${series.name}: labels that no page can have; it goes on as it is`));
        continue;
      }
      if (verdict.kind === 'fold') return { kind: 'fold', reason: verdict.reason, series: other };
      labels = storedLabels(other, host, site);
      name = asked;
    } catch (error) {
      onError(asked, error);
    }
  }
  if (name === '') return null;
  const other = pageSeries(labels, host, site, instance)!;
  return compareSeries(other, series) === 0 ? null : { kind: 'move', reason: name, series: other };
}

export function textOf({ name, labels }: PageSeries): string {
  return JSON.stringify([name, ...labels.flat()]);
}
