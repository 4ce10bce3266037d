import { type Command, Option } from 'commander';
import type { LogLevelName } from '../../lib/log.ts';
import type { TierOptions } from '../run-tier.ts';

interface Given extends TierOptions {
  readonly config: string;
}

/** The command of one tier: what all of them are told, and what is done with it. */
export function tierCommand<T>(
  program: Command,
  name: string,
  description: string,
  run: (options: Given & T) => Promise<void>,
): Command {
  return program
    .command(name)
    .description(description)
    .option('--config <file>', 'YAML; "heliograph check-config FILE" tells what is wrong with it')
    .option('--log-file <file>', 'write the log there instead of to standard error')
    .addOption(
      new Option('--log-level <level>')
        .choices(['debug', 'info', 'warn', 'error'] satisfies LogLevelName[])
        .default('info'),
    )
    .addHelpText('after', `\nExample:\n  heliograph ${name} --config ${name}.yaml`)
    .action((options: Partial<Given> & T & { readonly once?: boolean }, command: Command) => {
      if (!options.config && !options.once)
        command.error(`error: --config FILE is missing, as in: heliograph ${name} --config ${name}.yaml`);
      return run(options as Given & T);
    });
}
