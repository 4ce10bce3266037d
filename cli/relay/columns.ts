import type { HostRow, RelayStatus } from '../../relay/status/contract.ts';
import { bytesText, printable, spanText } from '../terminal/text.ts';

/** Where something is not known. */
const UNKNOWN = '-';
const DAY = 86_400_000;

/** A column of hosts, as text. */
export interface HostColumn {
  readonly head: string;
  readonly text: (row: HostRow, status: RelayStatus) => string;
}

/** In the order of their worth: a narrow terminal shows the first ones. */
export const HOST_COLUMNS: readonly HostColumn[] = [
  { head: 'HOST', text: ({ host }) => printable(host) },
  { head: 'IN/S', text: ({ itemsPerSecond }) => rateText(itemsPerSecond) },
  { head: 'THERE', text: ({ waitingThere }) => countText(waitingThere) },
  { head: 'HERE', text: ({ waitingHere }) => countText(waitingHere) },
  { head: 'CLOCK', text: ({ skewMs }) => skewText(skewMs) },
  { head: 'DROPPED', text: (row) => countText((row.droppedThere ?? 0) + row.droppedHere) },
  { head: 'SERIES', text: ({ series }) => countText(series) },
  { head: 'SINCE', text: ({ since }, { time }) => spanText(Math.max(0, time - since)) },
  { head: 'CERT', text: ({ certificateEnds }, { time }) => `${Math.floor((certificateEnds - time) / DAY)} d` },
  { head: 'ADDRESS', text: ({ address }) => address ?? UNKNOWN },
];

export const WORKER_COLUMN: HostColumn = { head: 'WORKER', text: ({ worker }) => String(worker) };

/** Hosts as rows of a table, the heads first. */
export function hostRows(status: RelayStatus): string[][] {
  const columns = status.workers.length > 1 ? [...HOST_COLUMNS, WORKER_COLUMN] : HOST_COLUMNS;
  return [columns.map(({ head }) => head), ...status.rows.map((row) => columns.map(({ text }) => text(row, status)))];
}

/** All but names and addresses stand to the right. */
export function rightOf(heads: readonly string[]): ReadonlySet<number> {
  return new Set(heads.flatMap((head, i) => (head === 'HOST' || head === 'ADDRESS' ? [] : i)));
}

export function countText(value: number | null): string {
  return value === null ? UNKNOWN : value.toLocaleString('en');
}

export function rateText(value: number | null): string {
  if (value === null) return UNKNOWN;
  return value >= 10 || value === 0 ? Math.round(value).toLocaleString('en') : value.toFixed(1);
}

export function skewText(ms: number | null): string {
  return ms === null ? UNKNOWN : `${ms < 0 ? '-' : '+'}${spanText(Math.abs(ms))}`;
}

/** Queues by class and lane, as rows of a table, the heads first. */
export function classRows({ classes }: RelayStatus): string[][] {
  return [
    ['CLASS', 'IN', 'OUT', 'QUEUED', 'LIVE', 'BACKFILL', 'REPEATED', 'ASKED OF HOSTS', 'DROPPED'],
    ...classes.map((one) => [
      one.class,
      countText(one.in.frames),
      countText(one.out.frames),
      countText(one.queued.frames),
      bytesText(one.live.unreadBytes + one.live.blockBytes),
      bytesText(one.backfill.unreadBytes + one.backfill.blockBytes),
      countText(one.repeated.frames),
      ['', 'slower', 'stop'][one.pressure] ?? '',
      Object.entries(one.dropped)
        // Parts of frames that went on.
        .map(([reason, { frames, items }]) =>
          frames > 0 ? `${countText(frames)} ${reason}` : `${countText(items)} items ${reason}`,
        )
        .join(', ') || '0',
    ]),
  ];
}

/** A line for each worker, as rows of a table, the heads first. */
export function workerRows({ workers, time }: RelayStatus): string[][] {
  return [
    ['WORKER', 'HOSTS', 'IN/S', 'QUEUED', 'JOURNAL', 'HANDSHAKES', 'CORE'],
    ...workers.map(({ worker, up, why, hosts, rate, queuedFrames, journal, handshakes, upstream }) =>
      up
        ? [
            String(worker),
            countText(hosts),
            rateText(rate.itemsPerSecond),
            countText(queuedFrames),
            bytesText(journal.bytes),
            `${handshakes.waiting} wait`,
            upstream?.open
              ? `${printable(upstream.core ?? '')} for ${spanText(Math.max(0, time - upstream.since))}`
              : `away: ${printable(upstream?.trouble ?? '')}`,
          ]
        : [String(worker), countText(hosts), '', '', '', '', `the worker is away: ${printable(why ?? '')}`],
    ),
  ];
}
