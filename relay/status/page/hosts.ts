import type { HostRow, RelayStatus, Sort } from '../contract.ts';
import { element } from './element.ts';
import { count, daysLeft, rate, skew, span, UNKNOWN } from './format.ts';
import { type Cell, table } from './table.ts';

interface Column {
  readonly head: string;
  /** What a click on the head sorts by; columns of one sort are added up for it. */
  readonly sort: Sort | null;
  readonly text: (row: HostRow, status: RelayStatus) => Cell;
  /** It stands to the left. */
  readonly left?: boolean;
}

const COLUMNS: readonly Column[] = [
  { head: 'host', sort: 'host', left: true, text: (row) => row.host },
  { head: 'address', sort: null, left: true, text: (row) => row.address ?? UNKNOWN },
  { head: 'connected', sort: 'since', text: (row, { time }) => span(time - row.since) },
  { head: 'in/s', sort: 'rate', text: (row) => rate(row.itemsPerSecond) },
  { head: 'frames/s', sort: null, text: (row) => rate(row.framesPerSecond) },
  { head: 'waits there', sort: 'backlog', text: (row) => count(row.waitingThere) },
  { head: 'waits here', sort: 'backlog', text: (row) => count(row.waitingHere) },
  {
    head: 'clock',
    sort: 'skew',
    text: (row, { limits }) => marked(skew(row.skewMs), Math.abs(row.skewMs ?? 0) > limits.skewMs),
  },
  { head: 'series', sort: 'series', text: (row) => count(row.series) },
  { head: 'dropped there', sort: 'drops', text: (row) => marked(count(row.droppedThere), (row.droppedThere ?? 0) > 0) },
  { head: 'dropped here', sort: 'drops', text: (row) => marked(count(row.droppedHere), row.droppedHere > 0) },
  {
    head: 'certificate, days',
    sort: 'certificate',
    text: ({ certificateEnds: ends }, { time, limits }) =>
      marked(daysLeft(ends, time), ends - time < limits.certificateMs),
  },
];
const WORKER: Column = { head: 'worker', sort: null, text: (row) => String(row.worker) };

/** The hosts of this page; a click on a column's head asks for another order. */
export function hosts(status: RelayStatus, onSort: (sort: Sort) => void): HTMLElement {
  const columns = status.workers.length > 1 ? [...COLUMNS, WORKER] : COLUMNS;
  const heads = columns.map(({ head, sort }): Cell => {
    if (sort === null) return head;
    const button = element('button', { type: 'button', 'data-sort': sort }, head);
    if (sort === status.page.sort)
      button.dataset.order = sort === 'host' || sort === 'certificate' ? 'ascending' : 'descending';
    button.addEventListener('click', () => onSort(sort));
    return button;
  });
  const rows = status.rows.map((row) => columns.map(({ text }) => text(row, status)));
  const numbers = new Set(columns.flatMap(({ left }, i) => (left ? [] : i)));
  return table('Hosts', heads, rows, numbers);
}

function marked(text: string, off: boolean): Cell {
  return off ? element('span', { class: 'off' }, text) : text;
}
