import { readFileSync, writeFileSync } from 'node:fs';
import { sectionsOfPage } from '../page/page.ts';
import { readSection } from '../page/read-section.ts';
import { type Figures, measuredIn } from './measured.ts';
import { sizingPage } from './page.ts';

const BENCHMARKS = new URL('../../docs/benchmarks.md', import.meta.url);
const SIZING = new URL('../../docs/sizing.md', import.meta.url);

/** What docs/benchmarks.md says was measured. */
export function figuresOfPage(): Figures {
  const sections = sectionsOfPage(readFileSync(BENCHMARKS, 'utf8'));
  return measuredIn([...sections].map(([title, text]) => readSection(title, text)));
}

/** Writes docs/sizing.md as docs/benchmarks.md has it. @returns the figures that it was computed from */
export function writeSizing(): Figures {
  const figures = figuresOfPage();
  writeFileSync(SIZING, sizingPage(figures));
  return figures;
}
