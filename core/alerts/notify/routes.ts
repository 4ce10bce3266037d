import type { NotifyConfig } from './config.ts';
import { type LabelTest, matcherTest } from './matchers.ts';

type Labels = Readonly<Record<string, string>>;

/** How alerts of one route are put together, and how often they are told. Times in ms. */
export interface Timing {
  readonly groupWait: number;
  readonly groupInterval: number;
  readonly repeatInterval: number;
}

/** One receiver of one alert. */
export interface Audience {
  readonly receiver: string;
  /** Told only after the alert fired so long and nobody acknowledged it, ms; 0: at once. */
  readonly after: number;
  readonly timing: Timing;
  /** Alerts of one message have it alike: the route, and the labels that it groups by. */
  readonly groupKey: string;
  readonly groupLabels: Labels;
}

interface Route {
  readonly name: string;
  readonly test: LabelTest;
  readonly continue: boolean;
  readonly groupBy: readonly string[];
  readonly timing: Timing;
  readonly steps: readonly { readonly after: number; readonly to: readonly string[] }[];
}

/** Who is told of what. */
export class Routes {
  readonly #routes: readonly Route[];
  readonly #fallback: Route;

  /** @param config checked */
  constructor(config: NotifyConfig) {
    const { groupBy, groupWait, groupInterval, repeatInterval } = config;
    this.#routes = config.routes.map((route) => ({
      // Of what it matches, not of its place: another route before it changes no group.
      name: JSON.stringify(route.match.map(({ name, value, isRegex, isEqual }) => [name, value, isRegex, isEqual])),
      test: matcherTest(route.match),
      continue: route.continue,
      groupBy: route.groupBy ?? groupBy,
      timing: {
        groupWait: route.groupWait ?? groupWait,
        groupInterval: route.groupInterval ?? groupInterval,
        repeatInterval: route.repeatInterval ?? repeatInterval,
      },
      steps: [{ after: 0, to: route.to }, ...route.escalate],
    }));
    this.#fallback = {
      name: '{}',
      test: () => true,
      continue: false,
      groupBy,
      timing: { groupWait, groupInterval, repeatInterval },
      steps: [{ after: 0, to: config.to ?? config.receivers.map(({ name }) => name) }, ...config.escalate],
    };
  }

  /** Each receiver at most once: as the first route that names it, at its earliest step, says. */
  audiences(labels: Labels): Audience[] {
    const found = new Map<string, Audience>();
    for (const route of this.#taking(labels)) {
      const groupLabels = grouped(labels, route.groupBy);
      const groupKey = `${route.name}:${JSON.stringify(groupLabels)}`;
      for (const { after, to } of route.steps) {
        for (const receiver of to) {
          const known = found.get(receiver);
          if (known && known.after <= after) continue;
          found.set(receiver, { receiver, after, timing: route.timing, groupKey, groupLabels });
        }
      }
    }
    return [...found.values()];
  }

  #taking(labels: Labels): Route[] {
    const taking: Route[] = [];
    for (const route of this.#routes) {
      if (!route.test(labels)) continue;
      taking.push(route);
      if (!route.continue) break;
    }
    return taking.length > 0 ? taking : [this.#fallback];
  }
}

function grouped(labels: Labels, by: readonly string[]): Labels {
  const names = by.includes('...') ? Object.keys(labels).sort() : [...by].sort();
  return Object.fromEntries(names.flatMap((name) => (labels[name] ? [[name, labels[name]]] : [])));
}
