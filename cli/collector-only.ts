/** `heliograph` as it stands in a package for a host: the collector's commands and nothing of the other tiers. Made to be bundled. */
import { Command } from 'commander';
import { SOFTWARE_VERSION } from '../collector/node/version.ts';
import { addCollectorCommand } from './commands/collector.ts';
import { reportAndExit } from './failure.ts';

const program = new Command('heliograph')
  .description('The collector of this machine.')
  .version(SOFTWARE_VERSION)
  .enablePositionalOptions()
  .showHelpAfterError('(add --help to see what is possible)');
addCollectorCommand(program);

program
  .command('check-config <file>')
  .description("hold a collector's configuration against its schema")
  .option('--json', 'the configuration as read, defaults filled in')
  .action(async (file: string, options: { json?: boolean }) => {
    const { readCollectorConfig } = await import('../collector/node/profile/read-config.ts');
    const config = readCollectorConfig(file);
    console.log(options.json ? JSON.stringify(config, null, 2) : `${file}: a good configuration for a collector`);
  });

program.parseAsync().catch(reportAndExit);
