import type { Scanner } from './scanner.ts';

/** A sample as it stands in an exposition. */
export interface ExposedSample {
  readonly name: string;
  /** As [name, value, name, value ...], in the order in which they stand. */
  readonly labels: readonly string[];
  readonly value: number;
  /** ms since the epoch; null: none is written. */
  readonly time: number | null;
}

const NO_LABELS: readonly string[] = [];

/**
 * The name and labels of a series: `name{label="value", ...}`, or with the name in quotes as the first within braces, where it is none of the old kind.
 * @param strict OpenMetrics: no blanks within braces but after a comma, no comma at the end
 */
export function readSeries(scanner: Scanner, strict: boolean): { name: string; labels: readonly string[] } {
  const name = scanner.is('{') ? '' : scanner.name('the name of a metric', true);
  if (!strict) scanner.blanks();
  if (!scanner.is('{')) return { name, labels: NO_LABELS };
  scanner.at++;
  const found = readLabels(scanner, strict, name === '');
  if (name === '' && found.name === '') scanner.fail('the name of a metric is missing');
  return { name: name === '' ? found.name : name, labels: found.labels };
}

/** Behind the brace, up to the closing one. */
export function readLabels(scanner: Scanner, strict: boolean, mayName: boolean): { name: string; labels: string[] } {
  const labels: string[] = [];
  let name = '';
  for (let comma = true; ; ) {
    scanner.blanks();
    if (scanner.is('}')) {
      if (strict && comma && (labels.length > 0 || name !== '')) scanner.fail('a comma at the end of labels');
      scanner.at++;
      return { name, labels };
    }
    if (!comma) scanner.fail('a comma between labels is missing');
    const isQuoted = scanner.is('"');
    const label = isQuoted ? scanner.quoted('the name of a label') : scanner.name('the name of a label', false);
    scanner.blanks();
    if (scanner.is('=')) {
      scanner.at++;
      scanner.blanks();
      labels.push(label, scanner.quoted('the value of a label'));
    } else if (isQuoted && mayName && name === '' && labels.length === 0) name = label;
    else scanner.fail('"=" behind the name of a label is missing');
    scanner.blanks();
    comma = scanner.is(',');
    if (comma) scanner.at++;
  }
}
