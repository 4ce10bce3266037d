import { addTo } from '../../../lib/compensated.ts';
import { type Distribution, startDistribution } from '../../../lib/distribution.ts';
import { heapShare } from '../../../lib/heap-share.ts';
import { copiedText } from '../../../lib/ingest/copied-text.ts';
import { prometheusLabel, prometheusName } from '../../../lib/ingest/prometheus-name.ts';
import {
  readStatsdLine,
  type StatsdLine,
  type StatsdRefusal,
  type StatsdType,
  statsdNumber,
} from '../../../lib/ingest/statsd/line.ts';
import { addWeighted } from '../../../lib/sketch.ts';
import type { PushedSketch } from '../../core/pushed/sketches.ts';
import type { Labels, SampleSink } from '../../core/sources/source.ts';

/** What became of a line. */
export type LineFate =
  | StatsdRefusal
  | 'taken'
  | 'bad_value'
  | 'too_long'
  | 'other_type'
  | 'series_limit'
  | 'set_limit'
  | 'sketch_limit';

/** Characters of a name and its tags, and of a member of a set. */
const MOST_NAME = 2000;
const MOST_MEMBER = 200;
/** Members of all sets, and buckets of all sketches, in an interval. */
const MOST_MEMBERS = heapShare(1000, 100_000);
const MOST_BUCKETS = heapShare(128, 1 << 20);
/** Ways to write series that are remembered for each that there may be: tags in another order, say. */
const WAYS = 2;
/** What is no set has no members: one for all of them. */
const NONE = new Set<string>();

interface Aggregate {
  readonly name: string;
  readonly labels: Labels;
  readonly type: StatsdType;
  /** Of a counter its sum, of a gauge its value; of timers how many there were, scaled by the rate. Since it is known. */
  value: number;
  sum: number;
  /** Of the interval at hand. */
  distribution: Distribution | null;
  /** Of a set, in the interval at hand. */
  readonly members: Set<string>;
  /** What scaling by a rate left of a whole value. */
  carry: number;
  /** Monotonic ms. */
  touched: number;
}

export interface AggregateOptions {
  readonly mono: () => number;
  readonly seriesLimit: number;
  /** Of names and tags of all series. */
  readonly characterLimit: number;
  /** Different values of a set that are told apart in an interval. */
  readonly setLimit: number;
  /** ms without a line after which a series ends. */
  readonly forgetAfter: number;
}

/**
 * What lines of StatsD come to, series by series. Counters and the counts and sums of timers go on growing, as Prometheus' do; a set is how many
 * different values the interval had; of timers and histograms there is a sketch of the interval.
 */
export class Aggregates {
  readonly #options: AggregateOptions;
  readonly #byKey = new Map<string, Aggregate>();
  /** By name and tags as they are written. */
  #written = new Map<string, Aggregate>();
  readonly #fates = new Map<LineFate, number>();
  #characters = 0;
  #writtenCharacters = 0;
  #members = 0;
  #buckets = 0;

  constructor(options: AggregateOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#byKey.size;
  }

  count(fate: LineFate): void {
    this.#fates.set(fate, (this.#fates.get(fate) ?? 0) + 1);
  }

