import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { RunReport } from '../../simulator/report.ts';
import type { EndToEndOptions } from './options.ts';

const PROGRAM = fileURLToPath(new URL('../../cli/simulate.js', import.meta.url));
const NODE = ['--disable-warning=ExperimentalWarning', PROGRAM];

export interface Simulator {
  readonly pid: number;
  /** The report, when it has ended. Rejects when it ended without one. */
  readonly report: Promise<RunReport>;
  /** Asks it to end. */
  stop(): void;
}

/** The simulator in processes of its own. @param where.verify the core to compare with afterwards */
export function startSimulator(
  { hosts, series, intervalMs, instants, logs, workers }: EndToEndOptions,
  where: { readonly relay: string; readonly ca: string; readonly durationMs: number; readonly verify: URL | null },
): Simulator {
  const args = [
    ...['--hosts', String(hosts), '--relay', where.relay, '--ca', where.ca, '--json'],
    ...['--interval', `${intervalMs}ms`, '--duration', `${where.durationMs}ms`, '--logs-per-second', String(logs)],
    ...['--workers', String(workers), '--series', String(series), '--instants', String(instants)],
    ...(where.verify ? ['--verify', where.verify.href] : []),
  ];
  const child = spawn(process.execPath, [...NODE, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-2_000);
  });
  const report = new Promise<RunReport>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      try {
        resolve(JSON.parse(out) as RunReport);
      } catch (cause) {
        reject(new Error(`simulate ended with ${signal ?? code} and no report:\n${said}`, { cause }));
      }
    });
  });
  // Whoever asks for it later hears of it then.
  report.catch(() => undefined);
  return { pid: child.pid!, report, stop: () => child.kill('SIGTERM') };
}
