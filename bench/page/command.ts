import { PREFIX, SETTINGS } from '../settings.ts';

/** What a benchmark was told, by the names of `SETTINGS`; others by their variable. @param variables as `NAME=value` */
export function toldBy(variables: readonly string[]): Map<string, string> {
  return new Map(
    variables.map((variable) => {
      const at = variable.indexOf('=');
      const name = variable.slice(PREFIX.length, at).toLowerCase().replaceAll('_', '-');
      return [name in SETTINGS ? name : variable.slice(0, at), variable.slice(at + 1)];
    }),
  );
}

/** The command that makes the same run again. */
export function commandOf(name: string, variables: readonly string[]): string {
  const told = [...toldBy(variables)];
  const options = told.filter(([one]) => one in SETTINGS).map(([one, value]) => `--${one}=${value}`);
  const others = told.filter(([one]) => !(one in SETTINGS)).map(([one, value]) => `${one}=${value}`);
  return [...others, 'npm run bench --', name, ...options].join(' ');
}

/** What a command, of today or as it was written once with variables before it, says it runs, and what that is told. */
export function readCommand(command: string): { readonly bench: string; readonly told: ReadonlyMap<string, string> } {
  const words = command.split(' ');
  const bench = words[words.indexOf('--') + 1]!;
  const options = words.flatMap((word) => {
    const [, name, value] = /^--([a-z-]+)=(.*)$/.exec(word) ?? [];
    return name === undefined ? [] : [[name, value!] as const];
  });
  return { bench, told: new Map([...toldBy(words.filter((word) => word.startsWith(PREFIX))), ...options]) };
}
