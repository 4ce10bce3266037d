/**
 * The product's own figures, in Prometheus' text format 0.0.4. Small and engine-neutral, because the collector's core
 * counts with it as well; one registry per process.
 */
export type Labels = Readonly<Record<string, string>>;

const NO_LABELS: Labels = {};

/** A family: one name, one help text, values by label set. */
abstract class Family {
  readonly name: string;
  readonly help: string;
  abstract readonly type: 'counter' | 'gauge' | 'histogram';
  constructor(name: string, help: string) {
    this.name = name;
    this.help = help;
  }
  /** Adds the sample lines. */
  abstract lines(out: string[]): void;
}

export class Counter extends Family {
  readonly type = 'counter';
  readonly #values = new Map<string, { sum: number }>();

  inc(labels: Labels = NO_LABELS, by = 1): void {
    this.#of(labelText(labels)).sum += by;
  }

  /** The counter of one label set, for what is counted very often: the labels are put into words once. It shows from its first count on. */
  with(labels: Labels): (by?: number) => void {
    const key = labelText(labels);
    let value: { sum: number } | null = null;
    return (by = 1) => {
      value ??= this.#of(key);
      value.sum += by;
    };
  }

  value(labels: Labels = NO_LABELS): number {
    return this.#values.get(labelText(labels))?.sum ?? 0;
  }

  lines(out: string[]): void {
    for (const [key, { sum }] of this.#values) out.push(`${this.name}${key} ${valueText(sum)}`);
  }

  /** Made when it is not there. */
  #of(key: string): { sum: number } {
    let value = this.#values.get(key);
    if (value === undefined) {
      value = { sum: 0 };
      this.#values.set(key, value);
    }
    return value;
  }
}

export class Gauge extends Family {
  readonly type = 'gauge';
  readonly #values = new Map<string, number>();
  #read: (() => Iterable<readonly [Labels, number]>) | null = null;

  set(labels: Labels, value: number): void {
    this.#values.set(labelText(labels), value);
  }

  /** Values asked for when the page is rendered, instead of set. */
  collect(read: () => Iterable<readonly [Labels, number]>): void {
    this.#read = read;
  }

  lines(out: string[]): void {
    for (const [key, value] of this.#values) out.push(`${this.name}${key} ${valueText(value)}`);
    if (this.#read) {
      for (const [labels, value] of this.#read()) out.push(`${this.name}${labelText(labels)} ${valueText(value)}`);
    }
  }
}

interface Observations {
  readonly labels: Labels;
  readonly counts: Float64Array;
  count: number;
  sum: number;
}

export class Histogram extends Family {
  readonly type = 'histogram';
  readonly #bounds: readonly number[];
  readonly #values = new Map<string, Observations>();

  constructor(name: string, help: string, bounds: readonly number[]) {
    super(name, help);
    this.#bounds = bounds;
  }

  observe(labels: Labels, value: number, times = 1): void {
    const key = labelText(labels);
    let seen = this.#values.get(key);
    if (!seen) {
      seen = { labels, counts: new Float64Array(this.#bounds.length), count: 0, sum: 0 };
      this.#values.set(key, seen);
    }
    for (let i = 0; i < this.#bounds.length; i++) if (value <= this.#bounds[i]!) seen.counts[i]! += times;
    seen.count += times;
    seen.sum += value * times;
  }

  lines(out: string[]): void {
    for (const seen of this.#values.values()) {
      for (let i = 0; i < this.#bounds.length; i++) {
        out.push(
          `${this.name}_bucket${labelText({ ...seen.labels, le: valueText(this.#bounds[i]!) })} ${seen.counts[i]!}`,
        );
      }
      out.push(`${this.name}_bucket${labelText({ ...seen.labels, le: '+Inf' })} ${seen.count}`);
      out.push(`${this.name}_sum${labelText(seen.labels)} ${valueText(seen.sum)}`);
      out.push(`${this.name}_count${labelText(seen.labels)} ${seen.count}`);
    }
  }
}

/** All families of a process. Asking for a name again gives the family that is there. */
export class Registry {
  readonly #families = new Map<string, Family>();

  counter(name: string, help: string): Counter {
    return this.#family(name, Counter, () => new Counter(name, help));
  }

  gauge(name: string, help: string): Gauge {
    return this.#family(name, Gauge, () => new Gauge(name, help));
  }

  /** `bounds`: upper edges, ascending, without +Inf. */
  histogram(name: string, help: string, bounds: readonly number[]): Histogram {
    return this.#family(name, Histogram, () => new Histogram(name, help, bounds));
  }

  render(): string {
    const out: string[] = [];
    for (const family of [...this.#families.values()].sort((a, b) => (a.name < b.name ? -1 : 1))) {
      out.push(`# HELP ${family.name} ${family.help}`, `# TYPE ${family.name} ${family.type}`);
      family.lines(out);
    }
    return `${out.join('\n')}\n`;
  }

  #family<T extends Family>(name: string, kind: abstract new (...args: never[]) => T, make: () => T): T {
    const there = this.#families.get(name);
    if (there instanceof kind) return there;
    if (there) throw new TypeError(`${name} is a ${there.type} already`);
    const made = make();
    this.#families.set(name, made);
    return made;
  }
}

/** Edges for times from a few ms to a minute, in seconds, fine around one and five seconds (the promises). */
export const LATENCY_BOUNDS: readonly number[] = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.25, 1.5, 2, 2.5, 3, 4, 5, 7.5,
  10, 15, 30, 60,
];

function labelText(labels: Labels): string {
  const names = Object.keys(labels);
  if (names.length === 0) return '';
  const pairs = names.map((name) => `${name}="${escapeLabel(labels[name]!)}"`);
  return `{${pairs.join(',')}}`;
}

function escapeLabel(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

function valueText(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  if (value === Number.NEGATIVE_INFINITY) return '-Inf';
  return String(value);
}
