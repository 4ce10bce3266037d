import { mixBits } from '../mix-bits.ts';
import { DistinctSketch } from './distinct-sketch.ts';
import { GrowthAlarms, type GrowthRule, type GrowthTold } from './growth-alarms.ts';
import type { HostAges } from './host-ages.ts';
import { labelOf } from './label-of.ts';
import type { CountedKey, Dimension, Growing } from './report.ts';
import { type Hash64, hashText } from './series-hash.ts';
import { TopKeys } from './top-keys.ts';
import { TrackedKey } from './tracked-key.ts';

/** Keys of each kind that are counted one by one, and the precision of their sketches; with all of them full some 40 MB. */
const ROOM: Readonly<Record<Dimension, { readonly keys: number; readonly precision: number }>> = {
  metric: { keys: 1000, precision: 10 },
  label: { keys: 4000, precision: 10 },
  host: { keys: 20_000, precision: 8 },
  team: { keys: 500, precision: 10 },
};
const PRECISION_OF_ALL = 14;
const DAY = 86_400_000;
/** Of a label's key: neither name may hold it. */
const BETWEEN = '\u0000';
/** Of which every host has another value, or all the same. */
const NOT_COUNTED: ReadonlySet<string> = new Set(['__name__', 'instance', 'site']);

/** A series' labels, sorted by name, as `SeriesJudge` has them. */
type Labels = readonly (readonly [string, string])[];

/**
 * Counts series that pass, by metric, by (metric, label) values, by host and by team, in memory that does not depend on how many
 * pass: Space-Saving chooses the keys, HyperLogLog counts under each. It is told of each series now and then (`turn`), not of each sample.
 */
export class CardinalityAnalyser {
  readonly #teamLabels: readonly string[];
  readonly #since: number;
  readonly #tables: Readonly<Record<Dimension, TopKeys<TrackedKey>>>;
  readonly #all: TrackedKey;
  #metricNames = new DistinctSketch(PRECISION_OF_ALL);
  readonly #hosts: HostAges;
  readonly #alarms: GrowthAlarms;
  /** Of the call under way, for entries that it makes. */
  #time: number;
  #day: number;

  /**
   * @param teamLabels the first of these that a series has names its team
   * @param told what begins and ends to grow
   */
  constructor(options: {
    readonly teamLabels: readonly string[];
    readonly growth: GrowthRule;
    readonly hosts: HostAges;
    readonly now: number;
    readonly told: (what: GrowthTold) => void;
  }) {
    const { teamLabels, growth, hosts, now, told } = options;
    this.#teamLabels = teamLabels;
    this.#since = now;
    this.#time = now;
    this.#day = now;
    this.#hosts = hosts;
    this.#all = new TrackedKey(PRECISION_OF_ALL, 0, now);
    const table = ({ keys, precision }: { keys: number; precision: number }) =>
      new TopKeys(keys, (_, inherited) => new TrackedKey(precision, inherited, this.#time));
    this.#tables = {
      metric: table(ROOM.metric),
      label: table(ROOM.label),
      host: table(ROOM.host),
      team: table(ROOM.team),
    };
    this.#alarms = new GrowthAlarms(growth, this.#tables, BETWEEN, told);
  }

  /** A series is there. @param host that sent it @param hash of the labels @param now ms */
  see(host: string, labels: Labels, { high, low }: Hash64, now: number): void {
    this.#time = now;
    const hash = mixBits(high ^ low);
    const settled = this.#hosts.settled(host, now);
    const metric = labelOf(labels, '__name__');
    const team = this.#teamOf(labels);
    this.#all.add(hash, now);
    this.#metricNames.add(hashText(metric));
    const ofHost = this.#tables.host.of(host);
    const ofMetric = this.#tables.metric.of(metric);
    const newOfHost = ofHost.add(hash, now);
    const newOfMetric = ofMetric.add(hash, now);
    if (newOfHost > 0) ofHost.show(metric);
    if (team !== '') {
      const ofTeam = this.#tables.team.of(team);
      if (ofTeam.add(hash, now) > 0) ofTeam.show(metric);
    }
    if (settled && newOfMetric > 0) this.#alarms.metric(metric, ofMetric, newOfMetric, host, team, now);
    if (settled && newOfHost > 0) this.#alarms.host(host, ofHost, newOfHost, host, team, now);
    for (const [label, value] of labels) {
      if (NOT_COUNTED.has(label)) continue;
      const ofLabel = this.#tables.label.of(metric + BETWEEN + label);
      const newOfLabel = ofLabel.add(hashText(value), now);
      if (newOfLabel === 0) continue;
      ofLabel.show(value);
      if (settled) ofLabel.grow(newOfLabel, host, team, now);
    }
  }

  /** Called each second or so. @param now ms */
  tick(now: number): void {
    this.#alarms.tick(now);
  }

  /** A generation ends: series that live are seen again in the next one; those that are not have gone. */
  turn(now: number): void {
    const endsDay = now - this.#day >= DAY;
    if (endsDay) this.#day = now;
    this.#all.turn();
    if (endsDay) {
      this.#all.turnDay();
      this.#metricNames = new DistinctSketch(PRECISION_OF_ALL);
    }
    for (const table of Object.values(this.#tables)) {
      for (const [, entry] of table.entries()) entry.turn();
      if (endsDay) table.delete((entry) => entry.turnDay());
    }
  }

  get since(): number {
    return this.#since;
  }

  /** Different metric names of today. */
  get metricNames(): number {
    return Math.round(this.#metricNames.estimate);
  }

  /** What grows abnormally now. */
  growing(now: number): Growing[] {
    return this.#alarms.growing(now);
  }

  /** All series. @param sketch with it */
  total(now: number, sketch: boolean): CountedKey {
    return counted('', this.#all, now, sketch);
  }

  /** The heaviest keys, by what lives under them. @param sketches with them */
  top(dimension: Dimension, count: number, now: number, sketches: boolean): CountedKey[] {
    const rows: { key: string; entry: TrackedKey; live: DistinctSketch; estimate: number }[] = [];
    for (const [key, entry] of this.#tables[dimension].entries()) {
      const live = entry.live();
      rows.push({ key, entry, live, estimate: live.estimate });
    }
    rows.sort((a, b) => b.estimate - a.estimate || (a.key < b.key ? -1 : 1));
    return rows.slice(0, count).map(({ key, entry }) => counted(labelKey(key), entry, now, sketches));
  }

  /** Bytes of the sketches. */
  get bytes(): number {
    let sum = this.#all.bytes + this.#metricNames.bytes;
    for (const table of Object.values(this.#tables)) for (const [, entry] of table.entries()) sum += entry.bytes;
    return sum;
  }

  #teamOf(labels: Labels): string {
    for (const name of this.#teamLabels) {
      const value = labelOf(labels, name);
      if (value !== '') return `${name}="${value}"`;
    }
    return '';
  }
}

function counted(key: string, entry: TrackedKey, now: number, sketch: boolean): CountedKey {
  const live = entry.live();
  return {
    key,
    count: Math.round(live.estimate),
    newInHour: Math.round(entry.hour.sum(now)),
    newInDay: Math.round(entry.day.sum(now)),
    inherited: Math.round(entry.inherited),
    examples: [...entry.examples],
    ...(sketch ? { sketch: live.toText() } : {}),
  };
}

/** `metric{label}` for people. */
function labelKey(key: string): string {
  const at = key.indexOf(BETWEEN);
  return at < 0 ? key : `${key.slice(0, at)}{${key.slice(at + 1)}}`;
}
