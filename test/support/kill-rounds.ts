import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';

/**
 * Starts a writer (node, the arguments, and last the file for its acknowledgements), lets it live for a while after its
 * first word, and kills it with SIGKILL. Gives the numbers in the file, a line each: what it was told is durable.
 */
export function killedWriter(
  parameters: readonly string[],
  acknowledgements: string,
  liveMs: number,
): Promise<number[]> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...parameters, acknowledgements], { stdio: ['ignore', 'pipe', 'pipe'] });
    let errors = '';
    let killing: NodeJS.Timeout | null = null;
    child.stdout.on('data', () => {
      killing ??= setTimeout(() => child.kill('SIGKILL'), liveMs);
    });
    child.stderr.on('data', (bytes: Buffer) => {
      errors += bytes.toString();
    });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (killing) clearTimeout(killing);
      if (signal !== 'SIGKILL') reject(new Error(`the writer ended by itself with ${code}: ${errors}`));
      else resolve(readFileSync(acknowledgements, 'utf8').split('\n').filter(Boolean).map(Number));
    });
  });
}
