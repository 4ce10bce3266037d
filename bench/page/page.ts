import { placeOf } from './groups.ts';
import { readSection, type Section } from './read-section.ts';
import { SUMMARY_TITLE, summaryOf } from './summary.ts';
import { anchorOf } from './title.ts';

const HEAD = [
  '# Benchmarks',
  '',
  'Written by `npm run bench`; do not edit. First the targets and what came of them, then a section for each run: the newest of its benchmark, and of what sets',
  'it apart (hosts, series, instants, store). `npm run bench -- --page NAME ...` puts new ones here, and `--json FILE` keeps what another day `--from FILE` puts here.',
  'A section names its command, its machine, and (where it says when it was run) the commit and what else the machine had to do: where the load was above the',
  'cores, latencies and times are those of a full machine. Times are CPU time of the process (user and system). A figure that misses its target says so.',
  '',
];
const RUNS_TITLE = 'Runs';

/** The sections of a page that are runs, by title. */
export function sectionsOfPage(page: string): Map<string, string> {
  const parts = page.split(/^(?=## )/m).slice(1);
  const sections = new Map(parts.map((part) => [/^## (.*)$/m.exec(part)![1]!, part]));
  for (const title of [SUMMARY_TITLE, RUNS_TITLE]) sections.delete(title);
  return sections;
}

/** The whole page: what it is, the targets, what is in it, and the sections by title. */
export function pageOf(sections: ReadonlyMap<string, string>): string {
  const read = [...sections].map(([title, text]) => ({ section: readSection(title, text), text }));
  const sorted = read.sort((a, b) => inOrder(a.section, b.section));
  const texts = sorted.map(({ text }) => `${text.trimEnd()}\n`);
  const all = sorted.map(({ section }) => section);
  return [...HEAD, summaryOf(all), `## ${RUNS_TITLE}`, '', ...contents(sorted), '', ...texts].join('\n');
}

function inOrder(a: Section, b: Section): number {
  const [left, right] = [placeOf(a.bench), placeOf(b.bench)];
  const byTitle = a.title < b.title ? -1 : 1;
  return left.at - right.at || byTitle;
}

function contents(sorted: readonly { readonly section: Section; readonly text: string }[]): string[] {
  const lines: string[] = [];
  let last = '';
  for (const { section, text } of sorted) {
    const { group } = placeOf(section.bench);
    if (group !== last) lines.push(`- ${group}`);
    last = group;
    lines.push(`  ${contentsLine(section, text)}`);
  }
  return lines;
}

function contentsLine({ title, day, rows }: Section, text: string): string {
  const judged = rows.filter((row) => row.met !== null);
  const met = judged.filter((row) => row.met);
  const said = [
    ...(day === null ? [] : [day]),
    ...(judged.length > 0 ? [`${met.length} of ${judged.length} targets met`] : []),
    ...(text.includes('**Not good:**') ? ['not good'] : []),
    ...(text.includes('\nDid not run.') ? ['did not run'] : []),
  ];
  return `- [${title}](#${anchorOf(title)})${said.length > 0 ? `: ${said.join(', ')}` : ''}`;
}
