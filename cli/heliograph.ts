import { readFileSync } from 'node:fs';
import { Command } from 'commander';
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
    '\nFirst time? "npm start" runs everything on this machine; each command has its own --help with an example.\n' +
      'Hosts that are not there: "simulate", or from this folder "npm run simulate --", is a command of its own.',
  );

type Add = (program: Command) => void;

const tiers = async () => (await import('./commands/tiers.ts')).addTierCommands;
/** In the order of the help. A command loads what it needs and nothing of the others: a person waits for the answer. */
const COMMANDS: Readonly<Record<string, () => Promise<Add>>> = {
  start: async () => (await import('./commands/start.ts')).addStartCommand,
  core: tiers,
  relay: tiers,
  watch: tiers,
  collector: async () => (await import('./commands/collector.ts')).addCollectorCommand,
  ca: async () => (await import('./commands/ca.ts')).addCaCommand,
  canary: async () => (await import('./commands/canary.ts')).addCanaryCommand,
  token: async () => (await import('./commands/token.ts')).addTokenCommand,
  query: async () => (await import('./commands/query.ts')).addQueryCommand,
  logs: async () => (await import('./commands/logs.ts')).addLogsCommand,
  ledger: async () => (await import('./commands/ledger.ts')).addLedgerCommand,
  deadletters: async () => (await import('./commands/deadletters.ts')).addDeadLettersCommand,
  journal: async () => (await import('./commands/journal.ts')).addJournalCommand,
  doctor: async () => (await import('./commands/doctor.ts')).addDoctorCommand,
  alerts: async () => (await import('./commands/alerts.ts')).addAlertsCommand,
  level: async () => (await import('./commands/level.ts')).addLevelCommand,
  relabel: async () => (await import('./commands/relabel.ts')).addRelabelCommand,
  rules: async () => (await import('./commands/rules.ts')).addRulesCommand,
  series: async () => (await import('./commands/series.ts')).addSeriesCommand,
  hosts: async () => (await import('./commands/hosts.ts')).addHostsCommand,
  limits: async () => (await import('./commands/limits.ts')).addLimitsCommand,
  pack: async () => (await import('./commands/pack.ts')).addPackCommand,
  'check-config': async () => (await import('./commands/check-config.ts')).addCheckConfigCommand,
};

const asked = process.argv[2] ?? '';
// Anything else is help, or a word that is none of them: then all are there to be named.
const wanted = Object.hasOwn(COMMANDS, asked) ? [COMMANDS[asked]!] : [...new Set(Object.values(COMMANDS))];
for (const load of wanted) (await load())(program);

program.parseAsync().catch(reportAndExit);
