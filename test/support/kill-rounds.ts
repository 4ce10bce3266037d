import { spawn } from 'node:child_process';

/**
 * Starts a writer (node, the arguments), lets it live for a while after its first word, and kills it with SIGKILL.
 * Gives the numbers it printed, each in a line of its own: what it was told is durable.
 */
export function killedWriter(parameters: readonly string[], liveMs: number): Promise<number[]> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...parameters], { stdio: ['ignore', 'pipe', 'pipe'] });
    let out = '';
    let errors = '';
    let killing: NodeJS.Timeout | null = null;
    child.stdout.on('data', (bytes: Buffer) => {
      out += bytes.toString();
      killing ??= setTimeout(() => child.kill('SIGKILL'), liveMs);
    });
    child.stderr.on('data', (bytes: Buffer) => {
      errors += bytes.toString();
    });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (killing) clearTimeout(killing);
      if (signal !== 'SIGKILL') reject(new Error(`the writer ended by itself with ${code}: ${errors}`));
      // The last line may be cut off.
      else
        resolve(
          out
            .slice(0, out.lastIndexOf('\n') + 1)
            .split('\n')
            .filter(Boolean)
            .map(Number),
        );
    });
  });
}
