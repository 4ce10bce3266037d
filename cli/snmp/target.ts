import type { Command } from 'commander';
import { createNodeHost } from '../../collector/node/host.ts';
import type { Device } from '../../collector/node/snmp/device.ts';
import { nearest } from '../../lib/config/nearest.ts';
import { HeliographError } from '../../lib/errors.ts';

/** Who is asked: a device of a configuration, or one that stands on the command line. */
export interface TargetOptions {
  readonly config?: string;
  readonly address?: string;
  readonly community?: string;
  readonly communityFile?: string;
  readonly user?: string;
  readonly authProtocol?: string;
  readonly authPasswordFile?: string;
  readonly privacyProtocol?: string;
  readonly privacyPasswordFile?: string;
  readonly timeout?: string;
  readonly retries?: string;
  readonly modules?: string;
}

export function addTargetOptions(command: Command): Command {
  return command
    .option('--config <file>', "a collector's configuration, whose table has the device")
    .option(
      '--address <address>',
      'a device that is in no table: a name or an address, with a port where it is not 161',
    )
    .option(
      '--community <community>',
      'of version 2c; others see it in the list of processes: --community-file is better',
    )
    .option('--community-file <file>', 'of version 2c, in the first line of a file')
    .option('--user <name>', 'of version 3')
    .option('--auth-protocol <protocol>', 'md5, sha, sha224, sha256, sha384 or sha512 (sha)')
    .option('--auth-password-file <file>', 'the password of authentication, in the first line of a file')
    .option('--privacy-protocol <protocol>', 'des, aes, aes256 or aes256b (aes)')
    .option('--privacy-password-file <file>', 'the password of privacy, in the first line of a file')
    .option('--timeout <duration>', 'how long an answer is waited for, such as 2s')
    .option('--retries <count>', 'how often a question is asked again');
}

/**
 * The device that is meant.
 * @throws HeliographError HG_CONFIG_*, HG_SNMP_SECRET, HG_SNMP_DEVICE
 */
export async function targetDevice(name: string | undefined, options: TargetOptions): Promise<Device> {
  const { readTable } = await import('../../collector/node/snmp/table.ts');
  const config = options.address === undefined ? await tableOf(name, options) : await oneDevice(name, options);
  const { devices } = await readTable(config, createNodeHost());
  const wanted = name ?? (options.address === undefined && devices.length > 1 ? undefined : devices[0]?.name);
  const device = devices.find((one) => one.name === wanted);
  if (device === undefined)
    throw unknownDevice(
      wanted,
      devices.map((one) => one.name),
    );
  const { timeout, retries, modules } = options;
  if (options.address !== undefined || (timeout ?? retries ?? modules) === undefined) return device;
  const one = await oneDevice(device.name, { ...options, address: '127.0.0.1', community: '-' });
  const [changed] = (await readTable(one, createNodeHost())).devices;
  return {
    ...device,
    ...(timeout === undefined ? {} : { timeoutMs: changed!.timeoutMs }),
    ...(retries === undefined ? {} : { retries: changed!.retries }),
    ...(modules === undefined ? {} : { modules: changed!.modules }),
  };
}

async function tableOf(name: string | undefined, { config: file }: TargetOptions) {
  if (file === undefined) {
    const how = 'name a configuration with --config FILE, or a device with --address ADDRESS';
    throw new HeliographError('HG_SNMP_DEVICE', `${name ?? 'no device'}: ${how}`);
  }
  const [{ loadConfig }, { collectorConfig }] = await Promise.all([
    import('../../lib/config/load.ts'),
    import('../../collector/node/config.ts'),
  ]);
  const { snmp } = loadConfig(file, collectorConfig);
  if (snmp === undefined)
    throw new HeliographError('HG_SNMP_DEVICE', `${file} has no section snmp; docs/snmp.md has one to begin with`);
  return snmp;
}

/** The options as a table of one, held against the same schema as a configuration. */
async function oneDevice(name: string | undefined, options: TargetOptions) {
  const [{ parseConfig }, { snmpConfig }, { stringify }] = await Promise.all([
    import('../../lib/config/load.ts'),
    import('../../collector/node/snmp/config.ts'),
    import('yaml'),
  ]);
  const { address, community, communityFile, user, timeout, retries, modules } = options;
  const part = (protocol: string | undefined, passwordFile: string | undefined) =>
    protocol === undefined && passwordFile === undefined ? undefined : { protocol, passwordFile };
  const credentials =
    user === undefined
      ? { community: community ?? (communityFile === undefined ? 'public' : undefined), communityFile }
      : {
          version: '3',
          user,
          auth: part(options.authProtocol, options.authPasswordFile),
          privacy: part(options.privacyProtocol, options.privacyPasswordFile),
        };
  const one = {
    credentials: { default: credentials },
    devices: [
      {
        name: name ?? 'device',
        address,
        timeout,
        retries: retries === undefined ? undefined : Number(retries),
        modules: modules?.split(','),
      },
    ],
  };
  return parseConfig('command line', stringify(JSON.parse(JSON.stringify(one))), snmpConfig());
}

function unknownDevice(wanted: string | undefined, names: readonly string[]): HeliographError {
  const shown = `${names.slice(0, 10).join(', ')}${names.length > 10 ? ` and ${names.length - 10} more` : ''}`;
  const known = names.length === 0 ? 'the table is empty' : `there are: ${shown}`;
  if (wanted === undefined) return new HeliographError('HG_SNMP_DEVICE', `name one of the devices; ${known}`);
  const near = nearest(wanted, names);
  return new HeliographError('HG_SNMP_DEVICE', `${wanted}: ${near === null ? known : `did you mean ${near}?`}`);
}
