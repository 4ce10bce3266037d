import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { collectorConfig } from '../../collector/node/config.ts';
import { startCollector } from '../../collector/node/start.ts';

/** Starts a collector in a process of its own, so that a test can end it at any instant. `file`: JSON of a configuration. */
export function spawnCollector(file: string): { child: ChildProcess; kill(signal: NodeJS.Signals): Promise<void> } {
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url), file], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let errors = '';
  child.stderr!.on('data', (chunk) => {
    errors = (errors + chunk).slice(-4000);
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  return {
    child,
    async kill(signal) {
      if (child.exitCode !== null) throw new Error(`the collector ended by itself: ${errors}`);
      child.kill(signal);
      await ended;
    },
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const config = collectorConfig.parse(JSON.parse(readFileSync(process.argv[2]!, 'utf8')));
  const running = await startCollector(config);
  process.on('SIGTERM', () => {
    running.close().then(() => process.exit(0));
  });
}
