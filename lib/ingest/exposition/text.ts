import { Scanner } from './scanner.ts';
import { type ExposedSample, readSeries } from './series.ts';

/**
 * Reads the text format of Prometheus, version 0.0.4 (prometheus.io/docs/instrumenting/exposition_formats), whole or not at all. HELP, TYPE and other
 * comments are left out.
 * @throws HG_SCRAPE_SYNTAX
 */
export function readExpositionText(text: string, take: (sample: ExposedSample) => void): void {
  const scanner = new Scanner(text);
  while (!scanner.done) {
    scanner.blanks();
    if (scanner.is('#')) scanner.skipLine();
    else if (scanner.done || scanner.is('\n')) scanner.end();
    else take(readLine(scanner));
  }
}

function readLine(scanner: Scanner): ExposedSample {
  const { name, labels } = readSeries(scanner, false);
  scanner.blanks();
  const value = scanner.number('the value');
  scanner.blanks();
  let time: number | null = null;
  if (!scanner.done && !scanner.is('\n')) {
    const word = scanner.word('the time');
    time = /^-?\d+$/.test(word) ? Number(word) : scanner.fail('the time is no whole number of milliseconds');
    scanner.blanks();
  }
  scanner.end();
  return { name, labels, value, time };
}
