import { writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { hexText } from '../../../core/console/page/later/bytes-text.ts';
import type { RefusedOne } from '../../../core/letters/desk.ts';
import { coreOption } from '../../core-client.ts';
import { letterOf } from '../../dead-letters.ts';
import { endQuietlyWithReader, remark, say } from '../../terminal/output.ts';
import { table } from '../../terminal/table.ts';
import { bytesText, many, printable, timeText } from '../../terminal/text.ts';

/** Each refused series: its labels, how many samples are kept, and the store's words. */
function sayRefused(refused: readonly RefusedOne[]): void {
  say('');
  for (const { labels, why, samples } of refused) {
    const { __name__: name = '', ...others } = labels;
    const pairs = Object.entries(others).map(([label, value]) => `${label}=${JSON.stringify(value)}`);
    say(printable(`${name}{${pairs.join(', ')}}`));
    say(printable(`  ${many(samples, 'sample')}: ${why}`));
  }
}

/** `heliograph deadletters show`: why it is one, and its original bytes. */
export function addShow(parent: Command): void {
  parent
    .command('show <id>')
    .description('why it is one, and its original bytes')
    .addOption(coreOption())
    .option('--hex', 'the bytes of a line or of series as hex too')
    .option('--out <file>', 'write the bytes to a file, as they came')
    .option('--json', 'as JSON, the bytes in base64')
    .addHelpText('after', '\nExample:\n  heliograph deadletters show frame-0f3a... --out frame.bin')
    .action(async (id: string, options: { core: string; hex?: boolean; out?: string; json?: boolean }) => {
      endQuietlyWithReader();
      const letter = await letterOf(options.core, id);
      const bytes = letter.data === null ? null : Buffer.from(letter.data, 'base64');
      if (options.out !== undefined && bytes) writeFileSync(options.out, bytes);
      if (options.json) {
        say(JSON.stringify(letter, null, 2));
        return;
      }
      const rows: [string, unknown][] = [
        ['id', letter.id],
        ['why', `${letter.reason}: ${letter.message}`],
        ['host', letter.host],
        ['process', letter.process],
        ['service', letter.service],
        ['class', letter.class],
        ['boot', letter.boot],
        ['sequence', letter.sequence],
        ['place', letter.place],
        ['series', letter.series],
        ['samples', letter.series === null ? null : letter.items],
        ['relay', letter.relay],
        ['site', letter.site],
        ['received', letter.received === null ? null : timeText(letter.received)],
        ['set aside', timeText(letter.time)],
        [
          'replayed',
          letter.tried === null ? null : `${many(letter.tries, 'time')} in vain, last ${timeText(letter.tried)}`,
        ],
      ];
      const shown = rows.filter(([, value]) => value !== null && value !== '');
      say(table(shown.map(([name, value]) => [name, printable(String(value))])));
      if (options.out !== undefined && bytes) remark(`${bytesText(bytes.length)} written to ${options.out}`);
      else if (!bytes) say('\nIts bytes were not kept: limits.deadLetterBytes was full.');
      else if (letter.refused && !options.hex) sayRefused(letter.refused);
      else if (letter.line && !options.hex) say(`\n${printable(JSON.stringify(letter.line, null, 2), true)}`);
      else say(`\n${hexText(bytes)}`);
    });
}
