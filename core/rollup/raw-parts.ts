import { addTo } from '../../lib/compensated.ts';
import { counterIncrease } from '../../lib/counter-increase.ts';
import { addToDistribution, addToSummary, type DistributionPlan, isSketched } from '../../lib/distribution.ts';
import { parseSelector } from '../../lib/promql/selector.ts';
import { startPart, type WindowPart } from '../../lib/window-part.ts';
import { ROLLED_INSTANCE } from '../../proto/page.ts';
import type { SketchInputs } from '../../proto/sketches.ts';
import type { Matcher, MetricStore } from '../ports/metric-store.ts';
import { groupLabels } from './group-labels.ts';
import type { Stay } from './stays.ts';

/** Whose samples count where the result is one relay's: when a host was there, by `instance`. */
export type StayAt = (host: string) => Stay;

/** Windows of one rule and one time, of groups that are to be computed again. */
export interface RawWindow {
  /** ms since the epoch */
  readonly end: number;
  readonly interval: number;
  readonly plan: DistributionPlan;
  readonly inputs: SketchInputs;
  /** Null: of all relays. */
  readonly origin: { readonly site: string; readonly stay: StayAt } | null;
  /** Of the groups, as they are sent: a name begins with the metric's. */
  readonly groups: readonly { readonly name: string; readonly labels: readonly (readonly [string, string])[] }[];
}

/** Samples that are read for one of those: some hundred MB. */
const MOST_SAMPLES = 3_000_000;
const ALWAYS: NonNullable<Stay> = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
/** Values of a label by which series are asked for; where there are more, all are. */
const MOST_VALUES = 100;

interface Samples {
  readonly metric: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly pieces: (readonly [Float64Array, Float64Array])[];
}

/**
 * What groups have of a window by the raw samples in the store: as a relay would have it to which all of them came, in order and once.
 * @returns by metric and labels as `rawKey` has them; null: more than may be read
 * @throws what the store throws
 */
export async function rawParts(
  metrics: Pick<MetricStore, 'export'>,
  window: RawWindow,
): Promise<ReadonlyMap<string, WindowPart> | null> {
  const { end, interval, inputs, origin, groups } = window;
  const wanted = new Set(groups.map(({ name, labels }) => rawKey(metricOf(name), labels)));
  const narrow = narrowing(window);
  const matchers = inputs.match.map((text) => [...parseSelector(text), ...narrow]);
  const series = new Map<string, Samples>();
  let left = MOST_SAMPLES;
  for await (const batch of metrics.export(matchers, end - interval - inputs.staleness + 1, end)) {
    for (const { labels, times, values } of batch) {
      left -= times.length;
      if (left < 0) return null;
      // A host that changed its relay may have changed its site: it is one series all the same.
      const { __name__: metric = '', site, ...own } = labels;
      if (!isOf(window, own.instance, site)) continue;
      const key = rawKey(metric, Object.entries(own));
      const there = series.get(key);
      if (there) there.pieces.push([times, values]);
      else series.set(key, { metric, labels: own, pieces: [[times, values]] });
    }
  }
  const parts = new Map<string, WindowPart>();
  for (const { metric, labels, pieces } of series.values()) {
    const key = rawKey(metric, keptLabels(labels, inputs));
    if (!wanted.has(key)) continue;
    const part = parts.get(key) ?? startPart(window.plan.bounds.length);
    const stay = origin && labels.instance !== undefined ? origin.stay(labels.instance) : null;
    if (addSeries(part, pieces, window, stay)) parts.set(key, part);
  }
  return parts;
}

/** Whether a series may have samples that count. What has no host came by a door, and has the relay's site. */
function isOf({ origin }: RawWindow, instance: string | undefined, site: string | undefined): boolean {
  if (!origin) return true;
  return instance === undefined ? site === origin.site : origin.stay(instance) !== null;
}

/** The name of a metric and its group's labels as one text. */
export function rawKey(metric: string, labels: readonly (readonly [string, string])[]): string {
  return `${metric} ${groupLabels(labels)}`;
}

/** The metric of a group's name, metric:interval_by_..., in which no colon follows. */
export function metricOf(name: string): string {
  return name.slice(0, name.lastIndexOf(':'));
}

function keptLabels(labels: Readonly<Record<string, string>>, { by, without }: SketchInputs): [string, string][] {
  const keeps = (name: string) => (by.length > 0 ? by.includes(name) : !without.includes(name));
  // A host's own label of that name is in no group.
  return Object.entries(labels).filter(([name]) => name !== ROLLED_INSTANCE && keeps(name));
}

/** Adds one series' samples. @param stay null: all of them @returns whether it has any in the window */
function addSeries(part: WindowPart, pieces: Samples['pieces'], window: RawWindow, stay: Stay): boolean {
  const { end, interval, plan, inputs } = window;
  const { distribution, rest } = part;
  const [came, went] = stay ?? ALWAYS;
  const sketched = isSketched(plan);
  const from = end - interval;
  const compared = from - inputs.staleness;
  let before = Number.NaN;
  let last = Number.NEGATIVE_INFINITY;
  let found = false;
  for (const [time, value] of inOrder(pieces)) {
    if (Number.isNaN(value) || time === last || time <= came || time > went) continue;
    last = time;
    if (time > from && time <= end) {
      found = true;
      if (sketched) addToDistribution(distribution, value, plan.bounds);
      else addToSummary(distribution, value);
      const away = value - rest.mean;
      rest.mean += away / distribution.sketch.count;
      rest.squares += away * (value - rest.mean);
      if (time > rest.time || (time === rest.time && value > rest.value)) Object.assign(rest, { time, value });
      if (!Number.isNaN(before)) addTo(rest.increase, counterIncrease(before, value));
    }
    if (time > compared) before = value;
  }
  if (found) rest.series++;
  return found;
}

function* inOrder(pieces: Samples['pieces']): Generator<readonly [number, number]> {
  if (pieces.length === 1) {
    const [[times, values]] = pieces as [readonly [Float64Array, Float64Array]];
    for (let i = 0; i < times.length; i++) yield [times[i]!, values[i]!];
    return;
  }
  const all = pieces.flatMap(([times, values]) => [...times].map((time, i) => [time, values[i]!] as const));
  yield* all.sort(([a], [b]) => a - b);
}

/** Matchers that only series of these groups meet, as far as few values tell them apart. */
function narrowing({ groups }: RawWindow): Matcher[] {
  const values = new Map<string, Set<string>>();
  for (const { labels } of groups) {
    for (const [name, value] of JSON.parse(groupLabels(labels)) as [string, string][]) {
      const its = values.get(name) ?? new Set();
      values.set(name, its.add(value));
    }
  }
  const matchers: Matcher[] = [];
  for (const [name, its] of values) {
    // One that some group lacks tells nothing of those.
    const all = groups.every(({ labels }) => JSON.parse(groupLabels(labels)).some(([own]: [string]) => own === name));
    if (!all || its.size > MOST_VALUES) continue;
    const value = [...its].map((text) => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('|');
    matchers.push({ name, operator: '=~', value });
  }
  return matchers;
}
