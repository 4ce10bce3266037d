import type { Command } from 'commander';
import { addLs } from './deadletters/ls.ts';
import { addPurge } from './deadletters/purge.ts';
import { addReplay } from './deadletters/replay.ts';
import { addShow } from './deadletters/show.ts';
import { ABOUT } from './deadletters/words.ts';

/** `heliograph deadletters`: what could not be taken: look at it, try it again, or end it. */
export function addDeadLettersCommand(program: Command): void {
  const deadLetters = program
    .command('deadletters')
    .description('frames that could not be read, lines and series that a store refused: list, show, replay, purge')
    .addHelpText(
      'after',
      `${ABOUT}

Example:
  heliograph deadletters ls
  heliograph deadletters show frame-0f3a...
  heliograph deadletters replay --reason unknown_definition
  heliograph deadletters purge --reason undecodable --older-than 7d`,
    );
  addLs(deadLetters);
  addShow(deadLetters);
  addReplay(deadLetters);
  addPurge(deadLetters);
}
