import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual, promisify } from 'node:util';
import { expect, test } from 'vitest';
import { labelMap } from '../../lib/relabel/labels.ts';
import { nodeRelabeler } from '../../lib/relabel/node-relabeler.ts';
import { KEPT } from '../../lib/relabel/rule.ts';
import { relabelRules } from '../../lib/relabel/schema.ts';
import { seededRandom } from '../../simulator/random.ts';
import { type RelabelCase, randomCase } from './relabel/cases.ts';

const run = promisify(execFile);
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

/** Builds Prometheus 3's relabelling (once; Go keeps what it built) and has it answer all cases. */
async function theirs(cases: readonly RelabelCase[]): Promise<Answer[]> {
  const built = await run(fileURLToPath(new URL('start/build-prometheus-relabel.sh', import.meta.url)));
  const program = /^PROMETHEUS_RELABEL=(.*)$/m.exec(built.stdout)?.[1];
  if (program === undefined) throw new Error(`no PROMETHEUS_RELABEL in: ${built.stdout}`);
  const folder = await mkdtemp(join(tmpdir(), 'prometheus-relabel-'));
  try {
    await writeFile(join(folder, 'cases.json'), JSON.stringify(cases));
    const { stdout } = await run(program, [join(folder, 'cases.json')], { maxBuffer: 2 ** 30 });
    return JSON.parse(stdout) as Answer[];
  } finally {
    await rm(folder, { recursive: true });
  }
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
