/**
 * Where Prometheus' published grammar is narrower than its own parser, a text of the same length that the grammar takes: whoever reads
 * names and numbers reads them in the original, at the same places. A metric called `offset`, a number that ends in its point, a colon
 * in a label of a grouping.
 */
export function respell(query: string): string {
  let text = '';
  let operand = false;
  let list: 'no' | 'next' | 'in' = 'no';
  for (const [token] of query.matchAll(TOKEN)) {
    if (/^[\s#]/.test(token)) {
      text += token;
      continue;
    }
    if (token === '(' && list === 'next') list = 'in';
    else if (token === ')' || list === 'next') list = 'no';
    if (GROUPING.test(token)) list = 'next';
    if (!operand && /^offset$/i.test(token)) text += 'x'.repeat(token.length);
    else if (/^\d+\.$/.test(token)) text += `${token.slice(0, -1)}0`;
    else text += list === 'in' ? token.replaceAll(':', '_') : token;
    // What a name or a value comes behind: an operator or an opening, or a word that wants one.
    operand = !/^(?:[-+*/%^(,<>=!{[]+|by|without|and|or|unless|bool|on|ignoring|group_left|group_right|atan2)$/i.test(
      token,
    );
  }
  return text;
}

const GROUPING = /^(?:by|without|on|ignoring|group_left|group_right)$/i;
/** Space, comment, string, number with its point, word, or one character. */
const TOKEN =
  /\s+|#[^\n]*|"(?:[^"\\\n]|\\.)*"?|'(?:[^'\\\n]|\\.)*'?|`[^`]*`?|\d+\.(?=[eE][-+]?\d)|\d+\.(?![\w.])|[\d.][\w.]*|[A-Za-z_:][\w:]*|[\s\S]/gu;
