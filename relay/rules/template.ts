/** What stands between the braces, whole: a label's value or the value. */
const PLACE = /\{\{(.*?)\}\}/gs;
const LABEL = /^\s*\$labels\.([a-zA-Z_][a-zA-Z0-9_]*)\s*$/;
const VALUE = /^\s*\$value\s*$/;

/** In words, why a text is no template that we fill in; null: it is. */
export function templateTrouble(text: string): string | null {
  for (const [whole, inner] of text.matchAll(PLACE)) {
    if (!LABEL.test(inner!) && !VALUE.test(inner!)) {
      return `write {{ $labels.NAME }} or {{ $value }} for ${whole}: functions of templates are not supported here`;
    }
  }
  return null;
}

/** Puts an alert's labels and value in their places; a label that is not there is an empty text. */
export function fillTemplate(text: string, labels: Readonly<Record<string, string>>, value: string): string {
  return text.replaceAll(PLACE, (whole, inner: string) => {
    if (VALUE.test(inner)) return value;
    const name = LABEL.exec(inner)?.[1];
    if (name === undefined) return whole;
    return Object.hasOwn(labels, name) ? labels[name]! : '';
  });
}
