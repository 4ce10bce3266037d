import type { Matcher } from '../../../ports/metric-store.ts';
import {
  type CallNode,
  type MatrixNode,
  type Node,
  type SelectorNode,
  type SubqueryNode,
  unwrap,
} from '../../../promql/ast.ts';
import { checkTypes } from '../../../promql/check.ts';
import { queryError } from '../../../promql/errors.ts';
import { printQuery, printSelector, printShift } from './print.ts';
import { type Aggregate, WINDOW_LABEL, windowLabel, windowText } from './window.ts';

/** A query over windows, as VictoriaMetrics reads it, and what whoever asked should know of it. */
export interface Rewritten {
  readonly text: string;
  readonly infos: readonly string[];
}

export interface Rules {
  readonly windowMs: number;
  /** How far back a plain selector looks; in whole windows, and one at least. */
  readonly lookbackMs: number;
}

/** The functions that windows can answer: from which aggregate, by which function over its windows, and whether a range that is no whole number of windows may be cut to one. */
const OVER_WINDOWS: Readonly<Record<string, { from: Aggregate; by: string; cut: boolean }>> = {
  min_over_time: { from: 'min', by: 'min_over_time', cut: true },
  max_over_time: { from: 'max', by: 'max_over_time', cut: true },
  sum_over_time: { from: 'sum', by: 'sum_over_time', cut: false },
  count_over_time: { from: 'count', by: 'sum_over_time', cut: false },
  last_over_time: { from: 'last', by: 'last_over_time', cut: true },
  present_over_time: { from: 'count', by: 'present_over_time', cut: true },
  increase: { from: 'increase', by: 'sum_over_time', cut: false },
};
const ANSWERED = [...Object.keys(OVER_WINDOWS), 'avg_over_time', 'rate'].sort().join(', ');
/** What is asked of single samples, or of a selector as it is written. */
const OF_SAMPLES: ReadonlySet<string> = new Set(['timestamp', 'absent', 'info']);

/**
 * PromQL over samples as MetricsQL over windows. At a time T a range of n windows is the n windows that end last at T or before it, each by its newest revision.
 * @throws HeliographError HG_QUERY_TIER for what windows cannot answer; HG_QUERY_SYNTAX, HG_QUERY_TYPE
 */
export function rewriteQuery(query: string, node: Node, { windowMs, lookbackMs }: Rules): Rewritten {
  checkTypes(node, query);
  const infos = new Set<string>();
  const rewriter = new PartRewriter(query, { windowMs, lookbackMs }, infos);
  const text = printQuery(node, (part) => rewriter.rewrite(part));
  return { text, infos: [...infos] };
}

class PartRewriter {
  readonly #query: string;
  readonly #windowMs: number;
  readonly #lookback: number;
  readonly #infos: Set<string>;

  constructor(query: string, { windowMs, lookbackMs }: Rules, infos: Set<string>) {
    this.#query = query;
    this.#windowMs = windowMs;
    this.#lookback = Math.max(1, Math.floor(lookbackMs / windowMs)) * windowMs;
    this.#infos = infos;
  }

  /** Undefined: it stays, and its parts are looked at. */
  rewrite(node: Node): string | undefined {
    switch (node.kind) {
      case 'selector':
        return this.#without(`last_over_time(${this.#windows(node, 'last', this.#lookback)})`, true);
      case 'matrix':
        throw this.#refuse(node, 'samples are not among them', `use one of ${ANSWERED}`);
      case 'subquery':
        this.#checkSubquery(node);
        return undefined;
      case 'call':
        return this.#call(node);
      case 'binary':
        if (node.matching.fillLeft !== undefined || node.matching.fillRight !== undefined) {
          throw this.#refuse(node, 'fill cannot be answered there', 'leave it out');
        }
        return undefined;
      default:
        return undefined;
    }
  }

  #call(node: CallNode): string | undefined {
    const { name, args } = node;
    if (OF_SAMPLES.has(name)) throw this.#refuse(node, `${name} is about single samples`, 'leave it out');
    const matrix = args.map(unwrap).find((argument) => argument.kind === 'matrix');
    if (matrix === undefined) return undefined;
    const whole = OVER_WINDOWS[name];
    if (whole !== undefined) {
      const range = this.#range(matrix, name, whole.cut);
      const text = `${whole.by}(${this.#windows(matrix.selector, whole.from, range)})`;
      return this.#without(text, name === 'last_over_time');
    }
    if (name === 'avg_over_time') {
      const range = this.#range(matrix, name, true);
      const sum = this.#without(`sum_over_time(${this.#windows(matrix.selector, 'sum', range)})`, false);
      const count = this.#without(`sum_over_time(${this.#windows(matrix.selector, 'count', range)})`, false);
      return `(${sum} / ${count})`;
    }
    if (name === 'rate') {
      const range = this.#range(matrix, name, true);
      const increase = this.#without(`sum_over_time(${this.#windows(matrix.selector, 'increase', range)})`, false);
      return `(${increase} / ${range / 1_000})`;
    }
    throw this.#refuse(node, `${name} cannot be told from windows`, `use one of ${ANSWERED}`);
  }

  /** The newest revision of each window of a range, as a range of one point a window. Offset and `@` stand outside, where they move whole evaluations and not windows. */
  #windows(selector: SelectorNode, aggregate: Aggregate, range: number): string {
    if (selector.edges !== undefined) throw this.#refuse(selector, `${selector.edges} needs samples`, 'leave it out');
    const own = selector.matchers.find(({ name }) => name === WINDOW_LABEL);
    if (own !== undefined) throw this.#refuse(selector, `the label ${WINDOW_LABEL} is not for queries`, 'leave it out');
    const window: Matcher = { name: WINDOW_LABEL, operator: '=', value: windowLabel(aggregate, this.#windowMs) };
    const text = windowText(this.#windowMs);
    const newest = `last_over_time(${printSelector({ matchers: [...selector.matchers, window] })}[${text}])`;
    return `(${newest})[${windowText(range)}:${text}]${printShift(selector)}`;
  }

  #without(text: string, keepsName: boolean): string {
    return `label_del(${text}, "${WINDOW_LABEL}"${keepsName ? '' : ', "__name__"'})`;
  }

  /** A range in whole windows, ms. */
  #range(node: MatrixNode, name: string, cut: boolean): number {
    const { range } = node;
    const window = windowText(this.#windowMs);
    const whole = Math.floor(range / this.#windowMs) * this.#windowMs;
    if (whole === 0) {
      throw this.#refuse(node, `a range of ${range / 1_000} s is shorter than a window`, `write [${window}] or more`);
    }
    if (whole === range) return range;
    if (!cut) {
      throw this.#refuse(
        node,
        `${name} over ${range / 1_000} s is no whole number of windows`,
        `write a multiple of ${window}, such as [${windowText(whole)}]`,
      );
    }
    this.#infos.add(`${name} over ${range / 1_000} s was answered over ${whole / 1_000} s: whole windows of ${window}`);
    return whole;
  }

  #checkSubquery(node: SubqueryNode): void {
    if (node.step !== undefined && node.step % this.#windowMs === 0) return;
    const window = windowText(this.#windowMs);
    throw this.#refuse(node, 'a subquery needs a step of whole windows', `write [...:${window}] or a multiple of it`);
  }

  #refuse(node: Node, why: string, fix: string) {
    const window = windowText(this.#windowMs);
    return queryError(
      'HG_QUERY_TIER',
      this.#query,
      node.at,
      `what is older than the full retention is kept as windows of ${window}, and ${why}; ${fix}`,
    );
  }
}
