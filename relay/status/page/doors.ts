import type { DoorsState } from '../contract.ts';
import { element } from './element.ts';
import { count, span, UNKNOWN } from './format.ts';
import { table } from './table.ts';

/** Who sends by the doors, the one heard last first. */
export function doors({ clients, rows }: DoorsState, now: number): HTMLElement {
  if (clients === 0) return element('p', {}, 'Nobody sent anything by them since the start.');
  const part = element(
    'div',
    {},
    table(
      'Doors',
      ['door', 'client', 'address', 'since', 'last heard', 'samples', 'lines', 'refused'],
      rows.map((row) => [
        row.door,
        row.client,
        row.address ?? UNKNOWN,
        span(now - row.since),
        `${span(now - row.last)} ago`,
        count(row.samples),
        count(row.lines),
        row.refused > 0 ? element('span', { class: 'off' }, count(row.refused)) : '0',
      ]),
      new Set([3, 4, 5, 6, 7]),
    ),
  );
  const rest = clients - rows.length;
  if (rest > 0) part.append(element('p', { class: 'quiet' }, `Those heard last; ${count(rest)} more.`));
  return part;
}
