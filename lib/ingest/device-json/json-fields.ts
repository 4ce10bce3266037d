export type JsonObject = Readonly<Record<string, unknown>>;

/** The field of a path such as `battery.level` or `readings.0`; undefined: there is none. */
export function fieldAt(document: JsonObject, path: string): unknown {
  let at: unknown = document;
  for (const step of path.split('.')) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, step)) return undefined;
    at = (at as JsonObject)[step];
  }
  return at;
}

/** A value that is no object and no list, with its path. A number or boolean, or a text. */
export type Leaf = readonly [path: string, value: number | string];

/**
 * All numbers, booleans (as 1 and 0) and texts of a part of a document, with their paths, nested with a dot; a null is no value.
 * @param path of the part; '' for all of it
 * @param most of them; beyond, the rest is left
 */
export function leavesOf(part: unknown, path: string, most: number): Leaf[] {
  const leaves: Leaf[] = [];
  walk(part, path, leaves, most);
  return leaves;
}

function walk(value: unknown, path: string, leaves: Leaf[], most: number): void {
  if (leaves.length >= most) return;
  if (typeof value === 'number' || typeof value === 'string') leaves.push([path, value]);
  else if (typeof value === 'boolean') leaves.push([path, value ? 1 : 0]);
  else if (typeof value === 'object' && value !== null) {
    for (const [name, one] of Object.entries(value)) walk(one, path === '' ? name : `${path}.${name}`, leaves, most);
  }
}
