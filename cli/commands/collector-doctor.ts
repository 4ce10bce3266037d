import type { Command } from 'commander';
import { endQuietlyWithReader } from '../terminal/output.ts';

interface Options {
  readonly config: string;
  readonly core?: string;
  readonly log?: string;
  readonly login?: boolean;
  readonly runtime?: string;
  readonly json?: boolean;
}

/** Where a package puts it. */
const INSTALLED = '/etc/heliograph-collector/collector.yaml';

const EXAMPLE = `
Example:
  heliograph collector doctor --config collector.yaml --json
  runuser -u heliograph-collector -- heliograph collector doctor    # an installed one, with the rights that the service has

Looks at the certificate, the clock (against the relay's), the way to each relay, the rights on log files and the
spool, the disk, and each source. Alters nothing but one file that it writes and takes away again.
Exits with 1 when something is FAIL.`;

/** `heliograph collector doctor`: what `heliograph doctor` says of a collector, with no other tier's code. */
export function addCollectorDoctorCommand(collector: Command): void {
  collector
    .command('doctor')
    .description('look for what is wrong with the collector of this machine, and say what to do')
    .option('--config <file>', 'its configuration', INSTALLED)
    .option('--core <url>', 'address of a core, to be asked what it knows of this host')
    .option('--log <file>', 'its own log, where it writes one, for its last errors')
    .option('--login', 'log in as the collector, which must be stopped: proves all of the way')
    .option(
      '--runtime <folder>',
      'its RUNTIME_DIRECTORY, where a running one tells of itself (/run/heliograph-collector)',
    )
    .option('--json', 'as JSON: well, checks of what, level (ok, warn, FAIL), found, fix')
    .addHelpText('after', EXAMPLE)
    .action(async (options: Options) => {
      endQuietlyWithReader();
      const [{ examineCollector }, { report }] = await Promise.all([
        import('../doctor/examine-collector.ts'),
        import('../doctor/report.ts'),
      ]);
      report(await examineCollector(options.config, options), options.json === true);
    });
}
