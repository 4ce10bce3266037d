import type { LogRoutes, Routed } from '../../../lib/log-lines/routes.ts';
import { shareOfBytes, shareOfPlace } from '../../../lib/log-lines/share.ts';
import { findTraceId, type TraceSpan } from '../../../lib/log-lines/trace-id.ts';
import type { LineBatch } from '../tail/contract.ts';

type Fields = Readonly<Record<string, string>>;

/** What a route adds to a line's fields has at most so many bytes. */
export const ROUTE_BYTES = 256;

/** Which lines of a batch their routes send, and what goes with them. */
export class LineRouting {
  readonly #routes: LogRoutes;
  /** Of the lines of a batch, by their places. */
  readonly #routed: Routed[] = [];
  readonly #fields = new WeakMap<Fields, Map<Routed, Fields>>();
  readonly #trace: TraceSpan = { from: 0, to: 0 };

  constructor(routes: LogRoutes) {
    this.#routes = routes;
  }

  /**
   * Whether a line is of the share that its route sends; one that is not is counted. Lines of one trace have one fate, everywhere; a line without a trace has
   * the fate of its place in its file, also when it is read again.
   */
  sends(batch: LineBatch, i: number, service: string, level: string): boolean {
    const { path, id } = batch.file;
    const routed = this.#routes.of(service, level, path);
    this.#routed[i] = routed;
    if (routed.keep >= 1) return true;
    const start = batch.starts[i]!;
    const trace = this.#trace;
    const share = findTraceId(batch.bytes, start, batch.ends[i]!, trace)
      ? shareOfBytes(batch.bytes, trace.from, trace.to)
      : shareOfPlace(id, batch.from + batch.places[i]!);
    if (share < routed.keep) return true;
    this.#routes.sampled[routed.index]!++;
    return false;
  }

  /** Fields of a line that is sent, and of its route: the same object again for the same two, so that a frame says them once. */
  fieldsOf(i: number, fields: Fields): Fields {
    const routed = this.#routed[i]!;
    if (routed.index < 0) return fields;
    let known = this.#fields.get(fields);
    if (known === undefined) {
      known = new Map();
      this.#fields.set(fields, known);
    }
    let all = known.get(routed);
    if (all === undefined) {
      all = { ...fields, ...routed.fields };
      known.set(routed, all);
    }
    return all;
  }
}
