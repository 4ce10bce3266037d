import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { getQuickJS } from 'quickjs-emscripten';
import { expect, it } from 'vitest';

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
  const bundle = await build({
    stdin: {
      contents: PROGRAM,
      resolveDir: fileURLToPath(new URL('../../../lib/relabel', import.meta.url)),
      loader: 'ts',
    },
    bundle: true,
    write: false,
    format: 'iife',
    // Knows no built-in module: any node: import fails the build.
    platform: 'neutral',
    mainFields: ['module', 'main'],
    target: 'es2022',
  });
  const engine = (await getQuickJS()).newContext();
  const outcome = engine.evalCode(`${bundle.outputFiles[0]!.text}; globalThis.answer`);
  if (outcome.error) expect.fail(JSON.stringify(engine.dump(outcome.error)));
  const answer = engine.dump(outcome.value);
  outcome.value.dispose();
  engine.dispose();
  expect(JSON.parse(answer)).toEqual([-1, ['c', 'x'], ['b', 'grün/1']]);
});
