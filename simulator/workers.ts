import { type ChildProcess, type ForkOptions, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Crew, type CrewSetup } from './crew.ts';
import type { FromCrew, ToCrew } from './crew-messages.ts';
import type { Phase } from './phase.ts';
import { emptyStats, type Snapshot, snapshotOf } from './stats.ts';
import type { HostTruth } from './truth.ts';

/** A part of the hosts, in this process or in another one. */
export interface Worker {
  start(): Promise<void>;
  phase(phase: Phase): Promise<void>;
  end(): Promise<void>;
  /** Says goodbye for all its hosts; what each has sent. */
  stop(withinMs: number): Promise<readonly HostTruth[]>;
  /** As of half a second ago at most. */
  snapshot(): Snapshot;
  /** Ends it at once, if it is a process. */
  kill(): void;
}

/** Node reads each connection into 64 KiB of its own and fills some KiB of it: this has glibc take such pieces from the system, not from what was in use before. */
const ALLOCATOR = 'glibc.malloc.mmap_threshold=32768:glibc.malloc.top_pad=0';

/** How a process is started that has thousands of connections, so that what handshakes leave behind does not stay as room for more of it. */
export function forManyConnections(): Pick<ForkOptions, 'execArgv' | 'env'> {
  return {
    // A small nursery.
    execArgv: ['--disable-warning=ExperimentalWarning', '--max-semi-space-size=4'],
    env: { GLIBC_TUNABLES: ALLOCATOR, ...process.env },
  };
}

/** The hosts in this process: for few of them another process is not worth it. */
export function localWorker(setup: CrewSetup): Worker {
  const crew = new Crew(setup);
  return {
    start: async () => crew.start(),
    phase: async (phase) => crew.phase(phase),
    end: async () => crew.end(),
    stop: (withinMs) => crew.stop(withinMs),
    snapshot: () => crew.snapshot(),
    kill: () => undefined,
  };
}

/** The hosts in a process of their own. */
export function processWorker(setup: CrewSetup): Worker {
  const child = fork(fileURLToPath(new URL('./crew-process.ts', import.meta.url)), [], {
    ...forManyConnections(),
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const order = orders(child);
  let last = snapshotOf(emptyStats());
  const truths: HostTruth[] = [];
  child.on('message', (message: FromCrew) => {
    if ('snapshot' in message) last = message.snapshot;
    else if ('truths' in message) truths.push(...message.truths);
  });
  return {
    start: () => order({ do: 'start', setup }),
    phase: (phase) => order({ do: 'phase', phase }),
    end: () => order({ do: 'end' }),
    stop: async (withinMs) => {
      await order({ do: 'stop', withinMs });
      child.disconnect();
      return truths;
    },
    snapshot: () => last,
    kill: () => child.kill('SIGKILL'),
  };
}

/** Sends one order after another, each answered before the next. */
function orders(child: ChildProcess): (message: ToCrew) => Promise<void> {
  let gone: Error | null = null;
  let reject: (error: Error) => void = () => undefined;
  let resolve: () => void = () => undefined;
  child.on('message', (message: FromCrew) => {
    if ('done' in message) resolve();
  });
  child.once('error', (error) => {
    gone = error;
    reject(error);
  });
  child.once('exit', (code, signal) => {
    gone ??= new Error(`a process with simulated hosts ended with ${signal ?? code}`);
    reject(gone);
  });
  return (message) =>
    new Promise((done, failed) => {
      resolve = done;
      reject = failed;
      if (gone) failed(gone);
      else child.send(message);
    });
}
