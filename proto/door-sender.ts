import { HOST_NAME } from './topics.ts';

/** Behind it stands the relay; no certificate, and so no collector, can have a name with it. */
const AT = '@';
/** Begins a label that is written otherwise than it is called. */
const ESCAPE = '@';

/** Under whose name a relay sends what a client gave to one of its doors. */
export function doorSender(client: string, relay: string): string {
  return `${client}${AT}${relay}`;
}

/** Whether a frame's host is a client of a door of that relay: its pages hold all labels of their series, and none is added but `site`. */
export function isDoorSender(host: string, relay: string): boolean {
  const at = host.indexOf(AT);
  return at > 0 && host.slice(at + 1) === relay && HOST_NAME.test(host.slice(0, at));
}

/** A label as a page of a door has it: pages may not have `instance` and its like, and these series bring them. */
export function escapedLabel(label: string): string {
  return `${ESCAPE}${label}`;
}

/** Whether that label would be taken for an escaped one. */
export function looksEscaped(label: string): boolean {
  return label.startsWith(ESCAPE);
}

/** What such a label is called. */
export function unescapedLabel(label: string): string {
  return looksEscaped(label) ? label.slice(ESCAPE.length) : label;
}
