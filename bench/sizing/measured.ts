import { newestOf } from '../page/newest.ts';
import type { Section } from '../page/read-section.ts';
import { threeDigits } from '../page/three-digits.ts';
import { SOURCES, type Source } from './sources.ts';

export type FigureName = keyof typeof SOURCES;

/** One measured figure, with the command that measures it again. */
export interface Measured {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  readonly command: string;
  /** Taken while other programs used the machine too: the true figure is better. */
  readonly loaded: boolean;
  /** Of a run that is not on the page of benchmarks. */
  readonly earlier: boolean;
  /** What else is to be known of it. */
  readonly note: string;
}

export type Figures = Readonly<Record<FigureName, Measured>>;

/** What the plan is computed from, as the sections of the page of benchmarks say it. */
export function measuredIn(sections: readonly Section[]): Figures {
  const all = Object.entries<Source>(SOURCES).map(([name, source]) => [name, measured(source, sections)]);
  return Object.fromEntries(all) as Figures;
}

function measured(source: Source, sections: readonly Section[]): Measured {
  const { what, unit, rows: names, rowUnit, of, value = (only) => only, command, earlier } = source;
  const found = newestOf(
    sections,
    of,
    (row) => names.includes(row.name) && (rowUnit === undefined || row.unit === rowUnit),
  );
  const values = names.map((name) => found?.rows.find((row) => row.name === name)?.value ?? Number.NaN);
  if (found === null || values.some(Number.isNaN)) {
    return { what, value: earlier.value, unit, command, loaded: false, earlier: true, note: earlier.note ?? '' };
  }
  const { section } = found;
  return {
    what,
    value: threeDigits(value(...values)),
    unit,
    command: section.command ?? command,
    loaded: section.loaded,
    earlier: false,
    note: section.day ?? '',
  };
}
