/**
 * Values of a template, by what Go has there: a double is a `number`, a Go `int` a `bigint`, a `map[string]string` a LabelMap,
 * the answer of a query a list of samples.
 */
export type Value =
  | undefined
  | null
  | string
  | boolean
  | number
  | bigint
  | LabelMap
  | ArgumentMap
  | Sample
  | readonly Sample[]
  | Root
  | GoTime
  | GoDuration;

export class LabelMap {
  readonly entries: ReadonlyMap<string, string>;

  constructor(labels: Readonly<Record<string, string>>) {
    this.entries = new Map(Object.entries(labels));
  }
}

/** What `args` makes: arg0, arg1, ... */
export class ArgumentMap {
  readonly entries: ReadonlyMap<string, Value>;

  constructor(values: readonly Value[]) {
    this.entries = new Map(values.map((value, i) => [`arg${i}`, value]));
  }
}

/** One series of a query's answer. */
export class Sample {
  readonly labels: LabelMap;
  readonly value: number;

  constructor(labels: Readonly<Record<string, string>>, value: number) {
    this.labels = new LabelMap(labels);
    this.value = value;
  }
}

/** What a template begins with: `.Labels`, `.ExternalLabels`, `.ExternalURL`, `.Value`. */
export class Root {
  readonly fields: ReadonlyMap<string, Value>;

  constructor(fields: Readonly<Record<string, Value>>) {
    this.fields = new Map(Object.entries(fields));
  }
}

/** A time, ms since the epoch, in UTC. */
export class GoTime {
  readonly ms: number;

  constructor(ms: number) {
    this.ms = ms;
  }
}

export class GoDuration {
  readonly nanoseconds: bigint;

  constructor(nanoseconds: bigint) {
    this.nanoseconds = nanoseconds;
  }
}

const ROOT_TYPE =
  'struct { Labels map[string]string; ExternalLabels map[string]string; ExternalURL string; Value interface {} }';

/** Go's name of a value's type. */
export function typeOf(value: Value): string {
  if (value === null || value === undefined) return 'interface {}';
  switch (typeof value) {
    case 'string':
      return 'string';
    case 'boolean':
      return 'bool';
    case 'number':
      return 'float64';
    case 'bigint':
      return 'int';
    default:
  }
  if (value instanceof LabelMap) return 'map[string]string';
  if (value instanceof ArgumentMap) return 'map[string]interface {}';
  if (value instanceof Sample) return '*template.sample';
  if (value instanceof GoTime) return '*time.Time';
  if (value instanceof GoDuration) return '*time.Duration';
  return value instanceof Root ? ROOT_TYPE : 'template.queryResult';
}

/** Whether `if` takes it for true: what is not zero, nor empty. */
export function isTrue(value: Value): boolean {
  if (value instanceof LabelMap || value instanceof ArgumentMap) return value.entries.size > 0;
  if (Array.isArray(value)) return value.length > 0;
  if (typeof value === 'number') return value !== 0;
  return Boolean(value);
}
