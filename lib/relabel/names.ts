import type { RelabelKind } from './rule.ts';

const NAMES: Readonly<Record<RelabelKind, { readonly name: RegExp; readonly template: RegExp; readonly say: string }>> =
  {
    metrics: {
      name: /^[a-zA-Z_][a-zA-Z0-9_]*$/,
      template: /^(?:[a-zA-Z_]|\$(?:\{\w+\}|\w+))(?:\w|\$(?:\{\w+\}|\w+))*$/,
      say: 'a label name (letters, digits and "_", no digit first)',
    },
    logs: {
      name: /^[a-zA-Z_@][a-zA-Z0-9_.@-]*$/,
      template: /^(?:[a-zA-Z_@]|\$(?:\{\w+\}|\w+))(?:[\w.@-]|\$(?:\{\w+\}|\w+))*$/,
      say: 'a field name (letters, digits, "_", "-", "@" and ".", no digit first)',
    },
  };

/** Whether a label or field may have that name. */
export function isName(kind: RelabelKind, text: string): boolean {
  return NAMES[kind].name.test(text);
}

/** The same for a name with `$1` and `${name}` in it. */
export function isNameTemplate(kind: RelabelKind, text: string): boolean {
  return NAMES[kind].template.test(text);
}

/** What a name is, for messages. */
export function sayName(kind: RelabelKind): string {
  return NAMES[kind].say;
}
