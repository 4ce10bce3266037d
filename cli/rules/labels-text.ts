import { printable } from '../terminal/text.ts';

/** Labels as Prometheus writes them: {a="b", c="d"}, in the order of their names, `without` left out. */
export function labelsText(labels: Readonly<Record<string, string>>, without: readonly string[] = []): string {
  const parts = Object.entries(labels)
    .filter(([name]) => !without.includes(name))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${/^[a-zA-Z_]\w*$/.test(name) ? name : JSON.stringify(name)}=${JSON.stringify(value)}`);
  return `{${printable(parts.join(', '))}}`;
}

/** A series with its name before the braces. */
export function seriesText(labels: Readonly<Record<string, string>>): string {
  const { __name__: name = '', ...rest } = labels;
  const braces = labelsText(rest);
  return printable(name) + (name !== '' && braces === '{}' ? '' : braces);
}
