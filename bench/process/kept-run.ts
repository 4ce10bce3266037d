import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const FLAGS = ['--disable-warning=ExperimentalWarning'];
const KEEPER = fileURLToPath(new URL('keeper.ts', import.meta.url));

/**
 * Runs a file of ours as a process whose temporary files, and whatever processes it starts, end with it and with this one: also where one of them is
 * killed. @param printed is given what it prints, as it comes
 * @throws Error when it ends with anything but 0, is stopped by `signal`, or takes longer than `atMostMs`
 */
export async function keptRun(
  file: string,
  args: readonly string[],
  atMostMs: number,
  signal: AbortSignal,
  printed: (text: string) => void,
): Promise<void> {
  signal.throwIfAborted();
  const folder = mkdtempSync(join(tmpdir(), 'heliograph-run-'));
  // A session of its own: Ctrl-C goes to all of this one, and somebody has to be left.
  const keeper = spawn(process.execPath, [...FLAGS, KEEPER, folder], {
    detached: true,
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  const gone = once(keeper, 'exit');
  const child = spawn(process.execPath, [...FLAGS, file, ...args], {
    env: { ...process.env, TMPDIR: folder },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  child.stdout!.setEncoding('utf8').on('data', printed);
  const closed = once(child, 'close');
  try {
    await endOf(child, atMostMs, signal);
  } finally {
    keeper.stdin!.end();
    await gone;
    // Whom it left behind had its output open too, and is gone now.
    await closed;
  }
}

async function endOf(child: ChildProcess, atMostMs: number, signal: AbortSignal): Promise<void> {
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    child.kill('SIGKILL');
  }, atMostMs);
  const stop = () => child.kill('SIGKILL');
  signal.addEventListener('abort', stop);
  try {
    const [code, by] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
    signal.throwIfAborted();
    if (late) throw new Error(`it took longer than ${atMostMs / 1_000} s`);
    if (code !== 0) throw new Error(`it ended with ${by ?? code}`);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
  }
}
