import { figure } from '../page/figure.ts';
import type { Column } from './column.ts';
import type { Rotation } from './kinds.ts';

const HEADS = [
  'agent',
  'rotation',
  'lines',
  'missing',
  'doubled',
  'torn',
  'CPU s/GB',
  'B a line',
  'rotations',
  'kill -9',
  'written MB/s',
  'load',
] as const;
const WIDTHS = [22, 22, 9, 9, 9, 6, 9, 9, 10, 8, 13, 6];

export interface TableRow {
  readonly agent: string;
  readonly rotation: Rotation;
  readonly column: Column;
}

/** What came of each agent through each kind of rotation, a line each, below a line of heads. */
export function tableOf(rows: readonly TableRow[]): string[] {
  return [lineOf(HEADS), ...rows.map(rowOf)];
}

function rowOf({ agent, rotation, column }: TableRow): string {
  return lineOf([
    agent,
    rotation,
    column.lines,
    column.missing,
    column.doubled,
    column.strange,
    figure(column.cpuSecondsPerGigabyte),
    figure(column.wireBytesPerLine),
    column.rotations,
    column.kills,
    figure(column.writtenMegabytesPerSecond),
    column.load.toFixed(1),
  ]);
}

function lineOf(cells: readonly (string | number)[]): string {
  return cells.map((cell, i) => (i < 2 ? String(cell).padEnd(WIDTHS[i]!) : String(cell).padStart(WIDTHS[i]!))).join('');
}
