import { isDeepStrictEqual } from 'node:util';
import { expect, test } from 'vitest';
import { labelMap } from '../../lib/relabel/labels.ts';
import { nodeRelabeler } from '../../lib/relabel/node-relabeler.ts';
import { KEPT } from '../../lib/relabel/rule.ts';
import { relabelRules } from '../../lib/relabel/schema.ts';
import { seededRandom } from '../../simulator/random.ts';
import { askProgram, buildProgram } from './go-program.ts';
import { type RelabelCase, randomCase } from './relabel/cases.ts';

const seed = Number(process.env.HELIOGRAPH_SEED ?? Math.floor(Math.random() * 2 ** 31));
const count = Number(process.env.HELIOGRAPH_CASES ?? 10_000);

type Answer = { readonly error: string } | { readonly labels: Readonly<Record<string, string>> | null };

const schema = relabelRules('metrics');

function ours({ rules, labels }: RelabelCase): Answer {
  const parsed = schema.safeParse(rules);
  if (!parsed.success) return { error: parsed.error.message };
  const after = labelMap(Object.entries(labels));
  const kept = nodeRelabeler(parsed.data, 'metrics').apply(after) === KEPT;
  return { labels: kept ? Object.fromEntries(after) : null };
}

/** Both refuse, or both have the same labels left. */
function same(a: Answer, b: Answer): boolean {
  if ('error' in a || 'error' in b) return 'error' in a && 'error' in b;
  return isDeepStrictEqual({ ...a.labels, dropped: a.labels === null }, { ...b.labels, dropped: b.labels === null });
}

/** Has Prometheus 3's relabelling answer all cases. */
async function theirs(cases: readonly RelabelCase[]): Promise<Answer[]> {
  const program = await buildProgram('build-prometheus-relabel.sh', 'PROMETHEUS_RELABEL');
  return (await askProgram(program, cases)) as Answer[];
}

test(`${count} sets of rules of seed ${seed} do what the real Prometheus 3 does`, async () => {
  const random = seededRandom(seed);
  const cases = Array.from({ length: count }, () => randomCase(random));
  const wanted = await theirs(cases);
  const found = cases.map(ours);
  const differences = cases.flatMap((one, i) => (same(found[i]!, wanted[i]!) ? [] : [[one, found[i], wanted[i]]]));
  expect(differences.slice(0, 5), `seed ${seed}: ${differences.length} differ`).toEqual([]);
  const refused = wanted.filter((answer) => 'error' in answer).length;
  const dropped = wanted.filter((answer) => 'labels' in answer && answer.labels === null).length;
  console.log(
    `seed ${seed}: ${count - refused} sets taken by both, ${dropped} of them drop; ${refused} refused by both`,
  );
  expect(count - refused).toBeGreaterThan(count / 4);
});
