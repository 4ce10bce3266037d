import { fileError } from '../../../lib/config/file-error.ts';
import type { AlertRulesConfig } from './config.ts';
import { loadRuleFile } from './file.ts';
import { rulePaths } from './rule-paths.ts';

/** Reads the files that `alerts.rules` names. @throws HeliographError HG_CONFIG_* of the first that cannot be used */
export function checkRuleFiles({ files }: Pick<AlertRulesConfig, 'files'>): void {
  const found = rulePaths(files);
  for (const [entry, why] of found.trouble) throw fileError(entry, 'alerts.rules.files', new Error(why));
  for (const file of found.files) loadRuleFile(file);
}
