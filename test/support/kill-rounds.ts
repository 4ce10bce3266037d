import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

/**
 * Starts a writer (node, the arguments, and last the file for its acknowledgements), lets it live for a while after its
 * first word, and until it was told of `atLeast` more durable writes, and kills it with SIGKILL. Gives the numbers in
 * the file, a line each: what it was told is durable.
 */
export function killedWriter(
  parameters: readonly string[],
  acknowledgements: string,
  liveMs: number,
  atLeast = 0,
): Promise<number[]> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...parameters, acknowledgements], { stdio: ['ignore', 'pipe', 'pipe'] });
    let errors = '';
    let killing: NodeJS.Timeout | null = null;
    const before = numbersIn(acknowledgements).length;
    // On a loaded machine a time says nothing of what was done in it.
    const kill = () => {
      if (numbersIn(acknowledgements).length - before >= atLeast) child.kill('SIGKILL');
      else killing = setTimeout(kill, 10);
    };
    child.stdout.on('data', () => {
      killing ??= setTimeout(kill, liveMs);
    });
    child.stderr.on('data', (bytes: Buffer) => {
      errors += bytes.toString();
    });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (killing) clearTimeout(killing);
      if (signal !== 'SIGKILL') reject(new Error(`the writer ended by itself with ${code}: ${errors}`));
      else resolve(numbersIn(acknowledgements));
    });
  });
}

function numbersIn(file: string): number[] {
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean).map(Number) : [];
}
