/** What may be written at the cursor, and the part of it that is there. */
export interface Spot {
  readonly kind: 'name' | 'label' | 'value' | 'duration';
  /** What is there already, from `from` to the cursor. */
  readonly prefix: string;
  readonly from: number;
  /** The metric whose labels are meant; '' where none is known. */
  readonly metric: string;
  /** The label whose values are meant. */
  readonly label: string;
}

const IDENTIFIER = /[a-zA-Z0-9_:]/;
const GROUPING = /\b(by|without|on|ignoring|group_left|group_right)\s*$/;

/**
 * Looks at the text before the cursor: inside braces stand labels and their values, inside brackets durations, in the
 * parentheses behind `by` and its like labels, and anywhere else names of metrics and functions. Null inside other strings.
 */
export function spotAt(text: string, cursor: number): Spot | null {
  const before = text.slice(0, cursor);
  const open = enclosing(before);
  if (open.string !== null) {
    if (open.bracket !== '{') return null;
    const label = /([a-zA-Z_][a-zA-Z0-9_]*)\s*(?:=~|!~|!=|=)\s*$/.exec(before.slice(open.at + 1, open.string))?.[1];
    if (!label) return null;
    return {
      kind: 'value',
      prefix: before.slice(open.string + 1),
      from: open.string + 1,
      metric: metricBefore(before, open.at),
      label,
    };
  }
  let from = cursor;
  while (from > 0 && IDENTIFIER.test(before[from - 1]!)) from--;
  const prefix = before.slice(from);
  if (open.bracket === '{') return { kind: 'label', prefix, from, metric: metricBefore(before, open.at), label: '' };
  if (open.bracket === '[') return { kind: 'duration', prefix, from, metric: '', label: '' };
  if (open.bracket === '(' && GROUPING.test(before.slice(0, open.at))) {
    // The labels of whatever metric the expression speaks of first.
    const metric = /([a-zA-Z_:][a-zA-Z0-9_:]*)\s*[{[]/.exec(text)?.[1] ?? '';
    return { kind: 'label', prefix, from, metric, label: '' };
  }
  if (/^\d/.test(prefix)) return null;
  return { kind: 'name', prefix, from, metric: '', label: '' };
}

function metricBefore(text: string, brace: number): string {
  return /([a-zA-Z_:][a-zA-Z0-9_:]*)\s*$/.exec(text.slice(0, brace))?.[1] ?? '';
}

/** The innermost bracket that is open at the end of `text`, and where a string that is open begins. */
function enclosing(text: string): { bracket: string; at: number; string: number | null } {
  const open: number[] = [];
  let string: number | null = null;
  for (let i = 0; i < text.length; i++) {
    const letter = text[i]!;
    if (string !== null) {
      if (letter === '\\' && text[string] !== '`') i++;
      else if (letter === text[string]) string = null;
    } else if (letter === '"' || letter === "'" || letter === '`') string = i;
    else if ('({['.includes(letter)) open.push(i);
    else if (')}]'.includes(letter)) open.pop();
    else if (letter === '#') {
      const end = text.indexOf('\n', i);
      i = end < 0 ? text.length : end;
    }
  }
  const at = open.at(-1) ?? -1;
  return { bracket: at < 0 ? '' : text[at]!, at, string };
}

/** Candidates that fit, those that begin with it first; at most `most`. */
export function fitting(candidates: readonly string[], prefix: string, most = 12): string[] {
  const wanted = prefix.toLowerCase();
  const begin: string[] = [];
  const contain: string[] = [];
  for (const candidate of candidates) {
    const at = candidate.toLowerCase().indexOf(wanted);
    if (at === 0) begin.push(candidate);
    else if (at > 0 && wanted.length > 1) contain.push(candidate);
    if (begin.length >= most) break;
  }
  return [...begin, ...contain].slice(0, most).filter((candidate) => candidate !== prefix);
}
