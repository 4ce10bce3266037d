/** How a value becomes samples; the names are those of snmp_exporter's configuration. */
export type MetricKind =
  | 'gauge'
  | 'counter'
  /** A series of value 1 whose label, named as the metric, is the text. */
  | 'DisplayString'
  | 'OctetString'
  | 'PhysAddress48'
  /** A series `NAME_info` of value 1 whose label is the name of the number. */
  | 'EnumAsInfo';

export interface Lookup {
  /** The label, whose value stands at `oid` with the same index. */
  readonly label: string;
  readonly oid: string;
  readonly kind: 'gauge' | 'DisplayString' | 'OctetString';
}

/** One object of a MIB, or one column of a table. */
export interface Metric {
  readonly name: string;
  readonly oid: string;
  readonly kind: MetricKind;
  readonly help: string;
  /** The label of the index, of a column: one number. Without it it is a scalar, at `.0`. */
  readonly index?: string;
  readonly lookups?: readonly Lookup[];
  readonly names?: ReadonlyMap<number, string>;
}

/** A part of what a device has to say: subtrees to walk, and what becomes of what is found there. */
export interface Module {
  readonly name: string;
  readonly walk: readonly string[];
  readonly metrics: readonly Metric[];
  /** Series made of several columns. */
  readonly derive?: (columns: Columns, add: (name: string, labels: readonly string[], value: number) => void) => void;
}

/** What a walk found, for `derive`. */
export interface Columns {
  /** Indexes at which a column has a value. */
  indexes(oid: string): Iterable<string>;
  number(oid: string, index: string): number;
  text(oid: string, index: string): string;
}

/** Columns of one table: [number of the column, name, kind, help]. */
export function table(
  entry: string,
  index: string,
  lookups: readonly Lookup[],
  columns: readonly (readonly [column: number, name: string, kind: MetricKind, help: string])[],
): Metric[] {
  return columns.map(([column, name, kind, help]) => ({
    name,
    oid: `${entry}.${column}`,
    kind,
    help,
    index,
    lookups,
  }));
}
