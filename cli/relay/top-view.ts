import type { RelayStatus } from '../../relay/status/contract.ts';
import { table } from '../terminal/table.ts';
import { hostRows, rightOf } from './columns.ts';
import { summary } from './summary.ts';

/** Where it is drawn. */
export interface Screen {
  readonly tty: boolean;
  readonly columns: () => number;
  /** Lines of the terminal; elsewhere there is no end. */
  readonly lines: () => number;
  readonly write: (text: string) => void;
}

/** Lines that are taken by anything but hosts at most: the summary gives way first. */
const LEAST_HOSTS = 3;

/** Draws a relay's status again and again: in place on a terminal, one under the other in a pipe. */
export class TopView {
  readonly #screen: Screen;

  constructor(screen: Screen) {
    this.#screen = screen;
  }

  /** Takes the terminal over; what stood there comes back with `close`. */
  open(): void {
    if (this.#screen.tty) this.#screen.write('\x1b[?1049h\x1b[?25l');
  }

  close(): void {
    if (this.#screen.tty) this.#screen.write('\x1b[?25h\x1b[?1049l');
  }

  /** Rows of hosts that are of use. */
  rows(most: number): number {
    return this.#screen.tty ? Math.max(LEAST_HOSTS, Math.min(most, this.#screen.lines())) : most;
  }

  /** @param words below the summary: the keys, or why there is no newer status */
  draw(status: RelayStatus, words: string): void {
    const { tty, columns, lines, write } = this.#screen;
    const rows = hostRows(status);
    const figures = summary(status);
    if (!tty) {
      write(`${[...figures, ...tableLines(rows, Number.POSITIVE_INFINITY)].join('\n')}\n\n`);
      return;
    }
    const room = Math.max(1, lines());
    const shownHead = [...figures, words].slice(0, Math.max(1, room - 1 - LEAST_HOSTS));
    const hosts = tableLines(rows, columns()).slice(0, Math.max(0, room - shownHead.length));
    const text = [...shownHead, ...hosts].map((line) => `${cut(line, columns())}\x1b[0m\x1b[K`).join('\n');
    write(`\x1b[H${text}\x1b[J`);
  }
}

/** As many of the first columns as there is room for, one at least. */
function tableLines(rows: readonly (readonly string[])[], width: number): string[] {
  for (let count = rows[0]!.length; ; count--) {
    const some = rows.map((row) => row.slice(0, count));
    const text = table(some, rightOf(some[0]!)).split('\n');
    if (count === 1 || Math.max(...text.map(({ length }) => length)) <= width) return text;
  }
}

/** Colours take no room. */
function cut(line: string, width: number): string {
  let room = width;
  let out = '';
  for (const part of line.split(/(\x1b\[[0-9;]*m)/)) {
    if (part.startsWith('\x1b')) {
      out += part;
      continue;
    }
    out += part.slice(0, room);
    room -= Math.min(room, part.length);
  }
  return out;
}
