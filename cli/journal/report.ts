import type { JournalView } from '../../lib/journal/inspect.ts';
import { type ChainReport, type Finding, isDamage } from '../../lib/journal/verify.ts';
import { bytesText, many, printable } from '../terminal/text.ts';
import { type Owner, ownerText } from './owner.ts';

const WORDS: Readonly<Record<Finding['what'], string>> = {
  damaged: 'damaged: the checksum says no',
  missing: 'missing: the file ends early, or is gone',
  header: "damaged: the segment's header",
  torn: 'an unfinished write at the end, of nothing that was acknowledged; no damage',
  changing: 'being written now',
};

/** What a check of a journal found, for people. */
export function reportText(view: JournalView, chains: readonly ChainReport[], owner: Owner): string {
  const bytes = chains.reduce((sum, chain) => sum + chain.bytes, 0);
  const lines = [`${view.directory}: ${bytesText(bytes)}, ${ownerText(owner)}`];
  for (const { file, at, bytes: size } of view.cursorDamage) {
    lines.push(`  ${view.directory}/${file} at ${at}, ${bytesText(size)}: damaged: a cursor record`);
  }
  for (const chain of chains) {
    const damage = chain.findings.filter(isDamage).length;
    const good = `${many(chain.records, 'record')} good in ${many(chain.segments, 'segment')}`;
    lines.push(`  ${printable(chain.chain)}: ${good}${damage > 0 ? `, ${many(damage, 'place')} damaged` : ''}`);
    for (const finding of chain.findings) lines.push(`    ${findingText(finding)}`);
  }
  return lines.join('\n');
}

function findingText(finding: Finding): string {
  const { file, at, bytes, what, records, items, readers } = finding;
  const lost = records > 0 ? `; ${many(records, 'record')} with ${many(items, 'item')} in it` : '';
  const whose = !isDamage(finding)
    ? ''
    : readers.length > 0
      ? `; not delivered yet by ${readers.join(', ')}`
      : '; every reader was past it';
  return `${file} at ${at}, ${bytesText(bytes)}: ${WORDS[what]}${lost}${whose}`;
}

/** True where nothing is lost or altered. */
export function isSound(view: JournalView, chains: readonly ChainReport[]): boolean {
  return view.cursorDamage.length === 0 && chains.every((chain) => !chain.findings.some(isDamage));
}
