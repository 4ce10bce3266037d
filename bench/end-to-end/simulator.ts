import { execFileSync, spawn } from 'node:child_process';
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

/** The simulator in processes of its own. Options that it does not have in this version are left out, and named. */
export function startSimulator(
  { hosts, series, intervalMs, instants, logs, workers }: EndToEndOptions,
  where: { readonly relay: string; readonly ca: string; readonly durationMs: number },
): { simulator: Simulator; without: string[] } {
  const help = execFileSync(process.execPath, [...NODE, '--help'], { encoding: 'utf8' });
  const without: string[] = [];
  const newer = (option: string, value: number) => {
    if (help.includes(`${option} <`)) return [option, String(value)];
    without.push(`${option} ${value}`);
    return [];
  };
  const args = [
    ...['--hosts', String(hosts), '--relay', where.relay, '--ca', where.ca, '--json'],
    ...['--interval', `${intervalMs}ms`, '--duration', `${where.durationMs}ms`, '--logs-per-second', String(logs)],
    ...newer('--workers', workers),
    ...newer('--series', series),
    ...newer('--instants', instants),
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
  return { simulator: { pid: child.pid!, report, stop: () => child.kill('SIGTERM') }, without };
}
