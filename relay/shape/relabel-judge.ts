import { type LabelMap, labelMap } from '../../lib/relabel/labels.ts';
import { nodeRelabeler } from '../../lib/relabel/node-relabeler.ts';
import type { Relabeler } from '../../lib/relabel/relabeler.ts';
import { KEPT, type RelabelRule } from '../../lib/relabel/rule.ts';
import type { SeriesJudge, SeriesLabels, Verdict } from './contract.ts';

const KEEP: Verdict = { kind: 'keep' };
/** A rule dropped it. */
const DROPPED: Verdict = { kind: 'drop', reason: 'relabelled' };
/** The rules left no name. */
const UNNAMED: Verdict = { kind: 'drop', reason: 'relabel_name' };

/** The relay's `relabel`: what its rules make of a series. */
export class RelabelJudge implements SeriesJudge {
  #relabeler: Relabeler;
  version = 0;

  constructor(rules: readonly RelabelRule[]) {
    this.#relabeler = nodeRelabeler(rules, 'metrics');
  }

  get active(): boolean {
    return this.#relabeler.rules.length > 0;
  }

  setRules(rules: readonly RelabelRule[]): void {
    this.#relabeler = nodeRelabeler(rules, 'metrics');
    this.version++;
  }

  judge(_host: string, labels: SeriesLabels): Verdict {
    const left = labelMap(labels);
    if (this.#relabeler.apply(left) !== KEPT) return DROPPED;
    if (!left.has('__name__')) return UNNAMED;
    return same(labels, left) ? KEEP : { kind: 'rename', labels: [...left].sort(([a], [b]) => (a < b ? -1 : 1)) };
  }
}

function same(labels: SeriesLabels, left: LabelMap): boolean {
  return labels.length === left.size && labels.every(([name, value]) => left.get(name) === value);
}
