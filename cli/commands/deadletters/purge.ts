import type { Command } from 'commander';
import { filterOrSay, purge } from '../../dead-letters.ts';
import { confirmed } from '../../terminal/confirm.ts';
import { remark, say } from '../../terminal/output.ts';
import { bytesText, many } from '../../terminal/text.ts';
import { type WhichOptions, which } from './which.ts';
import { lettersOf, sayAway } from './words.ts';

/** `heliograph deadletters purge`: counts first, asks, and deletes then. */
export function addPurge(parent: Command): void {
  which(parent.command('purge [ids...]'))
    .description('delete them and their bytes; the ledger goes on to count their frames as dropped')
    .option('--all', 'every dead letter')
    .option('--dry-run', 'only say which they would be')
    .option('--yes', 'without asking')
    .option('--json', 'as JSON; asks nothing, so it wants --yes or --dry-run')
    .addHelpText(
      'after',
      `
It asks before it deletes, unless --yes. Ends with 0 when it is done, with 1 when it was not confirmed, or a process of a split core could not
be asked: its letters stay.

Example:
  heliograph deadletters purge --older-than 7d --dry-run
  heliograph deadletters purge --reason undecodable --host web-17 --yes`,
    )
    .action(async (ids: string[], options: WhichOptions & { dryRun?: boolean; yes?: boolean }) => {
      const filter = filterOrSay({ ...options, id: ids }, 'purge');
      let answer = await purge(options.core, filter, true);
      const what = `${many(answer.letters, 'dead letter')} with ${bytesText(answer.bytes)}`;
      if (!options.dryRun && answer.letters > 0) {
        if (!options.yes) {
          for (const { kind, class: dataClass, reason, letters } of answer.groups) {
            remark(`${lettersOf(letters, kind)} of class ${dataClass}: ${reason}`);
          }
          if (!(await confirmed(`Delete ${what}, for good?`, '--yes'))) {
            remark('nothing was deleted');
            process.exitCode = 1;
            return;
          }
        }
        answer = await purge(options.core, filter, false);
      }
      if (options.json) say(JSON.stringify(answer, null, 2));
      else if (answer.letters === 0) say('no dead letter fits');
      else if (answer.dryRun) say(`${what} would be deleted`);
      else say(`${many(answer.letters, 'dead letter')} with ${bytesText(answer.bytes)} deleted`);
      if (!options.json) sayAway(answer.away);
      if (answer.away.length > 0) process.exitCode = 1;
    });
}
