import type { RelayStatus, WorkerState } from '../contract.ts';
import { element } from './element.ts';
import { bytes, count, rate, span } from './format.ts';
import { table } from './table.ts';

/** A line for each process of a relay that has several. */
export function workers({ workers: all, time }: RelayStatus): HTMLElement {
  const heads = ['worker', 'state', 'hosts', 'in/s', 'waits', 'journal', 'handshakes', 'core'];
  return table(
    'Workers',
    heads,
    all.map((worker) => row(worker, time)),
    new Set([2, 3, 4, 5, 6]),
  );
}

function row({ worker, up, why, upstream, ...of }: WorkerState, now: number): (string | Node)[] {
  const off = (text: string) => element('span', { class: 'off' }, text);
  if (!up) return [String(worker), off(`away: ${why ?? ''}`), count(of.hosts), '', '', '', '', ''];
  const since = upstream ? span(now - upstream.since) : '';
  return [
    String(worker),
    'up',
    count(of.hosts),
    rate(of.rate.itemsPerSecond),
    `${count(of.queuedFrames)} frames`,
    `${bytes(of.journal.bytes)} of ${bytes(of.journal.maxBytes)}`,
    count(of.handshakes.waiting),
    upstream?.open ? `${upstream.core} for ${since}` : off(`away for ${since}: ${upstream?.trouble ?? ''}`),
  ];
}
