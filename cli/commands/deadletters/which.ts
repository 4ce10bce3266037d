import { type Command, Option } from 'commander';
import { DATA_CLASSES } from '../../../proto/class.ts';
import { coreOption } from '../../core-client.ts';
import type { LetterOptions } from '../../dead-letters.ts';
import { timeOption } from '../../options.ts';

export type WhichOptions = LetterOptions & { readonly core: string; readonly json?: boolean };

/** Adds the options that choose among the dead letters: those of `ls`, `replay` and `purge` are the same. */
export function which(command: Command): Command {
  return command
    .addOption(coreOption())
    .option('--host <name...>', 'only of these hosts')
    .option('--service <name...>', 'only lines of these services')
    .option('--reason <word...>', 'only with these reasons or codes, such as undecodable or HG_FRAME_DEFINITION')
    .addOption(new Option('--kind <kind...>', 'frames, lines or series').choices(['frame', 'line', 'series']))
    .addOption(new Option('--class <class...>', 'only of these classes').choices([...DATA_CLASSES]))
    .addOption(new Option('--since <time>', 'set aside since: 2h (ago), or a time').argParser(timeOption))
    .addOption(new Option('--older-than <time>', 'set aside before: 7d (ago), or a time').argParser(timeOption));
}
