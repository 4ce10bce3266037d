import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { keptRun } from '../../bench/process/kept-run.ts';
import { until } from '../support/until.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kept-run-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A program that starts one in a session of its own, as engines are, tells of it in a file, and goes on or ends with a code. */
function program(then: string): { readonly file: string; readonly told: string } {
  const [file, told] = [join(folder, 'program.mjs'), join(folder, 'told')];
  writeFileSync(
    file,
    `import { spawn } from 'node:child_process';
import { renameSync, writeFileSync } from 'node:fs';
const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { detached: true, stdio: 'inherit' });
writeFileSync(process.argv[2] + '.new', JSON.stringify({ pids: [process.pid, other.pid], folder: process.env.TMPDIR }));
renameSync(process.argv[2] + '.new', process.argv[2]);
console.log('said');
other.unref();
${then}
`,
  );
  return { file, told };
}

interface Told {
  readonly pids: readonly number[];
  readonly folder: string;
}

const read = (told: string): Told => JSON.parse(readFileSync(told, 'utf8'));
const FOREVER = 'setInterval(() => {}, 1000);';
const LONG_MS = 600_000;
const ignored = () => undefined;

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** One that was killed is there until whoever stands in for its parent has asked how it ended. */
async function gone({ pids, folder: temporary }: Told): Promise<void> {
  expect(existsSync(temporary)).toBe(false);
  await until('its processes to be gone', () => !pids.some(lives));
}

test('what a run printed is given back; what it left running and lying ends with it', async () => {
  const { file, told } = program('process.exit(0);');
  const printed: string[] = [];
  await keptRun(file, [told], LONG_MS, new AbortController().signal, (text) => printed.push(text));
  expect(printed.join('')).toBe('said\n');
  await gone(read(told));
});

test('a run that fails is told with its code, one that is too long or stopped is ended, and nothing is left of any', async () => {
  const failing = program('process.exit(3);');
  await expect(keptRun(failing.file, [failing.told], LONG_MS, new AbortController().signal, ignored)).rejects.toThrow(
    'it ended with 3',
  );
  await gone(read(failing.told));

  const stop = new AbortController();
  const endless = program(FOREVER);
  rmSync(endless.told);
  const running = keptRun(endless.file, [endless.told], LONG_MS, stop.signal, ignored);
  running.catch(() => undefined);
  await until('it to run', () => existsSync(endless.told));
  stop.abort();
  await expect(running).rejects.toThrow('aborted');
  await gone(read(endless.told));

  await expect(keptRun(endless.file, [endless.told], 1_000, new AbortController().signal, ignored)).rejects.toThrow(
    'it took longer than 1 s',
  );
});

test('nothing is left when the one that runs it is killed by SIGKILL', async () => {
  const { file, told } = program(FOREVER);
  const holder = join(folder, 'holder.ts');
  const module = pathToFileURL(join(import.meta.dirname, '../../bench/process/kept-run.ts')).href;
  writeFileSync(
    holder,
    `import { keptRun } from '${module}';
await keptRun(process.argv[2]!, [process.argv[3]!], 600_000, new AbortController().signal, () => undefined);`,
  );
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', holder, file, told], {
    stdio: 'ignore',
  });
  await until('it to run', () => existsSync(told));
  child.kill('SIGKILL');
  await once(child, 'exit');
  const { folder: temporary } = read(told);
  await until('the folder to be gone', () => !existsSync(temporary));
  await gone(read(told));
});
