import { newestOf } from './newest.ts';
import type { Row, Section } from './read-section.ts';
import { TARGETS, type Target } from './targets.ts';
import { anchorOf } from './title.ts';

export const SUMMARY_TITLE = 'Targets';

/** The table of targets, each with what the newest runs say: computed from the sections, so that both say the same. */
export function summaryOf(sections: readonly Section[]): string {
  return [
    `## ${SUMMARY_TITLE}`,
    '',
    'What the system is to reach, and what the runs below say of it. Without a target: told, not judged. What was not run says which command does it.',
    '',
    '| what | target | figure | verdict | from |',
    '| --- | --- | --- | --- | --- |',
    ...TARGETS.flatMap(({ part, targets }) => [
      `| **${part}** | | | | |`,
      ...targets.map((target, i) => lineOf(target, sections, target.command !== targets[i - 1]?.command)),
    ]),
    '',
  ].join('\n');
}

/** @param first the line before names another command */
function lineOf(target: Target, sections: readonly Section[], first: boolean): string {
  const { what, command, figures, of } = target;
  const found = newestOf(sections, of, ({ name }) => figures.test(name));
  if (found === null)
    return `| ${what} | ${wanted(target, [])} | | not run | ${first ? `\`${command}\`` : 'the same'} |`;
  const { section, rows } = found;
  const from = `[${section.bench}](#${anchorOf(section.title)})${section.day === null ? '' : `, ${section.day}`}`;
  return `| ${what} | ${wanted(target, rows)} | ${said(target, rows)} | ${verdict(target, rows)} | ${from} |`;
}

function wanted({ least, most }: Target, rows: readonly Row[]): string {
  if (least !== undefined) return `>= ${least.toLocaleString('en-GB')}`;
  if (most !== undefined) return `<= ${most.toLocaleString('en-GB')}`;
  const own = [...new Set(rows.flatMap((row) => (row.target === null ? [] : [inWords(row)])))];
  return own.join(', ');
}

/** Rates want to be high, everything else low. */
function inWords({ target, unit }: Row): string {
  return `${unit.endsWith('/s') ? '>=' : '<='} ${target!.toLocaleString('en-GB')}`;
}

function said({ figures }: Target, rows: readonly Row[]): string {
  return rows
    .map(({ name, figure }) => {
      const part = figures.exec(name)?.[1];
      return part === undefined ? figure : `${part}: ${figure}`;
    })
    .join('; ');
}

function verdict({ least, most }: Target, rows: readonly Row[]): string {
  const met = rows.map((row) => {
    if (least !== undefined) return row.value >= least;
    return most !== undefined ? row.value <= most : row.met;
  });
  if (met.includes(false)) return '**missed**';
  return met.includes(true) ? 'met' : '';
}
