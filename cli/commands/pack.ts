import { type Command, Option } from 'commander';
import { ARCHITECTURES, type Architecture } from '../../collector/node/profile/schema.ts';
import { SOFTWARE_VERSION } from '../../collector/node/version.ts';
import type { Format } from '../pack/request.ts';
import { say } from '../terminal/output.ts';
import { bytesText } from '../terminal/text.ts';

interface Options {
  readonly profile: string;
  readonly format?: Format;
  readonly arch?: Architecture;
  readonly out: string;
  readonly release: string;
  readonly relay: string[];
  readonly ca?: string;
  readonly node?: string;
  readonly maintainer: string;
  readonly json?: boolean;
}

const EXAMPLE = `
Example:
  heliograph pack --profile server-x86_64 --format deb --relay relay.example:8883 --ca ./ca/ca.pem
  heliograph pack --profile virtual-machine --format rpm   # by rpmbuild, which must be here
  heliograph pack --profile raspberry-pi --format tar      # for another processor: its Node comes from the npm registry, once
  heliograph pack --profile openwrt-router                 # a tree with a procd script; Node is the device's own

Equal sources and SOURCE_DATE_EPOCH (the last commit's where it is not set) give equal bytes.
"heliograph collector profile NAME" shows what a profile sets; docs/install.md what is installed where.`;

/** `heliograph pack`: a collector as a package for one kind of hardware. */
export function addPackCommand(program: Command): void {
  program
    .command('pack')
    .description('make a package of the collector for a kind of hardware: deb, rpm, or tar with an install script')
    .requiredOption('--profile <name>', 'the hardware profile, or the path of a file of your own')
    .addOption(new Option('--format <format>', "the profile's first one unless stated").choices(['deb', 'rpm', 'tar']))
    .addOption(new Option('--arch <processor>', "this machine's if the profile has it").choices([...ARCHITECTURES]))
    .option('--out <folder>', 'where the package is written', '.')
    .option('--release <version>', 'version of the package', SOFTWARE_VERSION)
    .option('--relay <address...>', "the relays, for the package's configuration", ['relay.example:8883'])
    .option('--ca <file>', "the authority's certificate, to go along")
    .option('--node <file>', 'the Node program to put into it, in place of the one from the registry')
    .option('--maintainer <who>', 'name and mail address, for a deb or an rpm', 'Heliograph <root@localhost>')
    .option('--json', 'as JSON: file, bytes, sha256, installedBytes, nodeBytes')
    .addHelpText('after', EXAMPLE)
    .action(async (options: Options) => {
      const [{ settle }, { pack }, { relayList }, { sourceDate }] = await Promise.all([
        import('../pack/request.ts'),
        import('../pack/pack.ts'),
        import('../../collector/node/relay-address.ts'),
        import('../pack/source-date.ts'),
      ]);
      const { relay: relays, out, node, ca, ...asked } = options;
      // A package with a configuration that is refused would be found out on the host.
      const wrong = relayList().safeParse(relays);
      if (!wrong.success) program.error(`error: --relay ${relays.join(' ')}: ${wrong.error.issues[0]!.message}`);
      const request = settle({ ...asked, relays });
      const packed = await pack(request, { out, node, ca, epoch: sourceDate(process.env) });
      if (options.json) say(JSON.stringify(packed, null, 2));
      else {
        const { file, bytes, installedBytes, nodeBytes, sha256 } = packed;
        const own = nodeBytes === 0 ? ', without Node' : `, of which ${bytesText(nodeBytes)} are Node`;
        say(`${file}: ${bytesText(bytes)}; installed ${bytesText(installedBytes)}${own}\nsha256 ${sha256}`);
      }
    });
}
