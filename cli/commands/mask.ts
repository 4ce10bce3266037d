import type { Command } from 'commander';
import { endQuietlyWithReader, remark, say } from '../terminal/output.ts';
import { many } from '../terminal/text.ts';

interface Options {
  readonly test: string;
  readonly rules?: string;
  readonly all?: boolean;
  readonly json?: boolean;
}

/** `heliograph collector mask --test FILE`: what of a log would be covered before it leaves the host. */
export function addMaskCommand(collector: Command): void {
  collector
    .command('mask')
    .description('show what of a log would be masked before it leaves this host; nothing is sent')
    .requiredOption('--test <file>', 'the log; "-" is standard input')
    .option('--rules <file>', "a collector's configuration, for its section mask (without it: the default kinds)")
    .option('--all', 'show lines in which nothing is masked, too')
    .option('--json', 'an object a line: line, masked (by kind), text')
    .addHelpText(
      'after',
      '\nExample:\n  heliograph collector mask --test /var/log/shop.log\n  journalctl -u shop | heliograph collector mask --test - --rules collector.yaml --json | jq -c .masked',
    )
    .action(async (options: Options) => {
      endQuietlyWithReader();
      const [{ linesOf }, { nodeMaskStage }, { readMaskConfig }] = await Promise.all([
        import('../relabel/subjects.ts'),
        import('../../lib/mask/node-masks.ts'),
        import('../mask-config.ts'),
      ]);
      const stage = nodeMaskStage(readMaskConfig(options.rules));
      let lines = 0;
      let touched = 0;
      for await (const line of linesOf(options.test, '--test')) {
        lines++;
        const before = new Map(stage.masked);
        const text = stage.text(line);
        const masked = Object.fromEntries(
          [...stage.masked]
            .map(([name, count]) => [name, count - before.get(name)!])
            .filter(([, count]) => count !== 0),
        );
        const kinds = Object.entries(masked);
        if (kinds.length > 0) touched++;
        else if (!options.all) continue;
        const what = kinds.map(([name, count]) => (count === 1 ? name : `${name} x ${count}`)).join(', ');
        say(
          options.json ? JSON.stringify({ line: lines, masked, text }) : `${lines}: ${text}${what && `\n   ${what}`}`,
        );
      }
      const totals = [...stage.masked].filter(([, count]) => count > 0).map(([name, count]) => `${name} ${count}`);
      remark(
        `${many(lines, 'line')}, ${touched} with something to mask${totals.length > 0 ? `: ${totals.join(', ')}` : ''}`,
      );
    });
}
