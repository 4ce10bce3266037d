/** Labels of a series by name, its own name as `__name__`. */
export type SeriesLabels = Readonly<Record<string, string>>;

const NAME = /\s*([a-zA-Z_:][a-zA-Z0-9_:]*)?\s*/y;
const LABEL = /\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*=\s*"((?:[^"\\]|\\.)*)"\s*(,|(?=\}))/y;
const END = /\s*\}(?:\s+\S+){0,2}\s*$/y;
const VALUE = /(?:\S+(?:\s+\S+)?)?\s*$/y;
const ESCAPED: Readonly<Record<string, string>> = { n: '\n' };

/**
 * A series as people write it: a line of Prometheus' text format (value and time may be missing), or a JSON object of labels as
 * /api/v1/series gives it. Null: it is neither.
 */
export function parseSeries(text: string): SeriesLabels | null {
  return text.trimStart().startsWith('{"') ? labelsOfJson(text) : labelsOfLine(text);
}

function labelsOfJson(text: string): SeriesLabels | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  const labels = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  return labels.length > 0 && labels.every(([, one]) => typeof one === 'string') ? Object.fromEntries(labels) : null;
}

function labelsOfLine(text: string): SeriesLabels | null {
  let at = 0;
  const next = (expression: RegExp): RegExpExecArray | null => {
    expression.lastIndex = at;
    const match = expression.exec(text);
    if (match !== null) at = expression.lastIndex;
    return match;
  };
  const name = next(NAME)?.[1];
  const labels: Record<string, string> = name === undefined ? {} : { __name__: name };
  if (text[at] !== '{') return name !== undefined && next(VALUE) !== null ? labels : null;
  at++;
  for (let label = next(LABEL); label !== null; label = next(LABEL)) {
    labels[label[1]!] = label[2]!.replace(/\\(.)/gs, (_, letter: string) => ESCAPED[letter] ?? letter);
  }
  return next(END) !== null && Object.keys(labels).length > 0 ? labels : null;
}
