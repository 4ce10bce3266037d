import type { StoredLine } from '../core/ports/log-store.ts';
import { coloured, type Style } from './terminal/output.ts';
import { printable, timeText, widthOf } from './terminal/text.ts';

const LEVEL_STYLE: ReadonlyMap<string, Style> = new Map<string, Style>([
  ['fatal', ['bold', 'red']],
  ['error', 'red'],
  ['warning', 'yellow'],
  ['debug', 'dim'],
  ['trace', 'dim'],
]);

/** Lines for people: time, host, service, level, message. Columns grow with what was shown before and then stay. */
export class LogLines {
  #host = 0;
  #service = 0;

  /** Makes the columns wide enough for lines that are shown together. */
  fit(lines: readonly StoredLine[]): void {
    for (const line of lines) {
      this.#host = Math.min(32, Math.max(this.#host, widthOf(printable(line['host.name']))));
      this.#service = Math.min(24, Math.max(this.#service, widthOf(printable(line['service.name']))));
    }
  }

  text(line: StoredLine): string {
    this.fit([line]);
    const host = printable(line['host.name']);
    const service = printable(line['service.name']);
    const level = line['log.level'];
    const mark = printable(level).toUpperCase().padEnd(7);
    const style = LEVEL_STYLE.get(level);
    const head = [
      coloured('dim', timeText(Date.parse(line['@timestamp']))),
      coloured('cyan', host.padEnd(this.#host)),
      service.padEnd(this.#service),
      style === undefined ? mark : coloured(style, mark),
    ].join(' ');
    // A stack trace stays together and can be told from the next line.
    const message = printable(line.message, true).replaceAll('\n', '\n    ');
    return `${head} ${message}${fields(line.fields)}`;
  }
}

function fields(all: StoredLine['fields']): string {
  const pairs = Object.entries(all).map(
    ([name, value]) => `${name}=${/[\s"=]/.test(value) ? JSON.stringify(value) : value}`,
  );
  return pairs.length === 0 ? '' : coloured('dim', ` ${printable(pairs.join(' '))}`);
}
