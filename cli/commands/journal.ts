import { crc32 } from 'node:zlib';
import { type Command, Option } from 'commander';
import { HeliographError } from '../../lib/errors.ts';
import { inspectJournal } from '../../lib/journal/inspect.ts';
import { type ChainReport, verifyChain } from '../../lib/journal/verify.ts';
import { readOnlyFiles } from '../../lib/read-only-files.ts';
import { type DrainResult, drain, journalsOf } from '../journal/drain.ts';
import { findJournals } from '../journal/find.ts';
import { journalText } from '../journal/ls.ts';
import { findOwner, type Owner } from '../journal/owner.ts';
import { isSound, reportText } from '../journal/report.ts';
import { durationOption } from '../options.ts';
import { endQuietlyWithReader, remark, say } from '../terminal/output.ts';
import { many, spanText } from '../terminal/text.ts';
import { loadTierConfig, TIERS, type Tier } from '../tier-config.ts';

const EXAMPLE = `
Example:
  heliograph journal ls ./data
  heliograph journal verify /var/lib/heliograph/relay || echo damaged
  heliograph journal drain --config relay.yaml --timeout 10m     # before a relay is taken away`;

/** `heliograph journal ls|verify|drain`: what stands in a relay's journal, a collector's spool or a core's bus. */
export function addJournalCommand(program: Command): void {
  const journal = program
    .command('journal')
    .description('look into journals and spools, check them, and empty them')
    .addHelpText('after', EXAMPLE);

  journal
    .command('ls <folder>')
    .description('chains, segments, readers and what is queued; alters nothing, its owner may run')
    .option('--segments', 'each segment too')
    .option('--json', 'as JSON')
    .addHelpText('after', EXAMPLE)
    .action(async (folder: string, options: { segments?: boolean; json?: boolean }) => {
      endQuietlyWithReader();
      const journals = await Promise.all(
        findJournals(folder).map(async (directory) => {
          const owner = findOwner(directory);
          return { owner, ...(await inspectJournal({ directory, files: readOnlyFiles, crc32 })) };
        }),
      );
      if (options.json) say(JSON.stringify({ journals }, null, 2));
      else
        say(journals.map((view) => journalText(view, view.owner, Date.now(), options.segments === true)).join('\n\n'));
    });

  journal
    .command('verify <folder>')
    .description('read every record and hold it against its checksum; alters nothing, exits with 1 on damage')
    .option('--json', 'as JSON')
    .addHelpText('after', EXAMPLE)
    .action(async (folder: string, options: { json?: boolean }) => {
      endQuietlyWithReader();
      const journals = [];
      let sound = true;
      for (const directory of findJournals(folder)) {
        const checked = await verify(directory);
        journals.push({ directory, ...checked });
        sound &&= checked.sound;
        if (!options.json) say(checked.text);
      }
      if (options.json) {
        say(JSON.stringify({ sound, journals: journals.map(({ text: _, ...journal }) => journal) }, null, 2));
      } else
        say(
          sound
            ? 'All of it is sound.'
            : 'There is damage. What is whole is delivered all the same, the rest is counted.',
        );
      process.exitCode = sound ? 0 : 1;
    });

  journal
    .command('drain')
    .description('deliver what is left in the journal of a stopped relay or collector, then end')
    .requiredOption('--config <file>', "the tier's own configuration")
    .addOption(new Option('--tier <tier>', 'whose it is (found out when not given)').choices(TIERS))
    .addOption(
      new Option('--timeout <duration>', 'give up after this time').argParser(durationOption).default(600_000, '10m'),
    )
    .option('--json', 'as JSON')
    .addHelpText('after', EXAMPLE)
    .action(async (options: { config: string; tier?: Tier; timeout: number; json?: boolean }) => {
      const tier = await loadTierConfig(options.config, options.tier);
      const directories = journalsOf(tier);
      for (const directory of directories) {
        findJournals(directory);
        refuseInUse(directory, findOwner(directory));
      }
      const result = await drain(tier, options.timeout, progressLine());
      if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
      say(options.json ? JSON.stringify(result, null, 2) : drainText(directories.join(', '), result, options.timeout));
      process.exitCode = result.empty ? 0 : 1;
    });
}

async function verify(directory: string) {
  const inspection = { directory, files: readOnlyFiles, crc32 };
  const owner = findOwner(directory);
  const view = await inspectJournal(inspection);
  const chains: ChainReport[] = [];
  for (const chain of view.chains) chains.push(await verifyChain(inspection, chain, owner.state !== 'stopped'));
  const sound = isSound(view, chains);
  return { owner, sound, cursorDamage: view.cursorDamage, chains, text: reportText(view, chains, owner) };
}

/** Where it cannot be told who has it open, the tier's own lock on its folder decides (HG_STORE_LOCKED). */
function refuseInUse(directory: string, owner: Owner): void {
  if (owner.state !== 'running') return;
  throw new HeliographError(
    'HG_JOURNAL_OWNER',
    `${directory}: process ${owner.pid} (...${owner.command.slice(-80)}); it delivers by itself; stop it first to empty the journal without it`,
    { directory, pid: owner.pid },
  );
}

/** A line that renews itself on a terminal, a line every ten seconds elsewhere. */
function progressLine(): (left: number) => void {
  let told = 0;
  return (left) => {
    if (process.stderr.isTTY) process.stderr.write(`\r\x1b[Kheliograph: ${many(left, 'frame')} left`);
    else if (left > 0 && Date.now() - told >= 10_000) {
      told = Date.now();
      remark(`${many(left, 'frame')} left`);
    }
  };
}

function drainText(directory: string, result: DrainResult, timeout: number): string {
  const lines: string[] = [];
  for (const { class: name, queued, delivered, dropped } of result.classes) {
    const reasons = Object.entries(dropped).map(([reason, frames]) => `${frames} given up: ${reason}`);
    if (queued + delivered + reasons.length === 0) continue;
    lines.push(`  ${[`${name}: ${many(delivered, 'frame')} delivered`, `${queued} left`, ...reasons].join(', ')}`);
  }
  if (result.empty) lines.unshift(`${directory} is empty: everything in it is acknowledged.`);
  else {
    lines.unshift(`${directory} is not empty after ${spanText(timeout)}; nothing is lost, run it again.`);
    if (result.trouble) lines.push(`  last trouble: ${result.trouble}`);
  }
  return lines.join('\n');
}
