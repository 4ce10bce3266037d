import type { QueryData, SamplePair } from '../core/ports/metric-store.ts';
import { sparkline } from './terminal/sparkline.ts';
import { table } from './terminal/table.ts';
import { many, printable, timeText } from './terminal/text.ts';

type Labels = Readonly<Record<string, string>>;

/** An instant answer for people: a row a series, a column a label that differs; what all have in common stands once above. */
export function instantTable(data: QueryData): string {
  if (data.resultType === 'scalar' || data.resultType === 'string') return printable(data.result[1]);
  if (data.resultType === 'matrix') return rawTable(data.result);
  const { above, columns } = arrange(data.result.map(({ metric }) => metric));
  if (columns.length === 0 && data.result.length === 1) return number(data.result[0]!.value[1]);
  const rows = data.result.map(({ metric, value }) => [...cells(metric, columns), number(value[1])]);
  return above + table([[...columns.map(heading), 'VALUE'], ...rows], new Set([columns.length]));
}

/** A range answer for people: lowest, highest and last value of each series, and its course as bars. */
export function rangeTable(data: QueryData, range: RangeTimes, width: number): string {
  if (data.resultType !== 'matrix') return instantTable(data);
  const { above, columns } = arrange(data.result.map(({ metric }) => metric));
  const left = columns.reduce(
    (sum, name) => sum + 2 + Math.max(name.length, ...data.result.map(({ metric }) => (metric[name] ?? '').length)),
    0,
  );
  const courseWidth = Math.max(10, Math.min(60, width - left - 36));
  const rows = data.result.map(({ metric, values }) => {
    const numbers = values.map(([, text]) => Number(text)).filter((value) => !Number.isNaN(value));
    const last = values.at(-1)?.[1] ?? '';
    const course = sparkline(onGrid(values, range), courseWidth);
    return [...cells(metric, columns), edge(Math.min, numbers), edge(Math.max, numbers), number(last), course];
  });
  const body = table(
    [[...columns.map(heading), 'MIN', 'MAX', 'LAST', 'COURSE'], ...rows],
    new Set([columns.length, columns.length + 1, columns.length + 2]),
  );
  return above + body;
}

/** First and last instant and the step between, ms. */
export interface RangeTimes {
  readonly start: number;
  readonly end: number;
  readonly step: number;
}

/** `m[5m]` asked for an instant: every sample as it is. */
function rawTable(series: readonly { metric: Labels; values: SamplePair[] }[]): string {
  return series
    .map(({ metric, values }) => {
      const lines = values.map(([time, value]) => `  ${timeText(time * 1000)}  ${value}`);
      return [seriesText(metric), ...lines].join('\n');
    })
    .join('\n');
}

/** `node_load1{host="web-1"}`, as one would type it. */
export function seriesText(metric: Labels): string {
  const labels = Object.entries(metric).filter(([name]) => name !== '__name__');
  const inside = labels.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(', ');
  const name = metric.__name__ ?? '';
  return printable(inside === '' && name !== '' ? name : `${name}{${inside}}`);
}

function arrange(all: readonly Labels[]): { above: string; columns: string[] } {
  const names = [...new Set(all.flatMap((labels) => Object.keys(labels)))];
  const first = all[0] ?? {};
  const common =
    all.length < 2
      ? []
      : names.filter((name) => all.every((labels) => labels[name] !== undefined && labels[name] === first[name]));
  const columns = names
    .filter((name) => !common.includes(name))
    .sort((a, b) => place(a) - place(b) || (a < b ? -1 : 1));
  if (common.length === 0) return { above: '', columns };
  const shared = Object.fromEntries(common.map((name) => [name, first[name]!]));
  return { above: `${many(all.length, 'series', 'series')} of ${seriesText(shared)}\n`, columns };
}

/** The metric's name first, then the host. */
function place(label: string): number {
  return label === '__name__' ? 0 : label === 'host' || label === 'instance' ? 1 : 2;
}

function heading(label: string): string {
  return label === '__name__' ? 'METRIC' : printable(label).toUpperCase();
}

function cells(metric: Labels, columns: readonly string[]): string[] {
  return columns.map((name) => printable(metric[name] ?? ''));
}

/** Six digits are enough to read; --json has them all. */
function number(text: string): string {
  const value = Number(text);
  if (!Number.isFinite(value) || Number.isInteger(value)) return text;
  return String(Number(value.toPrecision(6)));
}

function edge(choose: (...values: number[]) => number, numbers: readonly number[]): string {
  return numbers.length === 0 ? '' : number(String(numbers.reduce((a, b) => choose(a, b))));
}

/** A value an instant, NaN where there is none: a gap is drawn as a gap. */
function onGrid(values: readonly SamplePair[], { start, end, step }: RangeTimes): number[] {
  const grid = new Array<number>(Math.floor((end - start) / step) + 1).fill(Number.NaN);
  for (const [time, text] of values) grid[Math.round((time * 1000 - start) / step)] = Number(text);
  return grid;
}
