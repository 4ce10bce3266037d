import { hostname } from 'node:os';
import { z } from 'zod';
import { collectorConfig } from '../../collector/node/config.ts';
import { loadConfig } from '../../lib/config/load.ts';
import { HeliographError } from '../../lib/errors.ts';
import type { RelabelKind, RelabelRule } from '../../lib/relabel/rule.ts';
import { loadRelabelRules, relabelSetting } from '../../relay/shape/relabel-setting.ts';

const { labels } = collectorConfig.shape;
/** A collector's or a relay's configuration, or a file with nothing but the keys for rules. */
const rulesFile = z.looseObject({
  labels,
  relabel: relabelSetting('metrics').optional(),
  relabelLogs: relabelSetting('logs').optional(),
  /** Of a relay. */
  cores: z.unknown().optional(),
  site: z.string().default('default'),
});
const KEYS: Readonly<Record<RelabelKind, 'relabel' | 'relabelLogs'>> = { metrics: 'relabel', logs: 'relabelLogs' };

/** Rules to try, and by whom they are meant to be carried out. */
export interface RulesToTry {
  readonly tier: 'collector' | 'relay';
  /** Where they stand. */
  readonly file: string;
  readonly rules: readonly RelabelRule[];
  /** What series of this machine have already when the rules see them. */
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * The rules of a file. One that names cores is a relay's.
 * @throws HeliographError HG_CONFIG_*; HG_CONFIG_VALUE too where there are no rules of that kind
 */
export function readRules(file: string, kind: RelabelKind): RulesToTry {
  const read = loadConfig(file, rulesFile, '--rules');
  const tier = read.cores === undefined ? 'collector' : 'relay';
  const setting = read[KEYS[kind]];
  const apart = setting && 'file' in setting ? setting.file : null;
  const here = setting && 'inline' in setting ? setting.inline : [];
  const rules = apart === null ? here : loadRelabelRules(apart, kind);
  if (rules.length === 0) {
    const other =
      kind === 'metrics'
        ? 'give --logs to try those under "relabelLogs"'
        : 'leave out --logs to try those under "relabel"';
    throw new HeliographError('HG_CONFIG_VALUE', `${file}: no rules under "${KEYS[kind]}"; add some, or ${other}`, {
      file,
    });
  }
  const given = tier === 'relay' ? { instance: hostname(), site: read.site } : read.labels;
  return { tier, file: apart ?? file, rules, labels: given };
}
