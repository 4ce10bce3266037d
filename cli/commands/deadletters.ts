import { writeFileSync } from 'node:fs';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { hexText } from '../../core/console/page/later/bytes-text.ts';
import type { Away, RefusedOne } from '../../core/letters/desk.ts';
import { DATA_CLASSES } from '../../proto/class.ts';
import { coreOption } from '../core-client.ts';
import { filterOrSay, type LetterOptions, letterOf, pageOf, purge, replayStep } from '../dead-letters.ts';
import { countOption, timeOption } from '../options.ts';
import { confirmed } from '../terminal/confirm.ts';
import { endQuietlyWithReader, remark, say } from '../terminal/output.ts';
import { table } from '../terminal/table.ts';
import { bytesText, many, printable, spanText, timeText } from '../terminal/text.ts';

type Options = LetterOptions & { readonly core: string; readonly json?: boolean };

const ABOUT = `
A dead letter is a frame that could not be read (its host's other frames go on), a line that the log store refused, or series that the metric store refused. Its bytes
are kept, up to limits.deadLetterBytes and retention.deadLetters. Where the roles of a core are split, its console knows those of all processes. REASON is the ledger's word or a code:
  undecodable         the bytes are not what they should be: look at them, report them, purge them
  damaged_on_bus      a batch of Kafka that cannot be unpacked: the message has topic, partition and offsets; look at the broker's disk
  unknown_definition  the frame came without the dictionary that it names: replay asks its relay for it
  refused_by_store    the log store would not have the line, or the metric store the series of a frame: mend the cause (a mapping, a limit),
                      then replay`;

/** Of series a letter is all that were refused of one frame. */
function lettersOf(count: number, kind: string): string {
  return kind === 'series' ? `${many(count, 'frame')} with refused series` : many(count, kind);
}

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

/** A split core: whose letters are not among those. */
function sayAway(away: readonly Away[]): void {
  for (const { process, why, unknown } of away) {
    if (unknown) remark(`what ${printable(process)} did is not known: ${printable(why)}`);
    else remark(`${printable(process)} could not be asked, its dead letters are not among these: ${printable(why)}`);
  }
}

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

function which(command: Command): Command {
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

function addLs(parent: Command): void {
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
    .action(async (options: Options & { limit: number }) => {
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

function addShow(parent: Command): void {
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

function addReplay(parent: Command): void {
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
    .action(async (ids: string[], options: Options) => {
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

function addPurge(parent: Command): void {
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
    .action(async (ids: string[], options: Options & { dryRun?: boolean; yes?: boolean }) => {
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

function upToThousand(text: string): number {
  const count = countOption(text);
  if (count > 1000) throw new InvalidArgumentError('write at most 1000');
  return count;
}
