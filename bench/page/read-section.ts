import { readCommand } from './command.ts';

/** A row of a section, read back. */
export interface Row {
  readonly name: string;
  /** NaN: it says none. */
  readonly value: number;
  readonly unit: string;
  /** As it stands there. */
  readonly figure: string;
  readonly target: number | null;
  /** Null where there is no target. */
  readonly met: boolean | null;
}

/** A section of the page, read back. */
export interface Section {
  readonly title: string;
  readonly bench: string;
  /** What it was told; empty where it does not say. */
  readonly told: ReadonlyMap<string, string>;
  /** Null: from before runs were dated. */
  readonly day: string | null;
  /** Null where it does not say. */
  readonly command: string | null;
  /** More processes wanted a core than there are, when it began. */
  readonly loaded: boolean;
  readonly rows: readonly Row[];
}

export function readSection(title: string, text: string): Section {
  const [, day = null, command = null] = /^Run on (\S+): `([^`]+)`/m.exec(text) ?? [];
  const { bench, told } = command === null ? { bench: title, told: new Map<string, string>() } : readCommand(command);
  const rows = text.split('\n').flatMap((line) => {
    const row = readRow(line);
    return row === null ? [] : [row];
  });
  const [, cores, load] = /Machine: (\d+) x .*; load (\S+) before/.exec(text) ?? [];
  return { title, bench, told, day, command, loaded: Number(load) > Number(cores), rows };
}

function readRow(line: string): Row | null {
  if (!/^\| (?!what \||---)/.test(line)) return null;
  // A bar within a cell has a stroke before it.
  const [, name, figure, target] = line.split(/(?<!\\)\|/).map((cell) => cell.trim());
  const [value, ...unit] = figure!.split(' ');
  const [wanted, verdict] = target!.split(' ');
  return {
    name: name!.replaceAll('\\|', '|'),
    value: Number(value),
    unit: unit.join(' '),
    figure: figure!,
    target: wanted === '' ? null : Number(wanted),
    met: wanted === '' ? null : verdict === 'met',
  };
}
