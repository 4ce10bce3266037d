import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { RunReport } from '../../simulator/report.ts';
import { forManyConnections } from '../../simulator/workers.ts';
import type { FromSimulation, SimulationProgress, SimulationSetup, ToSimulation } from './simulation-messages.ts';

export interface Simulator {
  readonly pid: number;
  /** The report, when it has ended. Rejects when it ended without one. */
  readonly report: Promise<RunReport>;
  /** As of a second ago at most; null until it has said something. */
  progress(): SimulationProgress | null;
  /** No new samples and lines; what is there is still delivered. */
  stop(): void;
  /** Ends it at once. */
  kill(): void;
}

/** The simulator in processes of its own. @param say told what it says in words */
export function startSimulator(setup: SimulationSetup, say: (line: string) => void): Simulator {
  const child = fork(fileURLToPath(new URL('simulation-process.ts', import.meta.url)), {
    ...forManyConnections(),
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let errors = '';
  child.stderr!.on('data', (chunk: Buffer) => {
    errors = (errors + chunk.toString()).slice(-2_000);
  });
  let last: SimulationProgress | null = null;
  const report = new Promise<RunReport>((resolve, reject) => {
    child.on('message', (message: FromSimulation) => {
      if ('progress' in message) last = message.progress;
      else if ('said' in message) say(message.said);
      else resolve(message.report);
    });
    child.once('error', reject);
    child.once('close', (code, signal) => {
      reject(new Error(`the simulator ended with ${signal ?? code} and no report:\n${errors}`));
    });
  });
  // Whoever asks for it later hears of it then.
  report.catch(() => undefined);
  const order = (message: ToSimulation) => {
    if (child.connected) child.send(message);
  };
  order({ do: 'start', setup });
  return {
    pid: child.pid!,
    report,
    progress: () => last,
    stop: () => order({ do: 'stop' }),
    kill: () => child.kill('SIGKILL'),
  };
}
