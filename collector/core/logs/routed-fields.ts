import type { Routed } from '../../../lib/log-lines/routes.ts';

type Fields = Readonly<Record<string, string>>;

/** What a route adds to a line's fields has at most so many bytes. */
export const ROUTE_BYTES = 256;

/** Fields of a line and of its route together: the same object again for the same two, so that a frame says them once. */
export class RoutedFields {
  readonly #known = new WeakMap<Fields, Map<Routed, Fields>>();

  of(fields: Fields, routed: Routed): Fields {
    let known = this.#known.get(fields);
    if (known === undefined) {
      known = new Map();
      this.#known.set(fields, known);
    }
    let all = known.get(routed);
    if (all === undefined) {
      all = { ...fields, ...routed.fields };
      known.set(routed, all);
    }
    return all;
  }
}
