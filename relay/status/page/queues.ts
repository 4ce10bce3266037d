import type { ClassState, LaneState, RelayStatus } from '../contract.ts';
import { element } from './element.ts';
import { bytes, count } from './format.ts';
import { table } from './table.ts';

const PRESSURE = ['', 'slower', 'stopped'];

/** What came, went, waits and was given up, by class; what waits by lane. */
export function queues({ classes }: RelayStatus): HTMLElement {
  const heads = [
    'class',
    'in',
    'out',
    'waits',
    'live lane',
    'backfill lane',
    'repeated',
    'dropped, and why',
    'asked of hosts',
  ];
  return table('Queues', heads, classes.map(row), new Set([1, 2, 3, 4, 5, 6]));
}

function row(one: ClassState): (string | Node)[] {
  const reasons = Object.entries(one.dropped).filter(([, { frames, items }]) => frames > 0 || items > 0);
  // Parts of frames that went on.
  const amount = (frames: number, items: number) => (frames > 0 ? count(frames) : `${count(items)} items`);
  const dropped = reasons.map(([reason, { frames, items }]) => `${amount(frames, items)} ${reason}`).join(', ');
  return [
    one.class,
    count(one.in.frames),
    count(one.out.frames),
    count(one.queued.frames),
    lane(one.live),
    lane(one.backfill),
    count(one.repeated.frames),
    dropped === '' ? '0' : element('span', { class: 'off' }, dropped),
    one.pressure === 0 ? '' : element('span', { class: 'off' }, PRESSURE[one.pressure]!),
  ];
}

/** `1.2 MiB unread, 768 KiB with the core`. */
function lane({ unreadBytes, blockBytes, withCore, again }: LaneState): string {
  const parts: string[] = [];
  if (unreadBytes > 0) parts.push(`${bytes(unreadBytes)} unread`);
  if (blockBytes > 0) parts.push(`${bytes(blockBytes)} in ${count(withCore)} blocks at the core`);
  if (again > 0) parts.push(`${count(again)} blocks again`);
  return parts.join(', ') || '0';
}