  /** A line without its end. */
  line(text: string): void {
    const line = readStatsdLine(text);
    this.count(typeof line === 'string' ? line : this.#take(line));
  }

  /** The row of an interval's end. Sets begin anew. */
  row(sink: SampleSink): void {
    const { mono, forgetAfter } = this.#options;
    const before = mono() - forgetAfter;
    for (const [key, one] of this.#byKey) {
      if (one.touched < before) {
        this.#members -= one.members.size;
        this.#characters -= key.length;
        this.#byKey.delete(key);
        this.#forgetWritten();
        continue;
      }
      const { name, labels, type } = one;
      if (type === 'counter' || type === 'gauge') sink.add(name, labels, one.value);
      else if (type === 'set') {
        sink.add(name, labels, one.members.size);
        this.#members -= one.members.size;
        one.members.clear();
      } else {
        sink.add(`${name}_count`, labels, one.value);
        sink.add(`${name}_sum`, labels, one.sum);
      }
    }
    for (const [fate, lines] of this.#fates) sink.add('heliograph_statsd_lines_total', ['fate', fate], lines);
    sink.add('heliograph_statsd_series', [], this.#byKey.size);
  }

  /** The sketches of the interval, which begin anew. */
  sketches(): PushedSketch[] {
    const sketches: PushedSketch[] = [];
    for (const one of this.#byKey.values()) {
      if (one.distribution === null) continue;
      sketches.push({ name: one.name, labels: one.labels, distribution: one.distribution });
      one.distribution = null;
    }
    this.#buckets = 0;
    return sketches;
  }

  #take(line: StatsdLine): LineFate {
    const { type, values, rate } = line;
    if (line.name.length + line.tags.reduce((sum, tag) => sum + tag.length, 0) > MOST_NAME) return 'too_long';
    const numbers: number[] = [];
    if (type !== 'set') {
      for (const text of values) {
        const value = statsdNumber(text);
        // A counter of Prometheus' kind does not go down.
        if (value === null || (type === 'counter' && value < 0)) return 'bad_value';
        numbers.push(value);
      }
    }
    const one = this.#find(line);
    if (typeof one === 'string') return one;
    one.touched = this.#options.mono();
    if (type === 'set') return this.#member(one, values[0]!);
    for (const [i, value] of numbers.entries()) {
      if (type === 'counter') one.value += value / rate;
      else if (type === 'gauge') one.value = /^[+-]/.test(values[i]!) ? one.value + value : value;
      else if (this.#buckets >= MOST_BUCKETS) return 'sketch_limit';
      else this.#buckets += observe(one, type === 'timer' ? value / 1000 : value, rate);
    }
    return 'taken';
  }

  #member({ members }: Aggregate, value: string): LineFate {
    if (value.length > MOST_MEMBER) return 'too_long';
    if (members.has(value)) return 'taken';
    if (members.size >= this.#options.setLimit || this.#members >= MOST_MEMBERS) return 'set_limit';
    // A part of a line would keep the packet.
    members.add(copiedText(value));
    this.#members++;
    return 'taken';
  }

  #find({ name, type, tags }: StatsdLine): Aggregate | LineFate {
    const written = [type, name, ...tags].join('|');
    const known = this.#written.get(written);
    if (known) return known;
    const series = seriesName(name, type);
    const labels = labelsOf(tags);
    // A timer and a histogram of one name are two series, a histogram and a distribution one.
    const key = [isDistribution(type) ? 'distribution' : 'value', series, ...labels].join('\u0000');
    let one = this.#byKey.get(key);
    // A gauge and a set of one name: what is sent can be only one of them.
    if (one && one.type !== type && !isDistribution(type)) return 'other_type';
    if (!one) {
      const { seriesLimit, characterLimit } = this.#options;
      if (this.#byKey.size >= seriesLimit || this.#characters + key.length > characterLimit) return 'series_limit';
      one = {
        ...{ name: copiedText(series), labels: labels.map(copiedText), type, value: 0, sum: 0, distribution: null },
        ...{ members: type === 'set' ? new Set<string>() : NONE, carry: 0, touched: 0 },
      };
      this.#byKey.set(key, one);
      this.#characters += key.length;
    }
    const { seriesLimit, characterLimit } = this.#options;
    if (this.#written.size >= WAYS * seriesLimit || this.#writtenCharacters > characterLimit) this.#forgetWritten();
    this.#written.set(written, one);
    this.#writtenCharacters += written.length;
    return one;
  }

  #forgetWritten(): void {
    this.#written = new Map();
    this.#writtenCharacters = 0;
  }
}

function isDistribution(type: StatsdType): boolean {
  return type === 'timer' || type === 'histogram';
}

/** @returns by how many buckets its sketch grew */
function observe(one: Aggregate, value: number, rate: number): number {
  // Of 1 / 0.3 values there are three, and a fourth now and then.
  const exact = 1 / rate + one.carry;
  const count = Math.min(Math.round(exact), 1e9);
  one.carry = exact - count;
  if (count < 1) return 0;
  one.distribution ??= startDistribution(0);
  const { sketch } = one.distribution;
  const before = sketch.above.counts.length + sketch.below.counts.length;
  addWeighted(sketch, value, count);
  addTo(one.distribution.sum, value * count);
  one.value += count;
  one.sum += value * count;
  return sketch.above.counts.length + sketch.below.counts.length - before;
}

/** As Prometheus names such series: counters end in _total, timers are in seconds and say so. */
function seriesName(written: string, type: StatsdType): string {
  const name = prometheusName(written);
  const suffix = type === 'counter' ? '_total' : type === 'timer' ? '_seconds' : '';
  return name.endsWith(suffix) ? name : `${name}${suffix}`;
}

/** Sorted; of two tags of one name the last; a tag without a value is "true", and one with an empty one is none. */
function labelsOf(tags: readonly string[]): Labels {
  const labels = new Map<string, string>();
  for (const tag of tags) {
    const colon = tag.indexOf(':');
    const name = prometheusLabel(colon < 0 ? tag : tag.slice(0, colon));
    if (name !== '') labels.set(name, colon < 0 ? 'true' : tag.slice(colon + 1));
  }
  return [...labels]
    .filter(([, value]) => value !== '')
    .sort((a, b) => (a[0] < b[0] ? -1 : 1))
    .flat();
}
