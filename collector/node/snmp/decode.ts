import type { Counters } from './counters.ts';
import type { Sample } from './device.ts';
import { IF_DISCONTINUITY } from './modules/if-mib.ts';
import type { Columns, Lookup, Metric, Module } from './modules/module.ts';
import { SYS_UP_TIME } from './modules/system.ts';
import { isNothing, KIND, numberOf, textOf, type Varbind } from './values.ts';

type Values = ReadonlyMap<string, Varbind>;

/** Labels of one row of a table, and what its counters are known by. */
interface Row {
  readonly labels: readonly string[];
  readonly key: string;
}

/** Turns what was found of some modules into samples. */
export class Decoder {
  readonly #metrics: ReadonlyMap<string, Metric>;
  readonly #modules: readonly Module[];
  /** Values of a kind that their place cannot have. */
  unexpected = 0;

  constructor(modules: readonly Module[]) {
    this.#modules = modules;
    this.#metrics = new Map(
      [SYS_UP_TIME, ...modules.flatMap(({ metrics }) => metrics)].map((metric) => [metric.oid, metric]),
    );
  }

  samples(values: Values, counters: Counters): Sample[] {
    const samples: Sample[] = [];
    const rows = new Map<readonly Lookup[], Map<string, Row>>();
    for (const varbind of values.values()) {
      if (isNothing(varbind)) continue;
      const at = this.#place(varbind.oid);
      if (at === null) continue;
      const { metric, index } = at;
      const row = metric.index === undefined ? NO_ROW : rowOf(rows, metric, index, values);
      const sample = this.#sample(metric, varbind, row, counters);
      if (sample === null) this.unexpected++;
      else samples.push(sample);
    }
    for (const { derive } of this.#modules) {
      derive?.(columnsOf(values), (name, labels, value) => samples.push({ name, labels, value }));
    }
    return samples;
  }

  /** The metric that an OID is of: an index is one number, and a scalar's is 0. */
  #place(oid: string): { metric: Metric; index: string } | null {
    const cut = oid.lastIndexOf('.');
    const metric = this.#metrics.get(oid.slice(0, cut));
    if (metric === undefined) return null;
    const index = oid.slice(cut + 1);
    return metric.index !== undefined || index === '0' ? { metric, index } : null;
  }

  #sample(metric: Metric, varbind: Varbind, { labels, key }: Row, counters: Counters): Sample | null {
    const { name, kind } = metric;
    if (kind === 'gauge' || kind === 'counter' || kind === 'EnumAsInfo') {
      const value = numberOf(varbind);
      if (Number.isNaN(value)) return null;
      if (kind === 'EnumAsInfo') {
        const text = metric.names?.get(value) ?? String(value);
        return { name: `${name}_info`, labels: [...labels, name, text], value: 1 };
      }
      const narrow = kind === 'counter' && varbind.type === KIND.counter32;
      return { name, labels, value: narrow ? counters.continued(`${name}\u0000${key}`, value) : value };
    }
    const own = labels.some((label, i) => i % 2 === 0 && label === name);
    return { name, labels: own ? labels : [...labels, name, textOf(varbind, kind)], value: 1 };
  }
}

const NO_ROW: Row = { labels: [], key: '' };

function rowOf(
  rows: Map<readonly Lookup[], Map<string, Row>>,
  { index: label, lookups = [] }: Metric,
  index: string,
  values: Values,
): Row {
  let known = rows.get(lookups);
  if (known === undefined) {
    known = new Map();
    rows.set(lookups, known);
  }
  let row = known.get(index);
  if (row === undefined) {
    const labels = [label!, index];
    for (const lookup of lookups) {
      const varbind = values.get(`${lookup.oid}.${index}`);
      labels.push(lookup.label, varbind === undefined || isNothing(varbind) ? '' : textOf(varbind, lookup.kind));
    }
    // Where the device says itself that counters are not continuous, they are new ones.
    const since = values.get(`${IF_DISCONTINUITY}.${index}`)?.value ?? '';
    row = { labels, key: `${labels.join('\u0000')}\u0000${label === 'ifIndex' ? String(since) : ''}` };
    known.set(index, row);
  }
  return row;
}

function columnsOf(values: Values): Columns {
  const at = (oid: string, index: string): Varbind | undefined => values.get(`${oid}.${index}`);
  return {
    *indexes(oid) {
      const prefix = `${oid}.`;
      for (const key of values.keys()) if (key.startsWith(prefix)) yield key.slice(prefix.length);
    },
    number(oid, index) {
      const varbind = at(oid, index);
      return varbind === undefined ? Number.NaN : numberOf(varbind);
    },
    text(oid, index) {
      const varbind = at(oid, index);
      return varbind === undefined ? '' : textOf(varbind, 'DisplayString');
    },
  };
}
