import { expect, test } from 'vitest';
import { expandTemplate, templateTrouble } from '../../../core/alerts/rules/template/template.ts';
import type { HeliographError } from '../../../lib/errors.ts';
import { askProgram, buildProgram } from '../go-program.ts';
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

test(`${TEMPLATE_TEXTS.length} templates give what the real Prometheus 3 gives, word for word also where they fail`, async () => {
  const cases = TEMPLATE_TEXTS.flatMap((text) => VALUES.map((value) => ({ text, value })));
  const program = await buildProgram('build-prometheus-templates.sh', 'PROMETHEUS_TEMPLATES');
  const wanted = (await askProgram(
    program,
    cases.map((one) => ({ ...SURROUNDINGS, ...one, answers: ANSWERS })),
  )) as Answer[];
  const differences: unknown[] = [];
  for (const [i, { text, value }] of cases.entries()) {
    const found = await ours(text, value);
    // What is refused is told in other words.
    const said = ({ text, ...more }: Answer) => JSON.stringify(more.refused ? more : { text, ...more });
    if (said(found) !== said(wanted[i]!)) differences.push({ template: text, value, found, wanted: wanted[i] });
  }
  expect(differences).toEqual([]);
  expect(wanted.filter(({ refused }) => refused).length).toBeGreaterThan(100);
  expect(wanted.filter(({ failed }) => failed).length).toBeGreaterThan(100);
});
