import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { bundledForSmallEngine, onSmallEngine } from '../../support/small-engine.ts';

const relabel = fileURLToPath(new URL('../../../lib/relabel', import.meta.url));

/** What a small host would run; `utf8Bytes` is its own, and no rule here needs MD5. */
const PROGRAM = `
import { labelMap } from './labels.ts';
import { Relabeler } from './relabeler.ts';
import { RELABEL_DEFAULTS } from './rule.ts';
const rules = [
  { ...RELABEL_DEFAULTS, source_labels: ['a'], regex: '(?P<first>\\\\pL+)-(.*)', target_label: 'b', replacement: '\${first}/$2' },
  { ...RELABEL_DEFAULTS, action: 'labeldrop', regex: 'a' },
];
const labels = labelMap([['a', 'grün-1'], ['c', 'x']]);
const dropped = new Relabeler(rules, 'metrics', { md5: (bytes) => bytes, utf8Bytes: () => new Uint8Array() }).apply(labels);
globalThis.answer = JSON.stringify([dropped, ...labels]);
`;

it('rules run on a small engine: no Node module, no TextDecoder, nothing but the language', async () => {
  const code = await bundledForSmallEngine(PROGRAM, relabel);
  const answer = (await onSmallEngine(`${code}; globalThis.answer`)) as string;
  expect(JSON.parse(answer)).toEqual([-1, ['c', 'x'], ['b', 'grün/1']]);
});
