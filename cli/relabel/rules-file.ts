import { z } from 'zod';
import { collectorConfig } from '../../collector/node/config.ts';
import { loadConfig } from '../../lib/config/load.ts';
import { HeliographError } from '../../lib/errors.ts';
import type { RelabelKind, RelabelRule } from '../../lib/relabel/rule.ts';

const { labels, relabel, relabelLogs } = collectorConfig.shape;
/** A collector's configuration, or a file with nothing but its keys for rules. */
const rulesFile = z.looseObject({ labels, relabel, relabelLogs });
const KEYS: Readonly<Record<RelabelKind, 'relabel' | 'relabelLogs'>> = { metrics: 'relabel', logs: 'relabelLogs' };

/**
 * The rules of a file, and the labels that its collector adds to every series.
 * @throws HeliographError HG_CONFIG_*; HG_CONFIG_VALUE too where there are no rules of that kind
 */
export function readRules(file: string, kind: RelabelKind): { rules: RelabelRule[]; labels: Record<string, string> } {
  const read = loadConfig(file, rulesFile, '--rules');
  const rules = read[KEYS[kind]];
  if (rules.length === 0) {
    const other =
      kind === 'metrics'
        ? 'give --logs to try those under "relabelLogs"'
        : 'leave out --logs to try those under "relabel"';
    throw new HeliographError('HG_CONFIG_VALUE', `${file}: no rules under "${KEYS[kind]}"; add some, or ${other}`, {
      file,
    });
  }
  return { rules, labels: read.labels };
}
