/** Words after which a slash begins a regular expression. */
const BEFORE_REGEX = /(?:^|[^\w$.])(?:return|typeof|case|in|of|do|else|void|await|yield)$/;
const WORD = /[\w$]/;
/** What would go on with the line before, if that had no semicolon. */
const NO_END = /^[([`+\-*/,.]/;
/** The only argument of a function, in parentheses that it does not need. */
const ONE_ARGUMENT = /(^|[^\w$)\]])\(([\w$]+)\)$/;

/**
 * JavaScript without comments and without the blanks that only people need. It expects what a formatter leaves: every statement
 * with its semicolon. Strings, templates and regular expressions stay as they are. Not a minifier: names are kept, and a
 * line ends after each statement, so that a browser's error still leads to the place.
 */
export function squeeze(script: string): string {
  let out = '';
  let at = 0;
  let blank = '';
  const put = (text: string) => {
    // What a formatter leaves before a closing bracket says nothing.
    if ((/^[)\]}]/.test(text) && out.endsWith(',')) || (text === '}' && out.endsWith(';'))) {
      out = out.slice(0, -1);
      blank = '';
    }
    if (blank !== '') {
      const before = out.at(-1) ?? '';
      if (blank === '\n' && before === ';') out = `${NO_END.test(text) ? out : out.slice(0, -1)}\n`;
      else if ((WORD.test(before) && WORD.test(text[0]!)) || (before === text[0] && '+-/'.includes(before))) out += ' ';
      blank = '';
    }
    out += text;
  };
  while (at < script.length) {
    const letter = script[at]!;
    if (/\s/.test(letter)) {
      if (letter === '\n' || blank === '') blank = letter;
      at++;
    } else if (script.startsWith('//', at)) {
      const end = script.indexOf('\n', at);
      at = end < 0 ? script.length : end;
    } else if (script.startsWith('/*', at)) {
      at = script.indexOf('*/', at) + 2;
      if (blank === '') blank = ' ';
    } else {
      const end = literalEnd(script, at, out);
      if (script.startsWith('=>', at)) out = out.replace(ONE_ARGUMENT, '$1$2');
      put(script.slice(at, end));
      at = end;
    }
  }
  return `${out}\n`;
}

/** Where the string, template or regular expression that begins here ends; the next letter if none begins. */
function literalEnd(script: string, at: number, before: string): number {
  const letter = script[at]!;
  if (letter === '"' || letter === "'") return quoted(script, at, letter);
  if (letter === '`') return template(script, at);
  const operand = /[\w$)\]}]$/.test(before) && !BEFORE_REGEX.test(before);
  return letter === '/' && !operand ? regex(script, at) : at + 1;
}

function quoted(script: string, at: number, quote: string): number {
  let end = at + 1;
  while (script[end] !== quote) end += script[end] === '\\' ? 2 : 1;
  return end + 1;
}

/** With whatever stands in its places: that may have strings and templates of its own. */
function template(script: string, at: number): number {
  let end = at + 1;
  while (script[end] !== '`') {
    if (script[end] === '\\') end += 2;
    else if (script.startsWith('${', end)) {
      let depth = 1;
      for (end += 2; depth > 0; ) {
        if (script[end] === '{') depth++;
        else if (script[end] === '}') depth--;
        end = depth === 0 ? end + 1 : literalEnd(script, end, script.slice(at, end).trimEnd());
      }
    } else end++;
  }
  return end + 1;
}

function regex(script: string, at: number): number {
  let end = at + 1;
  for (let list = false; list || script[end] !== '/'; end++) {
    if (script[end] === '\\') end++;
    else if (script[end] === '[') list = true;
    else if (script[end] === ']') list = false;
  }
  return end + 1;
}
