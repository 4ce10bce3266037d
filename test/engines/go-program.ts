import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * Builds a program in Go (once; Go keeps what it built) by a script of start/.
 * @param variable what the script prints the program's path as
 * @returns the path
 */
export async function buildProgram(script: string, variable: string): Promise<string> {
  const { stdout } = await run(fileURLToPath(new URL(`start/${script}`, import.meta.url)));
  const path = new RegExp(`^${variable}=(.*)$`, 'm').exec(stdout)?.[1];
  if (path === undefined) throw new Error(`${script} printed no ${variable}: ${stdout}`);
  return path;
}

/** Runs a program with each input as a JSON file. @returns what it printed, as JSON */
export async function askProgram(program: string, ...inputs: readonly unknown[]): Promise<unknown> {
  const folder = await mkdtemp(join(tmpdir(), 'go-program-'));
  try {
    const files = inputs.map((_, number) => join(folder, `${number}.json`));
    for (const [number, file] of files.entries()) await writeFile(file, JSON.stringify(inputs[number]));
    const { stdout } = await run(program, files, { maxBuffer: 2 ** 30 });
    return JSON.parse(stdout);
  } finally {
    await rm(folder, { recursive: true });
  }
}
