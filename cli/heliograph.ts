import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { addCaCommand } from './commands/ca.ts';
import { addCheckConfigCommand } from './commands/check-config.ts';
import { addDeadLettersCommand } from './commands/deadletters.ts';
import { addDoctorCommand } from './commands/doctor.ts';
import { addJournalCommand } from './commands/journal.ts';
import { addLedgerCommand } from './commands/ledger.ts';
import { addLevelCommand } from './commands/level.ts';
import { addLogsCommand } from './commands/logs.ts';
import { addQueryCommand } from './commands/query.ts';
import { addStartCommand } from './commands/start.ts';
import { addTierCommands } from './commands/tiers.ts';
import { addTokenCommand } from './commands/token.ts';
import { reportAndExit } from './failure.ts';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

const program = new Command('heliograph')
  .description('Metrics and logs of a fleet, over relays, into one place, and nothing lost.')
  .version(version)
  // A command's options are its own, also where the command above it has some of the same name.
  .enablePositionalOptions()
  .showHelpAfterError('(add --help to see what is possible)')
  .addHelpText(
    'after',
    '\nFirst time? "npm start" runs everything on this machine; each command has its own --help with an example.',
  );

addStartCommand(program);
addTierCommands(program);
addCaCommand(program);
addTokenCommand(program);
addQueryCommand(program);
addLogsCommand(program);
addLedgerCommand(program);
addDeadLettersCommand(program);
addJournalCommand(program);
addDoctorCommand(program);
addLevelCommand(program);
addCheckConfigCommand(program);

program.parseAsync().catch(reportAndExit);
