import { type Command, Option } from 'commander';
import { addTargetOptions, type TargetOptions } from '../snmp/target.ts';
import { endQuietlyWithReader } from '../terminal/output.ts';

interface TestOptions extends TargetOptions {
  readonly format: 'prometheus' | 'json';
  readonly json?: boolean;
}

const EXAMPLE = `
Example:
  heliograph collector snmp test switch-1 --config collector.yaml
  heliograph collector snmp test --address 192.0.2.1 --community-file /etc/heliograph/community | grep ifHCInOctets
  heliograph collector snmp walk 1.3.6.1.2.1.99 --address 192.0.2.1 --user keeper --auth-password-file auth --privacy-password-file privacy`;

/** `heliograph collector snmp test|walk`: one poll of a device, printed; nothing is sent anywhere. */
export function addSnmpCommand(collector: Command): void {
  const snmp = collector
    .command('snmp')
    .description('ask a device over SNMP what it has to say; nothing is sent to a relay')
    .addHelpText('after', EXAMPLE);

  addTargetOptions(
    snmp
      .command('test [device]')
      .description('poll a device once and print its series, or why that does not work')
      .option(
        '--modules <names>',
        'what is asked for, as in the configuration: system,if_mib,entity_sensor,hrStorage,hrDevice',
      )
      .addOption(new Option('--format <format>', 'how to print').choices(['prometheus', 'json']).default('prometheus'))
      .option('--json', 'the same as --format json: an object with samples and what was wrong'),
  )
    .addHelpText('after', EXAMPLE)
    .action(async (name: string | undefined, options: TestOptions) => {
      endQuietlyWithReader();
      const { testDevice } = await import('../snmp/test.ts');
      process.exitCode = await testDevice(name, options, options.json ? 'json' : options.format);
    });

  addTargetOptions(
    snmp
      .command('walk <oid> [device]')
      .description('print what a device has below an OID, a value a line: OID, kind, value')
      .option('--json', 'an object a line: oid, type, value'),
  )
    .addHelpText('after', EXAMPLE)
    .action(async (oid: string, name: string | undefined, options: TestOptions) => {
      endQuietlyWithReader();
      const { walkDevice } = await import('../snmp/walk.ts');
      await walkDevice(oid, name, options);
    });
}
