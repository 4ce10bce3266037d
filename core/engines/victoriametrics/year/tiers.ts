import { HeliographError } from '../../../../lib/errors.ts';
import { parseSelector } from '../../../../lib/promql/selector.ts';
import { AnsweredQueries } from '../../../metrics/answered-queries.ts';
import type { Matcher, MetricQueries, QueryOptions, SeriesSamples } from '../../../ports/metric-store.ts';
import type { Node } from '../../../promql/ast.ts';
import { parseQuery } from '../../../promql/parse.ts';
import type { EngineQueries } from '../queries.ts';
import { printSelector } from './print.ts';
import { reachOf } from './reach.ts';
import { rewriteQuery } from './rewrite.ts';
import { WINDOW_LABEL, windowLabel, windowText } from './window.ts';

type Answered = Awaited<ReturnType<MetricQueries['answer']>>;
type At = Parameters<MetricQueries['answer']>[1];

export interface TierParts {
  readonly full: EngineQueries;
  readonly year: EngineQueries;
  /** @throws HeliographError that says why the year's engine cannot be used now: one that is set up in another way would answer wrong */
  readonly pass: () => void;
  readonly windowMs: number;
  /** How long samples are kept in full, ms. */
  readonly fullMs: number;
  readonly now: () => number;
  /** Windows that end here or before are computed, ms. */
  readonly watermark: () => number;
}

/**
 * Queries over two tiers. What asks for nothing older than the full retention goes to the full tier as it is; what reaches further back is answered from windows, all of it:
 * two halves would differ in what they mean. Windows end at the watermark, and so do these answers.
 */
export class TieredQueries extends AnsweredQueries implements MetricQueries {
  readonly #parts: TierParts;

  constructor(parts: TierParts) {
    super();
    this.#parts = parts;
  }

  async answer(expression: string, at: At, options: QueryOptions, limit: number): Promise<Answered> {
    const { full, now, fullMs } = this.#parts;
    const evaluated = typeof at === 'number' ? { start: at, end: at } : at;
    const oldest = now() - fullMs;
    const timing = typeof at === 'number' ? { step: 0, range: 0 } : { step: at.step, range: at.end - at.start };
    let node: Node | null = null;
    try {
      node = parseQuery(expression, timing);
    } catch (error) {
      // The engine of the full tier reads more than PromQL; windows are asked in PromQL only.
      if (!(error instanceof HeliographError) || evaluated.start < oldest) throw error;
    }
    if (node === null || reachOf(node, evaluated) >= oldest) {
      return { ...(await full.answer(expression, at, options, limit)), tier: 'full' };
    }
    return this.#fromWindows(expression, node, at, options, limit);
  }

  async series(
    matches: readonly string[],
    start: number,
    end: number,
    limit: number,
  ): Promise<Record<string, string>[]> {
    const { full, year } = this.#parts;
    if (!this.#reaches(start)) return full.series(matches, start, end, limit);
    const [recent, old] = await Promise.all([
      full.series(matches, start, end, limit),
      year.series(this.#ofWindows(matches), start, end, limit),
    ]);
    const all = new Map<string, Record<string, string>>();
    for (const { [WINDOW_LABEL]: _, ...labels } of [...recent, ...old]) {
      all.set(JSON.stringify(Object.entries(labels).sort(([one], [other]) => (one < other ? -1 : 1))), labels);
    }
    return limit > 0 ? [...all.values()].slice(0, limit) : [...all.values()];
  }

  async labelNames(matches: readonly string[], start: number, end: number): Promise<string[]> {
    const { full, year } = this.#parts;
    if (!this.#reaches(start)) return full.labelNames(matches, start, end);
    const [recent, old] = await Promise.all([
      full.labelNames(matches, start, end),
      year.labelNames(this.#ofWindows(matches), start, end),
    ]);
    return [...new Set([...recent, ...old])].filter((name) => name !== WINDOW_LABEL).sort();
  }

  async labelValues(name: string, matches: readonly string[], start: number, end: number): Promise<string[]> {
    const { full, year } = this.#parts;
    if (!this.#reaches(start) || name === WINDOW_LABEL) return full.labelValues(name, matches, start, end);
    const [recent, old] = await Promise.all([
      full.labelValues(name, matches, start, end),
      year.labelValues(name, this.#ofWindows(matches), start, end),
    ]);
    return [...new Set([...recent, ...old])].sort();
  }

  export(matchers: readonly (readonly Matcher[])[], start: number, end: number): AsyncGenerator<SeriesSamples[]> {
    return this.#parts.full.export(matchers, start, end);
  }

  /** Whether somebody asks for what the full tier may not have: who states no start does not. @throws as `pass` */
  #reaches(start: number): boolean {
    const { now, fullMs, pass } = this.#parts;
    if (start <= 0 || start >= now() - fullMs) return false;
    pass();
    return true;
  }

  /** Selectors of the windows of series, one of each. */
  #ofWindows(matches: readonly string[]): string[] {
    const one: Matcher = { name: WINDOW_LABEL, operator: '=', value: windowLabel('count', this.#parts.windowMs) };
    const selectors = matches.length === 0 ? [[]] : matches.map(parseSelector);
    return selectors.map((matchers) => printSelector({ matchers: [...matchers, one] }));
  }

  async #fromWindows(expression: string, node: Node, at: At, options: QueryOptions, limit: number): Promise<Answered> {
    const { year, pass, windowMs, watermark } = this.#parts;
    const last = watermark();
    const within = cut(at, last);
    const asked = within ?? at;
    const rules = {
      windowMs,
      lookbackMs: options.lookbackMs,
      at: typeof asked === 'number' ? { start: asked, end: asked, step: 0 } : asked,
    };
    const { text, infos } = rewriteQuery(expression, node, rules);
    const window = windowText(windowMs);
    const said = [
      `answered from windows of ${window} (tier "year"): a range is the whole windows that end in it`,
      ...infos,
    ];
    const until = typeof at === 'number' ? at : at.end;
    if (until > last) said.push(`windows end at ${new Date(last).toISOString()}: nothing was answered behind that`);
    if (within === null) return { json: EMPTY, cut: false, warnings: [], infos: said, tier: 'year' };
    pass();
    const answer = await year.answer(text, within, options, limit);
    return { ...answer, infos: [...said, ...answer.infos], tier: 'year' };
  }
}

const EMPTY = Buffer.from('{"resultType":"matrix","result":[]}');

/** Up to a time; an instant behind it is asked as of it. Null: no step is left. */
function cut(at: At, last: number): At | null {
  if (typeof at === 'number') return Math.min(at, last);
  const end = Math.min(at.end, last);
  return end < at.start ? null : { ...at, end };
}
