import { DistinctSketch } from './distinct-sketch.ts';
import {
  type CardinalityReport,
  type CardinalityState,
  type CountedKey,
  DIMENSIONS,
  type Dimension,
} from './report.ts';

/**
 * What several processes report, as one: counts by their merged sketches, so that a series or value that two of them saw counts once.
 * What is new is added up, since each host is with one process at a time.
 * @param reports with sketches @param most keys of each dimension
 * @returns without sketches; null: nobody reports
 */
export function mergedReport(reports: readonly CardinalityReport[], most: number): CardinalityReport | null {
  const [first] = reports;
  if (!first) return null;
  const sum = (of: (report: CardinalityReport) => number) => reports.reduce((total, one) => total + of(one), 0);
  const top = (dimension: Dimension) => topOf(reports.map((report) => report.top[dimension])).slice(0, most);
  return {
    since: Math.min(...reports.map(({ since }) => since)),
    series: merged(reports.map(({ series }) => series)),
    metrics: Math.max(...reports.map(({ metrics }) => metrics)),
    admitted: sum(({ admitted }) => admitted),
    folded: sum(({ folded }) => folded),
    blocked: sum(({ blocked }) => blocked),
    growing: reports.flatMap(({ growing }) => growing),
    top: Object.fromEntries(DIMENSIONS.map((one) => [one, top(one)])) as Record<Dimension, CountedKey[]>,
  };
}

/** The figures of several processes, each with hosts of its own. @returns null: of none */
export function sumOfStates(states: readonly CardinalityState[]): CardinalityState | null {
  const [first] = states;
  if (!first) return null;
  const sum = (of: (state: CardinalityState) => number) => states.reduce((total, one) => total + of(one), 0);
  return {
    since: Math.min(...states.map(({ since }) => since)),
    series: sum(({ series }) => series),
    newInHour: sum(({ newInHour }) => newInHour),
    newInDay: sum(({ newInDay }) => newInDay),
    admitted: sum(({ admitted }) => admitted),
    folded: sum(({ folded }) => folded),
    blocked: sum(({ blocked }) => blocked),
    // All have the same.
    orders: Math.max(...states.map(({ orders }) => orders)),
    growing: states.flatMap(({ growing }) => growing),
  };
}

function topOf(lists: readonly (readonly CountedKey[])[]): CountedKey[] {
  const byKey = new Map<string, CountedKey[]>();
  for (const list of lists) for (const one of list) byKey.set(one.key, [...(byKey.get(one.key) ?? []), one]);
  return [...byKey.values()].map(merged).sort((a, b) => b.count - a.count || (a.key < b.key ? -1 : 1));
}

function merged(parts: readonly CountedKey[]): CountedKey {
  const sum = (of: (part: CountedKey) => number) => parts.reduce((total, one) => total + of(one), 0);
  const sketches = parts.flatMap(({ sketch }) => (sketch ? [DistinctSketch.fromText(sketch)] : []));
  const all = sketches[0];
  for (const sketch of sketches.slice(1)) all!.merge(sketch);
  return {
    key: parts[0]!.key,
    count: all ? Math.round(all.estimate) : sum(({ count }) => count),
    newInHour: sum(({ newInHour }) => newInHour),
    newInDay: sum(({ newInDay }) => newInDay),
    inherited: sum(({ inherited }) => inherited),
    examples: parts.flatMap(({ examples }) => examples).slice(0, 3),
  };
}
