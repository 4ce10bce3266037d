/** As Go's url.QueryEscape: what is not a letter, a digit or one of -_.~ in hexadecimal, a space as +. */
export function queryEscaped(text: string): string {
  return encodeURIComponent(text.toWellFormed())
    .replace(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+');
}

const HTML: Readonly<Record<string, string>> = {
  '<': '&lt;',
  '>': '&gt;',
  '&': '&amp;',
  "'": '&#39;',
  '"': '&#34;',
  '\0': '\ufffd',
};

/** As Go's HTMLEscapeString of text/template. */
export function htmlEscaped(text: string): string {
  return text.replace(/[<>&'"\0]/g, (one) => HTML[one]!);
}

/** As Go's JSEscapeString of text/template. */
export function scriptEscaped(text: string): string {
  return text.replace(/[\\'"]|[<>&=]|[\0-\x1f]|[^\x20-\x7e]/gu, (one) => {
    if (`\\'"`.includes(one)) return `\\${one}`;
    if (/[\p{L}\p{M}\p{N}\p{P}\p{S}]/u.test(one) && !'<>&='.includes(one)) return one;
    return `\\u${one.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`;
  });
}
