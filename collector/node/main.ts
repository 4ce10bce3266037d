/**
 * The collector alone, for a machine where memory counts: `node main.js collector.yaml`. Made to be bundled (with splitting);
 * bench/collector-memory.ts has the flags and measures what they are worth.
 *
 * What reads and checks a configuration takes more memory than all else together and is needed once. So a process of its own does it,
 * hands the checked configuration over as JSON, and is gone.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { CollectorConfig } from './config.ts';
import { markLate } from './mark-late.ts';

const CHECK = '--check';
/** Small Buffers share pieces of memory of so many bytes, and one that is kept keeps its piece: Node's own are 64 KiB, and a collector keeps many for long. */
const POOL_BYTES = 8 * 1024;
/** How often garbage is collected where --expose-gc is given: an idle process makes so little that V8 waits for many minutes, and memory grows meanwhile. */
const COLLECT_MS = 60_000;

async function check(file: string): Promise<void> {
  const { readCollectorConfig } = await import('./profile/read-config.ts');
  process.stdout.write(JSON.stringify(readCollectorConfig(file)));
}

function checkedConfig(file: string): CollectorConfig {
  const main = fileURLToPath(import.meta.url);
  const child = spawnSync(process.execPath, [main, CHECK, file], { encoding: 'utf8', maxBuffer: 16 * 1024 * 1024 });
  if (child.status === 0) return JSON.parse(child.stdout);
  process.stderr.write(child.stderr);
  process.exit(1);
}

async function main(args: readonly string[]): Promise<void> {
  if (args[0] === CHECK && args[1] !== undefined) return check(args[1]);
  if (args[0] === undefined) {
    process.stderr.write('usage: node main.js <collector.yaml>\n');
    process.exit(2);
  }
  markLate();
  const config = checkedConfig(args[0]);
  Buffer.poolSize = POOL_BYTES;
  const { startCollector } = await import('./start.ts');
  const running = await startCollector(config);
  const { gc } = globalThis;
  if (gc !== undefined) setInterval(() => void gc(), COLLECT_MS).unref();
  const close = (): void => {
    running.close().then(() => process.exit(0), fail);
  };
  process.once('SIGTERM', close);
  process.once('SIGINT', close);
}

function fail(error: unknown): never {
  // An error of the table says all in its message; any other is a bug and shows where.
  const known = error instanceof Error && error.name === 'HeliographError';
  process.stderr.write(`${known ? error.message : error instanceof Error ? error.stack : String(error)}\n`);
  process.exit(1);
}

main(process.argv.slice(2)).catch(fail);
