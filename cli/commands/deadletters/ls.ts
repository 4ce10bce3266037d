import { type Command, InvalidArgumentError } from 'commander';
import { pageOf } from '../../dead-letters.ts';
import { countOption } from '../../options.ts';
import { endQuietlyWithReader, remark, say } from '../../terminal/output.ts';
import { table } from '../../terminal/table.ts';
import { bytesText, printable, spanText } from '../../terminal/text.ts';
import { type WhichOptions, which } from './which.ts';
import { ABOUT, lettersOf, sayAway } from './words.ts';

/** `heliograph deadletters ls`: the newest first, and how many there are of each sort. */
export function addLs(parent: Command): void {
  which(parent.command('ls'))
    .description('list them, the newest first, and how many there are of each sort')
    .option('--limit <n>', 'at most so many', upToThousand, 50)
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      `${ABOUT}

Example:
  heliograph deadletters ls --kind frame --since 2h
  heliograph deadletters ls --json | jq -r '.letters[].id'`,
    )
    .action(async (options: WhichOptions & { limit: number }) => {
      endQuietlyWithReader();
      const { body, text } = await pageOf(options.core, options, options.limit, null);
      if (options.json) {
        say(text);
        return;
      }
      if (body.letters.length === 0) {
        say('no dead letters');
        sayAway(body.away);
        return;
      }
      const now = Date.now();
      say(
        table([
          ['ID', 'AGE', 'CLASS', 'HOST', 'SERVICE', 'SERIES', 'ITEMS', 'SIZE', 'TRIES', 'REASON', 'CODE', 'PROCESS'],
          ...body.letters.map((letter) => [
            letter.id,
            spanText(now - letter.time),
            letter.class,
            printable(letter.host),
            printable(letter.service ?? ''),
            letter.series === null ? '' : String(letter.series),
            String(letter.items),
            letter.kept ? bytesText(letter.bytes) : 'not kept',
            String(letter.tries),
            letter.reason,
            printable(letter.code),
            printable(letter.process),
          ]),
        ]),
      );
      say('');
      for (const { kind, class: dataClass, reason, code, letters, bytes } of body.groups) {
        say(`${lettersOf(letters, kind)} of class ${dataClass}, ${bytesText(bytes)}: ${reason} (${printable(code)})`);
      }
      say(`${bytesText(body.bytes)} of the ${bytesText(body.maxBytes)} that dead letters may take`);
      sayAway(body.away);
      if (body.next) remark(`these are the newest ${body.letters.length}; there are more (--limit, or a filter)`);
    });
}

function upToThousand(text: string): number {
  const count = countOption(text);
  if (count > 1000) throw new InvalidArgumentError('write at most 1000');
  return count;
}
