import type { Command } from 'commander';
import type { Away } from '../../../core/letters/desk.ts';
import { filterOrSay, replayStep } from '../../dead-letters.ts';
import { remark, say } from '../../terminal/output.ts';
import { many, printable } from '../../terminal/text.ts';
import { type WhichOptions, which } from './which.ts';
import { sayAway } from './words.ts';

/** `heliograph deadletters replay`: step by step, so that a long one says how far it is. */
export function addReplay(parent: Command): void {
  which(parent.command('replay [ids...]'))
    .description('send them the way of the data again: frames through the gateway, lines and series to their store')
    .option('--all', 'every dead letter')
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      `
What is taken is no dead letter any more; what fails again stays, with the new reason. Nothing is stored twice: frames and lines keep
their names. Ends with 0 when all were taken, with 1 when some stay, or a process of a split core could not be asked.

Example:
  heliograph deadletters replay --reason unknown_definition
  heliograph deadletters replay line-5be1... line-77c0...`,
    )
    .action(async (ids: string[], options: WhichOptions) => {
      const filter = filterOrSay({ ...options, id: ids }, 'replay');
      const failed = [];
      let replayed = 0;
      let stopped = null;
      const away = new Map<string, Away>();
      for (let cursor: string | null = null; ; ) {
        const step = await replayStep(options.core, filter, cursor);
        replayed += step.replayed;
        failed.push(...step.failed);
        for (const one of step.away) away.set(one.process, one);
        stopped = step.stopped;
        cursor = step.next;
        if (cursor === null || stopped) break;
        if (!options.json) remark(`${many(replayed + failed.length, 'dead letter')} tried`);
      }
      if (options.json) say(JSON.stringify({ replayed, failed, stopped, away: [...away.values()] }, null, 2));
      else {
        say(`${many(replayed, 'dead letter')} taken, ${failed.length} failed again`);
        for (const { id, reason, message } of failed.slice(0, 20)) say(`  ${id}  ${reason}: ${printable(message)}`);
        if (failed.length > 20) say(`  and ${failed.length - 20} more: heliograph deadletters ls`);
        if (stopped) say(`stopped before the end, nothing is lost: ${printable(stopped.message)}`);
      }
      if (!options.json) sayAway([...away.values()]);
      process.exitCode = failed.length > 0 || stopped || away.size > 0 ? 1 : 0;
    });
}
