import { Scanner } from './scanner.ts';
import { type ExposedSample, readLabels, readSeries } from './series.ts';

/**
 * Reads OpenMetrics 1.0 (github.com/prometheus/OpenMetrics, specification/OpenMetrics.md), whole or not at all: up to `# EOF`, behind which nothing may
 * stand. Metadata and exemplars are left out; `_created` comes as a sample like any other.
 * @throws HG_SCRAPE_SYNTAX
 */
export function readOpenMetrics(text: string, take: (sample: ExposedSample) => void): void {
  const scanner = new Scanner(text);
  for (;;) {
    if (scanner.done) scanner.fail('"# EOF" is missing');
    if (!scanner.is('#')) {
      take(readLine(scanner));
      continue;
    }
    const comment = scanner.skipLine();
    if (comment === '# EOF') {
      if (!scanner.done) scanner.fail('something stands behind "# EOF"');
      return;
    }
    if (!/^# (HELP|TYPE|UNIT) [^ ]/.test(comment)) {
      scanner.line--;
      scanner.fail('a comment that is none of HELP, TYPE, UNIT and EOF');
    }
  }
}

function readLine(scanner: Scanner): ExposedSample {
  const { name, labels } = readSeries(scanner, true);
  space(scanner);
  const value = scanner.number('the value');
  let time: number | null = null;
  if (scanner.is(' ') && scanner.text[scanner.at + 1] !== '#') {
    space(scanner);
    const seconds = scanner.number('the time');
    if (!Number.isFinite(seconds)) scanner.fail('the time is no time');
    time = Math.round(seconds * 1000);
  }
  if (scanner.is(' ')) skipExemplar(scanner);
  scanner.end();
  return { name, labels, value, time };
}

/** ` # {labels} value [time]` */
function skipExemplar(scanner: Scanner): void {
  space(scanner);
  if (!scanner.is('#')) scanner.fail('there is more than a sample');
  scanner.at++;
  space(scanner);
  if (!scanner.is('{')) scanner.fail('the labels of an exemplar are missing');
  scanner.at++;
  readLabels(scanner, true, false);
  space(scanner);
  scanner.number('the value of an exemplar');
  if (!scanner.is(' ')) return;
  space(scanner);
  scanner.number('the time of an exemplar');
}

function space(scanner: Scanner): void {
  if (!scanner.is(' ')) scanner.fail('a space is missing');
  scanner.at++;
}
