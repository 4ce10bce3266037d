import { readFileSync, writeFileSync } from 'node:fs';
import { writeSizing } from '../sizing/write.ts';
import { type KeptRun, readKept } from './kept.ts';
import { pageOf, sectionsOfPage } from './page.ts';
import { readSection } from './read-section.ts';
import { dayOf, didNotRun, sectionOf } from './section.ts';
import { titleOf } from './title.ts';

const PAGE = new URL('../../docs/benchmarks.md', import.meta.url);

/**
 * Puts runs on docs/benchmarks.md, and writes docs/sizing.md as it follows from that. Of two of one title the newer counts, of one day the later in the
 * list; what is not in it keeps its section: also what failed, unless it has none.
 */
export function writePages(kept: readonly KeptRun[], failed: ReadonlySet<string>): void {
  const all = sectionsOfPage(readFileSync(PAGE, 'utf8'));
  for (const title of putRuns(all, kept)) console.error(`! ${title}: the page has a newer one, which stays`);
  for (const title of failed) if (!all.has(title)) all.set(title, didNotRun(title));
  writeFileSync(PAGE, pageOf(all));
  writeSizing();
}

/**
 * Puts runs among sections, in the place of older ones of the same title.
 * @returns titles of which a newer one stands there: those stay as they are
 */
export function putRuns(sections: Map<string, string>, runs: readonly KeptRun[]): string[] {
  const older: string[] = [];
  for (const run of runs) {
    const title = titleOf(run.name, run.settings);
    const { day } = readSection(title, sections.get(title) ?? '');
    if (day !== null && day > dayOf(run.at)) older.push(title);
    else sections.set(title, sectionOf(run.name, run, run));
  }
  return older;
}

/** Puts what `--json` has written on the pages: all of it, or nothing. @throws Error that names the file that is something else */
export function putKept(files: readonly string[]): void {
  const kept = files.flatMap((file) => {
    try {
      return readKept(readFileSync(file, 'utf8'));
    } catch (error) {
      throw new Error(`${file} is not what --json writes: ${error instanceof Error ? error.message : String(error)}`, {
        cause: error,
      });
    }
  });
  writePages(
    kept.sort((a, b) => a.at - b.at),
    new Set(),
  );
}
