import { type Apply, compileAction, type RelabelTools } from './actions.ts';
import type { LabelMap } from './labels.ts';
import { compileAnchored } from './regex.ts';
import { KEPT, type RelabelKind, type RelabelRule } from './rule.ts';

/** Rules made ready once, applied in their order. */
export class Relabeler {
  readonly rules: readonly RelabelRule[];
  readonly kind: RelabelKind;
  readonly #applies: readonly Apply[];

  /** @throws Error if an expression is not RE2; the schema has said so before, with the line */
  constructor(rules: readonly RelabelRule[], kind: RelabelKind, tools: RelabelTools) {
    this.rules = rules;
    this.kind = kind;
    this.#applies = rules.map((rule) => compileAction(rule, kind, tools));
  }

  /** Changes the labels in place. @returns the place of the rule that dropped them, or KEPT */
  apply(labels: LabelMap): number {
    for (let i = 0; i < this.#applies.length; i++) if (!this.#applies[i]!(labels)) return i;
    return KEPT;
  }

  /** One rule alone; false: it drops. */
  applyOne(place: number, labels: LabelMap): boolean {
    return this.#applies[place]!(labels);
  }

  /** Whether what becomes of the others may depend on this label. */
  reads(label: string): boolean {
    return this.rules.some(({ action, source_labels, target_label, regex }) => {
      if (source_labels.includes(label)) return true;
      if (action === 'keepequal' || action === 'dropequal') return target_label === label;
      return action === 'labelmap' && compileAnchored(regex).test(label);
    });
  }
}
