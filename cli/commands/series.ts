import { type Command, Option } from 'commander';
import type { CardinalityReport, Dimension } from '../../lib/limits/report.ts';
import { wholeOption } from '../options.ts';

const DIMENSIONS: readonly Dimension[] = ['metric', 'label', 'host', 'team'];

interface Options {
  readonly relay: string;
  readonly core?: string;
  readonly by: Dimension;
  readonly top: number;
  readonly json?: boolean;
}

/** `heliograph series top`: which metrics, labels, hosts and teams have most series, and what of that is new. */
export function addSeriesCommand(program: Command): void {
  program
    .command('series')
    .description('how many different series pass, and of what')
    .command('top')
    .description(
      'the metrics, labels, hosts or teams with most series, and how many of them are new within an hour and a day; of a relay, or of what comes by the doors of a core. It needs the section cardinality in its configuration',
    )
    .addOption(
      new Option('--relay <url>', "the relay's HTTP address (http.listen)")
        .env('HELIOGRAPH_RELAY')
        .default('http://127.0.0.1:9472'),
    )
    .option('--core <url>', 'a core instead: what comes by its own doors')
    .addOption(
      new Option('--by <dimension>', 'what series are counted by; of a label its different values')
        .choices(DIMENSIONS)
        .default('metric'),
    )
    .option('--top <count>', 'so many of them', wholeOption(1, 500), 20)
    .option('--json', 'the whole report, by all dimensions')
    .addHelpText(
      'after',
      '\nExample:\n  heliograph series top\n  heliograph series top --by label --top 5\n  heliograph series top --core http://127.0.0.1:9470 --json | jq .growing',
    )
    .action(async (options: Options) => {
      const [{ HeliographError }, { endQuietlyWithReader, say }, { seriesText }] = await Promise.all([
        import('../../lib/errors.ts'),
        import('../terminal/output.ts'),
        import('../relay/series-text.ts'),
      ]);
      endQuietlyWithReader();
      const report = await ask(options);
      if (report === null) {
        throw new HeliographError(
          'HG_CONFIG_VALUE',
          'series are not counted there; write `cardinality: {}` into its configuration and start it again',
        );
      }
      say(options.json ? JSON.stringify(report, null, 2) : seriesText(report, options.by));
    });
}

async function ask({ relay, core, top }: Options): Promise<CardinalityReport | null> {
  const { askCore, coreUrl } = await import('../core-client.ts');
  const parameters = { top: String(top) };
  if (core === undefined) {
    const { askRelay } = await import('../relay-client.ts');
    return askRelay(coreUrl(relay, '/cardinality.json', parameters));
  }
  const { body } = await askCore<{ cardinality: CardinalityReport | null }>(
    coreUrl(core, '/api/v1/cardinality', parameters),
  );
  return body.cardinality;
}
