import { HeliographError } from '../lib/errors.ts';
import { type BaseDefinition, readBase } from './base.ts';
import { CborReader } from './cbor-reader.ts';
import { CborWriter } from './cbor-writer.ts';
import { LIMITS, WIRE_VERSION } from './limits.ts';
import { versionOf } from './version.ts';
import { malformed, overLimit, unwritable } from './wire-error.ts';

/** A series of a page: its name, and its label pairs sorted by name; the host's own labels are not among them. */
export interface PageSeries {
  readonly name: string;
  readonly labels: readonly (readonly [string, string])[];
}

export interface PageDefinition {
  readonly kind: 'page';
  readonly series: readonly PageSeries[];
}

export type Definition = PageDefinition | BaseDefinition;

/** Labels that relay and core add, so that no host can choose them. A scraped `instance` becomes `exported_instance` before. */
export const RESERVED_LABELS: ReadonlySet<string> = new Set([
  '__name__',
  'instance',
  'site',
  'host',
  'relay',
  'core',
  'exported_site',
]);

/**
 * In frames of a relay's own this label stands for `instance`, which no page may have: the core gives it back its name. So a roll-up by instance has
 * the label that its inputs have.
 */
export const ROLLED_INSTANCE = 'rolled_instance';

export const KIND_DOUBLE = 0;
/** Kept for mergeable sketches; nothing writes it yet, and a page that has one is refused. */
export const KIND_SKETCH = 1;

/** Order of series in a page: by name, then pair by pair, by UTF-16 units as `<` compares texts. */
export function compareSeries(a: PageSeries, b: PageSeries): number {
  if (a.name !== b.name) return a.name < b.name ? -1 : 1;
  const count = Math.min(a.labels.length, b.labels.length);
  for (let i = 0; i < count; i++) {
    const left = a.labels[i]!;
    const right = b.labels[i]!;
    if (left[0] !== right[0]) return left[0] < right[0] ? -1 : 1;
    if (left[1] !== right[1]) return left[1] < right[1] ? -1 : 1;
  }
  return a.labels.length - b.labels.length;
}

/** Sorts labels by name and series by compareSeries: what `encodePage` wants. A new array. */
export function sortSeries(series: readonly PageSeries[]): PageSeries[] {
  return series
    .map((one) => ({
      name: one.name,
      labels: [...one.labels].sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0)),
    }))
    .sort(compareSeries);
}

/**
 * @param series 1 to 256, sorted (`sortSeries`), no two equal, no reserved label
 * @throws HG_WIRE_LABEL, HG_WIRE_LIMIT, HG_WIRE_VALUE
 */
export function encodePage(series: readonly PageSeries[]): Uint8Array {
  if (series.length < 1) throw unwritable('a page of no series');
  if (series.length > LIMITS.seriesPerPage) throw overLimit('series of a page', series.length, LIMITS.seriesPerPage);
  checkSeries(series);
  const writer = new CborWriter(series.length * 64);
  writer.array(4).uint(WIRE_VERSION).uint(0).null().array(series.length);
  for (const one of series) writeSeries(writer, one);
  if (writer.length > LIMITS.definitionBytes) {
    throw overLimit('bytes of a definition', writer.length, LIMITS.definitionBytes);
  }
  return writer.take();
}

/**
 * A page or a base row, checked: sizes, order, reserved labels. The hash is the caller's to check (`hashOf`).
 * @throws HG_WIRE_*
 */
export function decodeDefinition(bytes: Uint8Array): Definition {
  if (bytes.length > LIMITS.definitionBytes) {
    throw overLimit('bytes of a definition', bytes.length, LIMITS.definitionBytes);
  }
  const reader = new CborReader(bytes);
  const parts = reader.array(8, 'a definition');
  versionOf(reader, 'definition');
  const kind = reader.uint('the kind of definition');
  if (parts !== 4) throw malformed(`a definition of ${parts} parts`);
  const definition = kind === 1 ? readBase(reader) : kind === 0 ? readPage(reader) : null;
  if (definition === null) throw malformed(`a definition of kind ${kind}`);
  reader.end('the definition');
  return definition;
}

function readPage(reader: CborReader): PageDefinition {
  if (!reader.isNull()) {
    const kinds = reader.bytes(LIMITS.seriesPerPage, 'the kinds of columns');
    if (kinds.some((kind) => kind !== KIND_DOUBLE)) throw malformed('a kind of column that is not known');
  }
  const count = reader.array(LIMITS.seriesPerPage, 'the series of a page');
  if (count < 1) throw malformed('a page of no series');
  const series: PageSeries[] = [];
  for (let i = 0; i < count; i++) series.push(readSeries(reader));
  checkSeries(series);
  return { kind: 'page', series };
}

/** One series, its labels not yet checked. @throws HG_WIRE_* */
export function readSeries(reader: CborReader): PageSeries {
  const texts = reader.array(1 + LIMITS.labelsPerSeries * 2, 'a series');
  if (texts % 2 === 0) throw malformed('a series with a label without a value');
  const name = reader.text(LIMITS.labelBytes, 'a metric name');
  const labels: (readonly [string, string])[] = [];
  for (let t = 1; t < texts; t += 2) {
    const label = reader.text(LIMITS.labelBytes, 'a label name');
    labels.push([label, reader.text(LIMITS.labelBytes, 'a label value')]);
  }
  return { name, labels };
}

/** @throws HG_WIRE_LIMIT */
export function writeSeries(writer: CborWriter, { name, labels }: PageSeries): void {
  writer.array(1 + labels.length * 2).text(name, LIMITS.labelBytes);
  for (const [label, value] of labels) writer.text(label, LIMITS.labelBytes).text(value, LIMITS.labelBytes);
}

/**
 * What holds of the series of a page: sorted, each once, no reserved label.
 * @throws HG_WIRE_LABEL, HG_WIRE_LIMIT
 */
export function checkSeries(series: readonly PageSeries[]): void {
  for (let i = 0; i < series.length; i++) {
    const one = series[i]!;
    if (one.name === '') throw refused('a series without a name', one);
    if (one.labels.length > LIMITS.labelsPerSeries) {
      throw overLimit('labels of a series', one.labels.length, LIMITS.labelsPerSeries);
    }
    for (let l = 0; l < one.labels.length; l++) {
      const name = one.labels[l]![0];
      if (RESERVED_LABELS.has(name)) throw refused(`the label ${name} is for relay and core to add`, one);
      if (name === '' || (l > 0 && one.labels[l - 1]![0] >= name)) {
        throw refused('labels must have names, sorted, each once', one);
      }
    }
    if (i > 0 && compareSeries(series[i - 1]!, one) >= 0) throw refused('series must be sorted, each once', one);
  }
}

function refused(detail: string, series: PageSeries): HeliographError {
  return new HeliographError('HG_WIRE_LABEL', `${detail}: ${series.name.slice(0, 200)}`, { series: series.name });
}
