import type { DoorsState } from '../../relay/status/contract.ts';
import { table } from '../terminal/table.ts';
import { many, printable, spanText } from '../terminal/text.ts';
import { countText } from './columns.ts';

/** Who sends by the doors, the one heard last first. */
export function doorsText({ clients, rows }: DoorsState, time: number): string {
  if (clients === 0) return 'doors: nobody sent anything by them since the start';
  const ago = (at: number) => spanText(Math.max(0, time - at));
  const lines = table(
    [
      ['DOOR', 'CLIENT', 'ADDRESS', 'SINCE', 'LAST', 'SAMPLES', 'LINES', 'REFUSED'],
      ...rows.map((row) => [
        row.door,
        printable(row.client),
        row.address ?? '-',
        ago(row.since),
        `${ago(row.last)} ago`,
        countText(row.samples),
        countText(row.lines),
        countText(row.refused),
      ]),
    ],
    new Set([3, 4, 5, 6, 7]),
  );
  const rest = clients - rows.length;
  return rest > 0 ? `${lines}\n(those heard last; ${many(rest, 'client')} more)` : lines;
}
