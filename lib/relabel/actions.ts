import { type LabelMap, setLabel } from './labels.ts';
import { toLower, toUpper } from './letter-case.ts';
import { isName } from './names.ts';
import { type AnchoredRegex, compileAnchored } from './regex.ts';
import type { RelabelAction, RelabelKind, RelabelRule } from './rule.ts';
import { compileTemplate } from './template.ts';

/** What the rules need that no language has by itself. */
export interface RelabelTools {
  md5(bytes: Uint8Array): Uint8Array;
  utf8Bytes(text: string): Uint8Array;
}

/** Changes the labels in place; false: the series or line is dropped. */
export type Apply = (labels: LabelMap) => boolean;

interface Given {
  readonly rule: RelabelRule;
  readonly kind: RelabelKind;
  readonly regex: AnchoredRegex;
  readonly tools: RelabelTools;
  /** The values of `source_labels`, joined. */
  readonly value: (labels: LabelMap) => string;
}

/** A rule as a function. @throws Error if the expression is not RE2 */
export function compileAction(rule: RelabelRule, kind: RelabelKind, tools: RelabelTools): Apply {
  const { source_labels: names, separator } = rule;
  const value = (labels: LabelMap) => names.map((name) => labels.get(name) ?? '').join(separator);
  return ACTIONS[rule.action]({ rule, kind, regex: compileAnchored(rule.regex), tools, value });
}

const ACTIONS: Readonly<Record<RelabelAction, (given: Given) => Apply>> = {
  replace({ rule, kind, regex, value }) {
    const target = compileTemplate(rule.target_label, regex);
    const replacement = compileTemplate(rule.replacement, regex);
    return (labels) => {
      const groups = regex.groups(value(labels));
      if (groups === null) return true;
      const name = target(groups);
      if (isName(kind, name)) set(labels, name, replacement(groups));
      return true;
    };
  },
  keep:
    ({ regex, value }) =>
    (labels) =>
      regex.test(value(labels)),
  drop:
    ({ regex, value }) =>
    (labels) =>
      !regex.test(value(labels)),
  keepequal:
    ({ rule, value }) =>
    (labels) =>
      (labels.get(rule.target_label) ?? '') === value(labels),
  dropequal:
    ({ rule, value }) =>
    (labels) =>
      (labels.get(rule.target_label) ?? '') !== value(labels),
  hashmod: ({ rule, tools, value }) => {
    const modulus = BigInt(rule.modulus);
    return (labels) => {
      const digest = tools.md5(tools.utf8Bytes(value(labels)));
      // The last 8 of its 16 bytes, as Prometheus has it, so that both divide series alike.
      let hash = 0n;
      for (const byte of digest.subarray(8)) hash = (hash << 8n) | BigInt(byte);
      return set(labels, rule.target_label, String(hash % modulus));
    };
  },
  labelmap({ rule, regex }) {
    const renamed = compileTemplate(rule.replacement, regex);
    return (labels) => {
      for (const [name, value] of [...labels]) {
        const groups = regex.groups(name);
        if (groups !== null) set(labels, renamed(groups), value);
      }
      return true;
    };
  },
  labeldrop: ({ regex }) => without((name) => regex.test(name)),
  labelkeep: ({ regex }) => without((name) => !regex.test(name)),
  lowercase:
    ({ rule, value }) =>
    (labels) =>
      set(labels, rule.target_label, toLower(value(labels))),
  uppercase:
    ({ rule, value }) =>
    (labels) =>
      set(labels, rule.target_label, toUpper(value(labels))),
};

function without(unwanted: (name: string) => boolean): Apply {
  return (labels) => {
    for (const name of [...labels.keys()]) if (unwanted(name)) labels.delete(name);
    return true;
  };
}

function set(labels: LabelMap, name: string, value: string): true {
  setLabel(labels, name, value);
  return true;
}
