import { readFileSync } from 'node:fs';
import { fileError } from '../../../lib/config/file-error.ts';
import { parsePlacedConfig } from '../../../lib/config/load.ts';
import { HeliographError } from '../../../lib/errors.ts';
import { msOf } from './duration.ts';
import { ruleFile } from './schema.ts';

export interface RecordingRule {
  readonly kind: 'record';
  readonly record: string;
  readonly expr: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Of the file, from 1: where the rule begins. */
  readonly line: number;
}

export interface AlertingRule {
  readonly kind: 'alert';
  readonly alert: string;
  readonly expr: string;
  readonly forMs: number;
  readonly keepFiringForMs: number;
  /** Templates, as they stand in the file. */
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly line: number;
}

export type Rule = RecordingRule | AlertingRule;

/** What a rule is called: its alert's name, or that of the series it writes. */
export function ruleName(rule: Rule): string {
  return rule.kind === 'alert' ? rule.alert : rule.record;
}

export interface RuleGroup {
  readonly name: string;
  readonly file: string;
  /** null: the default of whoever evaluates it. */
  readonly intervalMs: number | null;
  /** Most alerts or series of one of its rules; 0: as many as there are. */
  readonly limit: number;
  /** Its rules look at what was so long before now. */
  readonly queryOffsetMs: number;
  /** On all its rules, which may write over them: they are in the rules' labels already. */
  readonly labels: Readonly<Record<string, string>>;
  readonly rules: readonly Rule[];
}

/** A file larger than this is no one's. */
const MOST_BYTES = 8 * 1024 * 1024;

/**
 * The groups of a rule file of Prometheus, in its order. All problems of a file are told at once.
 * @param option what a wrong path is mended with
 * @throws HeliographError HG_CONFIG_FILE, HG_CONFIG_SYNTAX, HG_CONFIG_KEY, HG_CONFIG_VALUE with file, line, value and fix
 */
export function loadRuleFile(path: string, option = 'rules check'): RuleGroup[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw fileError(path, option, cause);
  }
  return parseRuleFile(path, text);
}

/** The same for a text; `file` is what it is called. */
export function parseRuleFile(file: string, text: string): RuleGroup[] {
  if (Buffer.byteLength(text) > MOST_BYTES) {
    throw new HeliographError('HG_CONFIG_FILE', `${file}: larger than ${MOST_BYTES} bytes; write several files`, {
      file,
    });
  }
  // Read as text, so that a label `yes` or `1.10` is what stands there.
  const { value, lineOf } = parsePlacedConfig(file, text, ruleFile, { schema: 'failsafe', merge: true });
  return (value.groups ?? []).map((group, g) => ({
    name: group.name,
    file,
    intervalMs: msOf(group.interval) || null,
    limit: Math.max(0, Number(group.limit ?? 0)),
    queryOffsetMs: msOf(group.query_offset),
    labels: group.labels ?? {},
    rules: (group.rules ?? []).map((rule, r): Rule => {
      const line = lineOf(['groups', g, 'rules', r]);
      const labels = { ...group.labels, ...rule.labels };
      if (rule.record !== undefined) return { kind: 'record', record: rule.record, expr: rule.expr, labels, line };
      return {
        ...{ kind: 'alert', alert: rule.alert!, expr: rule.expr, labels, annotations: rule.annotations ?? {}, line },
        ...{ forMs: msOf(rule.for), keepFiringForMs: msOf(rule.keep_firing_for) },
      };
    }),
  }));
}
