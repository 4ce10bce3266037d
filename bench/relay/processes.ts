import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** A file of this folder as a process that is measured, or measures. */
export function start(
  file: string,
  args: string[],
  execArgv: string[] = [],
  environment: Readonly<Record<string, string>> = {},
): ChildProcess {
  const path = fileURLToPath(new URL(file, import.meta.url));
  const env = { ...process.env, ...environment };
  return fork(path, args, { execArgv: ['--disable-warning=ExperimentalWarning', ...execArgv], env });
}

/** Its next message; rejects when it ends before. */
export function answer<T>(child: ChildProcess): Promise<T> {
  return new Promise((resolve, reject) => {
    const ended = (code: number | null) => reject(new Error(`a process of the benchmark ended with ${code}`));
    child.once('exit', ended);
    child.once('message', (message) => {
      child.off('exit', ended);
      resolve(message as T);
    });
  });
}

export interface Usage {
  /** s, user and system. */
  readonly cpu: number;
  /** Resident, bytes. */
  readonly memory: number;
}

/** @param settled what is only garbage is collected first; the process wants `--expose-gc` */
export async function usage(relay: ChildProcess, settled = false): Promise<Usage> {
  relay.send({ usage: true, settled });
  const { cpu, memory } = await answer<{ cpu: NodeJS.CpuUsage; memory: number }>(relay);
  return { cpu: (cpu.user + cpu.system) / 1e6, memory };
}
