import { queryError } from '../../../../lib/promql/query-error.ts';
import type { Matcher } from '../../../ports/metric-store.ts';
import {
  type CallNode,
  type MatrixNode,
  type Node,
  type Pin,
  type SelectorNode,
  type SubqueryNode,
  unwrap,
} from '../../../promql/ast.ts';
import { checkTypes } from '../../../promql/check.ts';
import { printQuery, printSelector, printShift, printSubquery } from './print.ts';
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
  /** When the query is evaluated, ms; step 0: once. */
  readonly at: { readonly start: number; readonly end: number; readonly step: number };
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
 * PromQL over samples as MetricsQL over windows, of which the engine has one sample each. At a time T a range of n windows is the n windows
 * that end last at T or before it.
 *
 * Windows have their samples somewhere inside, so a range must begin and end between windows. Where all evaluations have one place within a window, the offset
 * of each selector moves them there. Where they do not (a step that is no whole number of windows) a subquery does, whose points the engine puts on multiples of
 * its step; it is slower, and the engine bounds how many points it may have.
 * @throws HeliographError HG_QUERY_TIER for what windows cannot answer; HG_QUERY_SYNTAX, HG_QUERY_TYPE
 */
export function rewriteQuery(query: string, node: Node, rules: Rules): Rewritten {
  checkTypes(node, query);
  const infos = new Set<string>();
  const { start, step } = rules.at;
  const phase = step % rules.windowMs === 0 ? modulo(start, rules.windowMs) : null;
  return { text: new PartRewriter(query, rules, phase, infos).print(node), infos: [...infos] };
}

class PartRewriter {
  readonly #query: string;
  readonly #rules: Rules;
  readonly #windowMs: number;
  /** How long after the beginning of a window each evaluation is; null: now here, now there. */
  readonly #phase: number | null;
  readonly #infos: Set<string>;

  constructor(query: string, rules: Rules, phase: number | null, infos: Set<string>) {
    this.#query = query;
    this.#rules = rules;
    this.#windowMs = rules.windowMs;
    this.#phase = phase;
    this.#infos = infos;
  }

  print(node: Node): string {
    return printQuery(node, (part) => this.#rewrite(part));
  }

  /** Undefined: it stays, and its parts are looked at. */
  #rewrite(node: Node): string | undefined {
    switch (node.kind) {
      case 'selector': {
        const windows = Math.max(1, Math.floor(this.#rules.lookbackMs / this.#windowMs));
        return this.#without(`last_over_time(${this.#windows(node, 'last', windows * this.#windowMs)})`, true);
      }
      case 'matrix':
        throw this.#refuse(node, 'samples are not among them', `use one of ${ANSWERED}`);
      case 'subquery':
        this.#checkSubquery(node);
        // Its points are on multiples of its step.
        return printSubquery(new PartRewriter(this.#query, this.#rules, 0, this.#infos).print(node.inner), node);
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

  /** The samples of the windows of a range. */
  #windows(selector: SelectorNode, aggregate: Aggregate, range: number): string {
    const { matchers, offset, pin, edges } = selector;
    if (edges !== undefined) throw this.#refuse(selector, `${edges} needs samples`, 'leave it out');
    if (matchers.some(({ name }) => name === WINDOW_LABEL)) {
      throw this.#refuse(selector, `the label ${WINDOW_LABEL} is not for queries`, 'leave it out');
    }
    const window: Matcher = { name: WINDOW_LABEL, operator: '=', value: windowLabel(aggregate, this.#windowMs) };
    const text = printSelector({ matchers: [...matchers, window] });
    const phase = this.#phaseOf(pin);
    if (phase === null) {
      const one = windowText(this.#windowMs);
      return `(last_over_time(${text}[${one}]))[${windowText(range)}:${one}]${printShift({ offset, pin })}`;
    }
    const between = offset + modulo(phase - offset, this.#windowMs);
    return `${text}[${windowText(range)}]${printShift({ offset: between, pin })}`;
  }

  #phaseOf(pin: Pin | undefined): number | null {
    if (pin === undefined) return this.#phase;
    const { start, end } = this.#rules.at;
    return modulo(pin === 'start' ? start : pin === 'end' ? end : pin, this.#windowMs);
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

/** Of a time with a fraction of a ms the engine takes the ms: rounded up it is moved far enough. */
function modulo(value: number, by: number): number {
  return ((Math.ceil(value) % by) + by) % by;
}
