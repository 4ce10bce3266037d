import { createInterface } from 'node:readline/promises';
import { HeliographError } from '../../lib/errors.ts';

/**
 * Asks on the terminal; only "yes" is yes.
 * @param instead the option that answers where nobody can be asked
 * @throws HeliographError HG_CONFIG_VALUE when there is no terminal to ask at
 */
export async function confirmed(question: string, instead: string): Promise<boolean> {
  if (!process.stdin.isTTY) {
    throw new HeliographError(
      'HG_CONFIG_VALUE',
      `${question} There is no terminal to ask at; add ${instead} if it is meant`,
    );
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return (await terminal.question(`${question} Type "yes": `)).trim().toLowerCase() === 'yes';
  } finally {
    terminal.close();
  }
}
