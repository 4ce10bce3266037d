import { compileGlob } from './name-glob.ts';

/** Levels by which a route chooses lines; lines without one count as info. */
export type RouteLevel = 'debug' | 'info' | 'warning' | 'error' | 'fatal';

/** What is done with lines of some services and levels. The first route that fits a line is taken, and no other. */
export interface LogRoute {
  /** Each once; goes with the line as `heliograph.route`. */
  readonly name: string;
  /** Names with `*` and `?`; left out: every service. */
  readonly service?: readonly string[] | undefined;
  /** Of the file, in the same form. */
  readonly file?: readonly string[] | undefined;
  readonly levels?: readonly RouteLevel[] | undefined;
  /** The share that is sent, 0 to 1. Unless `levels` names them, warnings and errors are all sent. */
  readonly keep: number;
}

/** What became of a service, level and file: the route, and the share that it sends. */
export interface Routed {
  /** Place in the list; -1: no route fits. */
  readonly index: number;
  readonly keep: number;
  /** What goes with the line; empty where no route fits. */
  readonly fields: Readonly<Record<string, string>>;
}

/** The route's name, for searches. */
export const ROUTE_FIELD = 'heliograph.route';
/** Of how many lines of the route this is one, as a share: `0.01` stands for a hundred. */
export const RATE_FIELD = 'heliograph.sample_rate';

const NONE: Routed = { index: -1, keep: 1, fields: {} };
/** Services, levels and files are few; who makes many of them is worked out anew. */
const MOST_KNOWN = 1024;
const NEVER_SAMPLED: ReadonlySet<string> = new Set(['warning', 'error', 'fatal']);

/** The routes of a configuration. */
export class LogRoutes {
  readonly routes: readonly LogRoute[];
  /** Lines that were not kept since the start, by route. */
  readonly sampled: Float64Array;
  readonly #tests: readonly ((service: string, level: string, file: string) => boolean)[];
  readonly #known = new Map<string, Routed>();

  constructor(routes: readonly LogRoute[]) {
    this.routes = routes;
    this.sampled = new Float64Array(routes.length);
    this.#tests = routes.map(({ service, file, levels }) => {
      const services = service?.map(compileGlob);
      const files = file?.map(compileGlob);
      return (ofService, level, ofFile) =>
        (levels === undefined || levels.includes((level || 'info') as RouteLevel)) &&
        (services === undefined || services.some((test) => test(ofService))) &&
        (files === undefined || files.some((test) => test(ofFile)));
    });
  }

  /** @param level '' where the line says none */
  of(service: string, level: string, file: string): Routed {
    const key = `${level}\u0000${service}\u0000${file}`;
    let routed = this.#known.get(key);
    if (routed === undefined) {
      if (this.#known.size >= MOST_KNOWN) this.#known.clear();
      routed = this.#find(service, level, file);
      this.#known.set(key, routed);
    }
    return routed;
  }

  #find(service: string, level: string, file: string): Routed {
    const index = this.#tests.findIndex((test) => test(service, level, file));
    if (index < 0) return NONE;
    const { name, keep, levels } = this.routes[index]!;
    const share = levels === undefined && NEVER_SAMPLED.has(level) ? 1 : keep;
    return { index, keep: share, fields: { [ROUTE_FIELD]: name, ...(share < 1 && { [RATE_FIELD]: String(share) }) } };
  }
}
