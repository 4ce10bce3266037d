import { basename } from 'node:path';
import type { Count } from '../../lib/journal/contract.ts';
import type { ChainView, JournalView, ReaderView } from '../../lib/journal/inspect.ts';
import { table } from '../terminal/table.ts';
import { bytesText, many, printable, spanText, timeText } from '../terminal/text.ts';
import { type Owner, ownerText } from './owner.ts';

/** A journal for people: a row for each chain and reader. */
export function journalText(view: JournalView, owner: Owner, now: number, withSegments: boolean): string {
  const segments = view.chains.reduce((sum, chain) => sum + chain.segments.length, 0);
  const lines = [`${view.directory}: ${bytesText(view.bytes)} in ${many(segments, 'segment')}, ${ownerText(owner)}`];
  if (owner.state === 'running')
    lines.push('it is at work, so figures are of a moment and may be ahead of one another');
  if (!view.cursors) lines.push('there are no cursors that can be read: readers start again at the oldest record');
  for (const { file, at, bytes } of view.cursorDamage) lines.push(`${file}: ${bytes} bytes damaged at ${at}`);
  if (view.chains.length > 0) lines.push('', chainTable(view.chains, now));
  if (withSegments && segments > 0) lines.push('', segmentTable(view.chains));
  for (const drop of view.drops) {
    const span = `${timeText(drop.firstTime)} to ${timeText(drop.lastTime)}`;
    lines.push(
      `given up in ${drop.chain} (${drop.reason}): ${many(drop.records, 'record')}, ${many(drop.items, 'item')}, ${span}`,
    );
  }
  return lines.join('\n');
}

function chainTable(chains: readonly ChainView[], now: number): string {
  const rows = [
    [
      'CHAIN',
      'SEGMENTS',
      'SIZE',
      'RECORDS',
      'ITEMS',
      'OLDEST',
      'READER',
      'QUEUED',
      'ITEMS',
      'OUT',
      'REPEATED',
      'DROPPED',
    ],
  ];
  for (const chain of chains) {
    const { name, segments, bytes, kept, oldest } = chain;
    const age = Number.isNaN(oldest) ? '-' : spanText(Math.max(0, now - oldest));
    const facts = [
      printable(name),
      String(segments.length),
      bytesText(bytes),
      grouped(kept.records),
      grouped(kept.items),
      age,
    ];
    if (chain.readers.length === 0) rows.push([...facts, '-', '', '', '', '', '']);
    for (const [index, reader] of chain.readers.entries()) {
      rows.push([...(index === 0 ? facts : facts.map(() => '')), ...readerCells(reader)]);
    }
  }
  return table(rows, new Set([1, 2, 3, 4, 5, 7, 8, 9, 10]));
}

function readerCells(reader: ReaderView): string[] {
  const { name, queued, out, repeated, dropped } = reader;
  const reasons = Object.entries(dropped).map(
    ([reason, count]: [string, Count]) => `${grouped(count.records)} ${reason}`,
  );
  return [
    printable(name),
    grouped(queued.records),
    grouped(queued.items),
    grouped(out.records),
    grouped(repeated.records),
    printable(reasons.join(', ') || '0'),
  ];
}

function segmentTable(chains: readonly ChainView[]): string {
  const rows = [['CHAIN', 'SEGMENT', 'SIZE', 'CREATED', 'DONE BY']];
  for (const chain of chains) {
    for (const [index, segment] of chain.segments.entries()) {
      const end = chain.segments[index + 1]?.start ?? chain.end;
      const done = chain.readers.filter((reader) => reader.floor >= end).map(({ name }) => name);
      const created = segment.header === null ? 'header damaged' : timeText(segment.header.created);
      rows.push([
        printable(chain.name),
        basename(segment.path),
        bytesText(segment.bytes),
        created,
        done.join(', ') || '-',
      ]);
    }
  }
  return table(rows, new Set([2]));
}

function grouped(count: number): string {
  return count.toLocaleString('en');
}
