import type { Command } from 'commander';
import { endQuietlyWithReader, say } from '../terminal/output.ts';

interface Options {
  readonly root: string;
  readonly profile?: string;
  readonly json?: boolean;
}

/** `heliograph collector profile`: which kind of hardware this machine is taken for, why, and what follows from it. */
export function addProfileCommand(collector: Command): void {
  collector
    .command('profile [name]')
    .description(
      'show the hardware profile of this machine, what decided it, and what it sets; or the one of that name',
    )
    .option('--root <folder>', 'where the files of the machine are', '/')
    .option('--json', 'as JSON: name, because, not, profile, all')
    .addHelpText(
      'after',
      '\nExample:\n  heliograph collector profile\n  heliograph collector profile raspberry-pi\n\n' +
        'To take another: profile: NAME in the configuration, or heliograph collector --profile NAME.\n' +
        'What the configuration says goes before what a profile says.',
    )
    .action(async (name: string | undefined, options: Options) => {
      endQuietlyWithReader();
      const [{ detectProfile }, { loadProfile, profileNames }, { profileText }] = await Promise.all([
        import('../../collector/node/profile/detect.ts'),
        import('../../collector/node/profile/load.ts'),
        import('../profile-text.ts'),
      ]);
      const found = detectProfile(options.root);
      const { collector: _, defaults, ...profile } = loadProfile(name ?? found.name);
      if (options.json) {
        say(JSON.stringify({ ...found, profile: { ...profile, collector: defaults }, all: profileNames() }, null, 2));
        return;
      }
      if (name === undefined) {
        say(`${found.name}, because ${found.because}`);
        if (found.not.length > 0) say(`looked for before, and not found: ${found.not.join('; ')}`);
        say('');
      }
      for (const line of profileText(profile, defaults)) say(line);
      say(`\nThere are: ${profileNames().join(', ')}`);
    });
}
