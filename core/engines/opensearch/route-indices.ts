import { ROUTE_FIELD } from '../../../lib/log-lines/routes.ts';
import type { LogFrame } from '../../ports/frames.ts';
import { indexOf } from './document.ts';

/** Indices of one sort: the name before the day, and how long they are kept. */
export interface IndexSet {
  readonly prefix: string;
  readonly retentionMs: number;
}

/** Which indices lines go to: those of the route that came with a line, where it has some of its own, otherwise those of all lines. */
export class RouteIndices {
  readonly sets: readonly IndexSet[];
  readonly #rest: IndexSet;
  readonly #routes: ReadonlyMap<string, IndexSet>;

  /** @param index before the day @param routes with a retention of their own, ms */
  constructor(
    index: string,
    retentionMs: number,
    routes: readonly { readonly name: string; readonly retention: number }[],
  ) {
    this.#rest = { prefix: index, retentionMs };
    this.#routes = new Map(
      routes.map(({ name, retention }) => [name, { prefix: `${index}-${name}`, retentionMs: retention }]),
    );
    this.sets = [this.#rest, ...this.#routes.values()];
  }

  /** The index of lines of a frame, by their places in it. */
  of(frame: LogFrame, places: readonly number[]): (readonly [index: string, places: readonly number[]])[] {
    if (this.#routes.size === 0) return [[this.#name(frame, this.#rest), places]];
    const found = new Map<IndexSet, number[]>();
    for (const at of places) {
      const route = frame.lines[at]!.fields[ROUTE_FIELD];
      const set = (route !== undefined && this.#routes.get(route)) || this.#rest;
      const chosen = found.get(set);
      if (chosen === undefined) found.set(set, [at]);
      else chosen.push(at);
    }
    return [...found].map(([set, chosen]) => [this.#name(frame, set), chosen]);
  }

  #name(frame: LogFrame, { prefix, retentionMs }: IndexSet): string {
    return indexOf(prefix, frame, frame.received - retentionMs);
  }
}
