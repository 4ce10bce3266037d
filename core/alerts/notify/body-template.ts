/**
 * A body of a user's own: JSON in which texts have places to fill in, such as `{{ commonLabels.alertname }}` or `{{ alerts.0.annotations.summary }}`. What is filled in is
 * part of a JSON value and cannot break it; there are no loops, so it always ends.
 */
export type BodyTemplate = string | number | boolean | null | BodyTemplate[] | { [name: string]: BodyTemplate };

const PLACE = /\{\{\s*([^{}]*?)\s*\}\}/g;
/** What a path may begin with: the keys of a webhook's body, and `subject` and `text` for people. */
const ROOTS: ReadonlySet<string> = new Set([
  ...['version', 'groupKey', 'truncatedAlerts', 'status', 'receiver', 'groupLabels', 'commonLabels'],
  ...['commonAnnotations', 'externalURL', 'alerts', 'idempotencyKey', 'subject', 'text'],
]);

/** What is wrong with a template, in words; null: nothing. */
export function templateTrouble(template: BodyTemplate): string | null {
  for (const text of textsOf(template)) {
    const rest = text.replace(PLACE, '');
    if (rest.includes('{{') || rest.includes('}}')) return `"${text}" has a "{{" or "}}" without the other`;
    for (const [, path] of text.matchAll(PLACE)) {
      if (!ROOTS.has(path!.split('.')[0]!)) return `"{{ ${path} }}" is not known; known: ${[...ROOTS].join(', ')}`;
    }
  }
  return null;
}

/** Fills the places in. A text that is one place and nothing else becomes the value itself; what is not there is empty. */
export function filledTemplate(template: BodyTemplate, body: object): unknown {
  if (typeof template === 'string') return filledText(template, body);
  if (Array.isArray(template)) return template.map((one) => filledTemplate(one, body));
  if (typeof template !== 'object' || template === null) return template;
  return Object.fromEntries(Object.entries(template).map(([name, value]) => [name, filledTemplate(value, body)]));
}

function filledText(text: string, body: object): unknown {
  const whole = /^\{\{\s*([^{}]*?)\s*\}\}$/.exec(text);
  if (whole) return valueAt(body, whole[1]!) ?? '';
  return text.replace(PLACE, (_, path: string) => {
    const value = valueAt(body, path) ?? '';
    return typeof value === 'string' ? value : JSON.stringify(value);
  });
}

function valueAt(body: object, path: string): unknown {
  let value: unknown = body;
  for (const step of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<string, unknown>)[step];
  }
  return value;
}

function* textsOf(template: BodyTemplate): IterableIterator<string> {
  if (typeof template === 'string') yield template;
  else if (typeof template === 'object' && template !== null)
    for (const one of Object.values(template)) yield* textsOf(one);
}
