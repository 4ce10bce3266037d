const HEAD = [
  '# Benchmarks',
  '',
  'Written by `npm run bench`; do not edit. Each section is the newest run of its benchmark (`npm run bench -- --page NAME ...` puts new ones here),',
  'and names its machine, and (those that say when they ran) what else that had to do: where the load was above the cores, latencies and times are those of a full machine.',
  'Times are CPU time of the process (user and system). Targets are those of the design; a figure that misses its target says so.',
  '',
];
const MISSED = '**missed**';

/** The sections of a page, by name. */
export function sectionsOfPage(page: string): Map<string, string> {
  const parts = page.split(/^(?=## )/m).slice(1);
  return new Map(parts.map((part) => [/^## (.*)$/m.exec(part)![1]!, part]));
}

/** The whole page: what it is, what is in it, and the sections by name. */
export function pageOf(sections: ReadonlyMap<string, string>): string {
  const sorted = [...sections].sort(([a], [b]) => (a < b ? -1 : 1));
  const contents = sorted.map(([name, text]) => contentsLine(name, text));
  const texts = sorted.map(([, text]) => `${text.trimEnd()}\n`);
  return [...HEAD, ...contents, '', ...texts].join('\n');
}

function contentsLine(name: string, section: string): string {
  const missed = section.split(MISSED).length - 1;
  const met = section.split(/ met \|/).length - 1;
  const all = missed + met;
  const day = /^Run on (\S+):/m.exec(section)?.[1];
  const said = [
    ...(day === undefined ? [] : [day]),
    ...(all > 0 ? [`${met} of ${all} targets met`] : []),
    ...(section.includes('**Not good:**') ? ['not good'] : []),
    ...(section.includes('\nDid not run.') ? ['did not run'] : []),
  ];
  return `- [${name}](#${name})${said.length > 0 ? `: ${said.join(', ')}` : ''}`;
}
