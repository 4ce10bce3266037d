import { z } from 'zod';
import { loadConfig } from '../../lib/config/load.ts';
import type { RelabelKind, RelabelRule } from '../../lib/relabel/rule.ts';
import { relabelRules } from '../../lib/relabel/schema.ts';

const ruleFile = z.strictObject({
  rules: z.string('name the file of rules, or write the rules here as a list').min(1),
});

/** What the configuration says of relabelling: the rules themselves, or where they stand. */
export type RelabelSetting = { readonly inline: readonly RelabelRule[] } | { readonly file: string };

/** A list of rules, or `{rules: file}`. */
export const relabelSetting = (kind: RelabelKind) =>
  z.unknown().transform((value, context): RelabelSetting => {
    const inline = Array.isArray(value);
    const read = (inline ? relabelRules(kind) : ruleFile).safeParse(value);
    if (read.success)
      return inline ? { inline: read.data as RelabelRule[] } : { file: (read.data as { rules: string }).rules };
    for (const issue of read.error.issues) {
      context.addIssue({ code: 'custom', message: issue.message, path: issue.path as (string | number)[] });
    }
    return z.NEVER;
  });

/** @throws HeliographError HG_CONFIG_*, with file, line, value and fix */
export function loadRelabelRules(file: string, kind: RelabelKind): RelabelRule[] {
  return loadConfig(file, relabelRules(kind), 'relabel.rules');
}
