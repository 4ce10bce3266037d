import type { LabelMap } from './labels.ts';
import type { Relabeler } from './relabeler.ts';
import type { RelabelRule } from './rule.ts';

/** What a rule did to one label; null: it was not there, or is not there any more. */
export interface LabelChange {
  readonly label: string;
  readonly before: string | null;
  readonly after: string | null;
}

/** What one rule made of a set of labels. */
export interface RelabelStep {
  /** Its place in the list, from 0. */
  readonly place: number;
  readonly rule: RelabelRule;
  readonly outcome: 'dropped' | 'changed' | 'unchanged';
  /** By label name. */
  readonly changes: readonly LabelChange[];
}

/** Applies the rules as `Relabeler.apply` does, and tells of each one. The labels are changed in place; a drop is the last step. */
export function stepThrough(relabeler: Relabeler, labels: LabelMap): RelabelStep[] {
  const steps: RelabelStep[] = [];
  for (const [place, rule] of relabeler.rules.entries()) {
    const before = new Map(labels);
    const kept = relabeler.applyOne(place, labels);
    const changes = changesBetween(before, labels);
    steps.push({ place, rule, outcome: !kept ? 'dropped' : changes.length > 0 ? 'changed' : 'unchanged', changes });
    if (!kept) break;
  }
  return steps;
}

/** What is different, by label name. */
export function changesBetween(before: LabelMap, after: LabelMap): LabelChange[] {
  const names = [...new Set([...before.keys(), ...after.keys()])].sort();
  return names
    .filter((label) => before.get(label) !== after.get(label))
    .map((label) => ({ label, before: before.get(label) ?? null, after: after.get(label) ?? null }));
}
