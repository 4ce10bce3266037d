import { wantsHigh } from '../result.ts';
import type { Kind } from './kinds.ts';
import { newestOf } from './newest.ts';
import type { Row, Section } from './read-section.ts';
import type { Target } from './targets/target.ts';
import { TARGETS } from './targets.ts';
import { anchorOf } from './title.ts';

export const SUMMARY_TITLE = 'Targets';

/** The table of targets, each with what the newest runs say: computed from the sections, so that both say the same. */
export function summaryOf(sections: readonly Section[]): string {
  return [
    `## ${SUMMARY_TITLE}`,
    '',
    'What the system is to reach, and what the runs below say of it. Without a target: told, not judged. A smaller run has fewer hosts, or is shorter, than the target',
    'speaks of. What was not run says which command does it.',
    '',
    '| what | target | figure | verdict | from |',
    '| --- | --- | --- | --- | --- |',
    ...TARGETS.flatMap(({ part, full, targets }) => [
      `| **${part}** | | | | |`,
      ...targets.map((target, i) => lineOf(target, sections, full, target.command !== targets[i - 1]?.command)),
    ]),
    '',
  ].join('\n');
}

/** @param first the line before names another command */
function lineOf(target: Target, sections: readonly Section[], full: Kind | undefined, first: boolean): string {
  const { what, command, figures, of } = target;
  const found = newestOf(sections, of, ({ name }) => figures.test(name), full);
  if (found === null)
    return `| ${what} | ${wanted(target, [])} | | not run | ${first ? `\`${command}\`` : 'the same'} |`;
  const { section, rows } = found;
  const from = `[${section.bench}](#${anchorOf(section.title)})${section.day === null ? '' : `, ${section.day}`}`;
  return `| ${what} | ${wanted(target, rows)} | ${said(target, rows)} | ${verdict(target, rows, full?.(section) ?? true)} | ${from} |`;
}

function wanted({ least, most }: Target, rows: readonly Row[]): string {
  if (least !== undefined) return `>= ${least.toLocaleString('en-GB')}`;
  if (most !== undefined) return `<= ${most.toLocaleString('en-GB')}`;
  const own = [...new Set(rows.flatMap((row) => (row.target === null ? [] : [inWords(row)])))];
  return own.join(', ');
}

function inWords({ target, unit }: Row): string {
  return `${wantsHigh(unit) ? '>=' : '<='} ${target!.toLocaleString('en-GB')}`;
}

/** A unit that all have is said once. */
function said({ figures }: Target, rows: readonly Row[]): string {
  const { unit } = rows[0]!;
  const one = rows.every((row) => row.unit === unit);
  const all = rows.map(({ name, figure }) => {
    const part = figures.exec(name)?.[1];
    const text = one ? figure.slice(0, figure.length - unit.length - 1) : figure;
    return part === undefined ? text : `${part}: ${text}`;
  });
  return one ? `${all.join('; ')} ${unit}` : all.join('; ');
}

/** @param full the run is of the size that the target speaks of */
function verdict({ least, most }: Target, rows: readonly Row[], full: boolean): string {
  const limit = least ?? most;
  const met = rows.map((row) => {
    // The figure that stands there is rounded; what the run itself said is of the exact one.
    if (limit === undefined || row.target === limit) return row.met;
    return least !== undefined ? row.value >= limit : row.value <= limit;
  });
  if (met.includes(false)) return '**missed**';
  if (!met.includes(true)) return '';
  return full ? 'met' : 'met, in a smaller run';
}
