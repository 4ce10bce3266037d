import { growthText } from '../../lib/limits/growth-text.ts';
import type { CardinalityReport, Dimension } from '../../lib/limits/report.ts';
import { coloured } from '../terminal/output.ts';
import { table } from '../terminal/table.ts';
import { many, printable, timeText } from '../terminal/text.ts';
import { countText } from './columns.ts';

/** The report for a person: its figures, what grows, and the heaviest keys of one dimension. */
export function seriesText(report: CardinalityReport, by: Dimension): string {
  const { series, metrics, since, admitted, folded, blocked, growing } = report;
  const lines = [
    `${many(series.count, 'series', 'series')} of ${many(metrics, 'metric')}, counted since ${timeText(since)}`,
    `new ${countText(series.newInHour)} in an hour, ${countText(series.newInDay)} in a day; admitted ${countText(admitted)}, folded ${countText(folded)}, blocked ${countText(blocked)}`,
    ...growing.map((one) => coloured('red', printable(growthText(one)))),
  ];
  const head = [by.toUpperCase(), by === 'label' ? 'VALUES' : 'SERIES', 'NEW 1H', 'NEW 1D', 'NEWEST'];
  const rows = report.top[by].map(({ key, count, newInHour, newInDay, inherited, examples }) => [
    printable(key),
    countText(count),
    fresh(newInHour, inherited),
    fresh(newInDay, inherited),
    printable(examples.join(', ')),
  ]);
  if (rows.length === 0) return [...lines, '(none)'].join('\n');
  const note = report.top[by].some(({ inherited }) => inherited > 0)
    ? ['(~ it was not among the heaviest all the time: some of it may not be new)']
    : [];
  return [lines.join('\n'), '', table([head, ...rows], new Set([1, 2, 3])), ...note].join('\n');
}

function fresh(count: number, inherited: number): string {
  return inherited > 0 ? `~${countText(count)}` : countText(count);
}
