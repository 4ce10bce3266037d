import type { StoredLine } from '../ports/log-store.ts';

/** A field by name, and the value it must have. */
export type FieldFilter = readonly [name: string, value: string];

/** True if the line has each of the fields with just that value. */
export function fitsFields(fields: StoredLine['fields'], wanted: readonly FieldFilter[] | undefined): boolean {
  if (wanted === undefined) return true;
  for (const [name, value] of wanted) if (!Object.hasOwn(fields, name) || fields[name] !== value) return false;
  return true;
}
