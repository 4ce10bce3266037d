import type { ExpectedAlert } from '../../core/alerts/rules/unit-test/file.ts';
import type { FoundSample, Problem } from '../../core/alerts/rules/unit-test/problem.ts';
import { formatValue } from '../../core/promql/format.ts';
import { coloured } from '../terminal/output.ts';
import { printable } from '../terminal/text.ts';
import { labelsText, seriesText } from './labels-text.ts';
import { promDuration } from './prom-duration.ts';

/** What is not as a test has it, line by line: `-` was expected and is not there, `+` is there and was not expected. */
export function problemLines(file: string, problem: Problem): string[] {
  const where = `${file}:${problem.line}`;
  const at = promDuration(problem.at);
  switch (problem.kind) {
    case 'rule':
      return [`${where}: rule ${printable(problem.rule)} fails at ${at}: ${printable(problem.message)}`];
    case 'query':
      return [`${where}: ${printable(problem.expression)} at ${at}: ${printable(problem.message)}`];
    case 'samples':
      return [
        `${where}: ${printable(problem.expression)} at ${at}:`,
        ...differences(problem.expected.map(sampleText), problem.found.map(sampleText)),
      ];
    case 'alerts':
      return [`${where}: alert ${printable(problem.alert)} at ${at}:`, ...alertLines(problem.expected, problem.found)];
  }
}

function sampleText({ labels, value }: FoundSample): string {
  return `${seriesText(labels)} ${formatValue(value)}`;
}

/** Alerts with the same labels are held against one another, annotation by annotation. */
function alertLines(expected: readonly ExpectedAlert[], found: readonly ExpectedAlert[]): string[] {
  const name = ({ labels }: ExpectedAlert) => labelsText(labels, ['alertname']);
  const lines: string[] = [];
  const left = [...found];
  for (const alert of expected) {
    const twin = left.findIndex((other) => name(other) === name(alert));
    if (twin < 0) lines.push(minus(`${name(alert)} ${labelsText(alert.annotations)}`));
    else {
      const [other] = left.splice(twin, 1);
      if (labelsText(other!.annotations) === labelsText(alert.annotations)) continue;
      lines.push(`    ${name(alert)} has other annotations:`);
      const each = (one: ExpectedAlert) =>
        Object.entries(one.annotations)
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([key, text]) => `${printable(key)}: ${JSON.stringify(printable(text))}`);
      lines.push(...differences(each(alert), each(other!)).map((line) => `  ${line}`));
    }
  }
  for (const alert of left) lines.push(plus(`${name(alert)} ${labelsText(alert.annotations)}`));
  return lines;
}

function differences(expected: readonly string[], found: readonly string[]): string[] {
  const left = [...found];
  const lines: string[] = [];
  for (const text of expected) {
    const twin = left.indexOf(text);
    if (twin < 0) lines.push(minus(text));
    else left.splice(twin, 1);
  }
  return [...lines, ...left.map(plus)];
}

const minus = (text: string) => coloured('red', `    - ${text}`);
const plus = (text: string) => coloured('green', `    + ${text}`);
