import { expect, test } from 'vitest';
import { expandTemplate, templateTrouble } from '../../../core/alerts/rules/template/template.ts';
import type { HeliographError } from '../../../lib/errors.ts';
import { seededRandom } from '../../../simulator/random.ts';
import { askProgram, buildProgram } from '../go-program.ts';
import { randomTemplate } from './random-template.ts';
import { TEMPLATE_TEXTS } from './template-texts.ts';

interface Answer {
  readonly text: string;
  readonly failed: boolean;
  readonly refused: boolean;
}

const ANSWERS = {
  up: [
    { labels: { instance: 'b', job: 'x' }, value: 21 },
    { labels: { instance: 'a', job: 'y' }, value: 11 },
  ],
  none: [],
  counted: [{ labels: { __value__: 'seen' }, value: 1 }],
};
const SURROUNDINGS = {
  labels: { instance: 'web-1.example:9100', job: 'node', severity: 'critical', device: '/dev/sda1' },
  externalLabels: { site: 'here' },
  externalUrl: 'https://core.example:9470/a/b',
  now: 1_700_000_000_500,
};
const VALUES = [1.5, 0, 1234567.891, -0.00001234];

async function ours(text: string, value: number): Promise<Answer> {
  const trouble = templateTrouble(text);
  if (trouble !== null) return { text: trouble, failed: false, refused: true };
  try {
    const filled = await expandTemplate(text, { ...SURROUNDINGS, alert: 'Down', value }, async (expression) => {
      const found = Object.entries(ANSWERS).find(([name]) => name === expression)?.[1];
      if (found === undefined) throw new Error(`no such expression: ${expression}`);
      return found;
    });
    return { text: filled, failed: false, refused: false };
  } catch (error) {
    return { text: (error as HeliographError).facts.text as string, failed: true, refused: false };
  }
}

/** The cases whose answers differ, and Prometheus' answers to all. */
async function compared(cases: readonly { readonly text: string; readonly value: number }[]) {
  const program = await buildProgram('build-prometheus-templates.sh', 'PROMETHEUS_TEMPLATES');
  const wanted = (await askProgram(
    program,
    cases.map((one) => ({ ...SURROUNDINGS, ...one, answers: ANSWERS })),
  )) as Answer[];
  const differences: { template: string; value: number; found: Answer; wanted: Answer }[] = [];
  for (const [i, { text, value }] of cases.entries()) {
    const found = await ours(text, value);
    // What is refused is told in other words.
    const said = ({ text, ...more }: Answer) => JSON.stringify(more.refused ? more : { text, ...more });
    if (said(found) !== said(wanted[i]!)) differences.push({ template: text, value, found, wanted: wanted[i]! });
  }
  return { differences, wanted };
}

test(`${TEMPLATE_TEXTS.length} templates give what the real Prometheus 3 gives, word for word also where they fail`, async () => {
  const cases = TEMPLATE_TEXTS.flatMap((text) => VALUES.map((value) => ({ text, value })));
  const { differences, wanted } = await compared(cases);
  expect(differences).toEqual([]);
  expect(wanted.filter(({ refused }) => refused).length).toBeGreaterThan(100);
  expect(wanted.filter(({ failed }) => failed).length).toBeGreaterThan(100);
});

const seed = Number(process.env.HELIOGRAPH_SEED ?? Math.floor(Math.random() * 2 ** 31));
const count = Number(process.env.HELIOGRAPH_CASES ?? 5_000);

/** Addresses of memory, which Go prints for the series of an answer. */
const ADDRESS = /0x[0-9a-f]{8,}/;

test(`${count} random templates of seed ${seed} do, too, or fail in both`, async () => {
  const random = seededRandom(seed);
  const cases = Array.from({ length: count }, () => ({ text: randomTemplate(random), value: 1.5 }));
  const { differences, wanted } = await compared(cases);
  // What makes no sense in two ways at once may be told by its other way: there the verdict counts.
  const real = differences.filter(
    ({ found, wanted: theirs }) => !(found.failed && theirs.failed) && !ADDRESS.test(theirs.text),
  );
  expect(differences.length).toBeLessThan(count / 100);
  if (process.env.HELIOGRAPH_SHOW) console.log(JSON.stringify(real, null, 1));
  expect(real.slice(0, 5), `seed ${seed}: ${real.length} differ`).toEqual([]);
  expect(wanted.filter(({ refused, failed }) => !refused && !failed).length).toBeGreaterThan(count / 20);
});
