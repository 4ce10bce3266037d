import { type ChildProcess, spawn } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { createFleet, type Fleet } from '../support/fleet.ts';
import { type CliResult, runCli } from '../support/run-cli.ts';
import { until } from '../support/until.ts';

let fleet: Fleet;
const children: ChildProcess[] = [];
beforeAll(async () => {
  fleet = await createFleet({ collectors: 2 });
  await fleet.core.start();
  await fleet.relay.start();
  for (const collector of fleet.collectors) await collector.start();
  write(0, 'INFO first request took 5 ms', 'ERROR disk of \x1b[31mred\x1b[0m is full', 'DEBUG details');
  write(1, 'WARN second request took 9 ms', 'INFO "quoted words" here');
  await until('five lines', async () => (await found('--service', 'test')).length === 5);
});
afterAll(() => fleet.close());
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

function write(host: number, ...lines: string[]): void {
  appendFileSync(join(fleet.logFolder(host), 'app.log'), lines.map((line) => `${line}\n`).join(''));
}

function logs(...args: string[]): Promise<CliResult> {
  return runCli(['logs', ...args, '--core', fleet.coreUrl.href]);
}

async function found(...args: string[]): Promise<string[]> {
  const { out } = await logs(...args, '--json');
  const lines = out.split('\n').filter((line) => line !== '');
  return lines.map((line) => (JSON.parse(line) as { message: string }).message);
}

/** A tail that runs: what it printed so far. */
function follow(...args: string[]): { out: () => string; err: () => string } {
  const all = ['logs', ...args, '--follow', '--core', fleet.coreUrl.href];
  const child = spawn(process.execPath, [
    '--disable-warning=ExperimentalWarning',
    resolve('cli/heliograph.ts'),
    ...all,
  ]);
  children.push(child);
  const said = { out: '', err: '' };
  child.stdout.on('data', (chunk: Buffer) => {
    said.out += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    said.err += chunk.toString();
  });
  return { out: () => said.out, err: () => said.err };
}

test('words, phrase, host, level and above, limit: the newest last', async () => {
  expect(await found('request')).toHaveLength(2);
  expect(await found('"quoted words"')).toEqual(['INFO "quoted words" here']);
  expect(await found('request', '--host', 'host-1')).toEqual(['WARN second request took 9 ms']);
  const level = await found('--service', 'test', '--level', 'warn');
  expect(level.map((line) => line.split(' ')[0]).sort()).toEqual(['ERROR', 'WARN']);
  const times = (await logs('--service', 'test')).out
    .split('\n')
    .map((line) => line.slice(0, 23))
    .filter((time) => time !== '');
  expect(times).toEqual(times.toSorted());
  const one = await logs('--service', 'test', '--limit', '1');
  expect(one.out.trim().split('\n')).toHaveLength(1);
  expect(one.err).toContain('there are more');
});

test('a pipe gets no colour, and a line cannot write to the terminal', async () => {
  const { out } = await logs('disk');
  expect(out).toContain('ERROR disk of \\x1b[31mred\\x1b[0m is full');
  expect(out).not.toContain('\x1b');
  expect(out).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} host-0 test ERROR /);
});

test('nothing found, a wrong level, no core: said, with what to do', async () => {
  const none = await logs('nothinglikethis');
  expect(none).toMatchObject({ code: 0, out: '' });
  expect(none.err).toContain('--since');
  expect((await logs('--level', 'loud')).err).toContain('write one of: trace, debug');
  expect((await logs('--since', 'yesterday')).err).toContain('write a duration');
  const away = await runCli(['logs', '--core', 'http://127.0.0.1:9']);
  expect(away.code).toBe(1);
  expect(away.err).toContain('HG_CORE_UNREACHABLE');
});

test('--follow: each line once, in order; over a restart of the core too, and it says so', async () => {
  const tail = follow('tailed', '--service', 'test');
  await until('the tail waits', () => tail.err().includes('waiting for lines'));
  for (let i = 0; i < 20; i++) write(0, `INFO tailed number=${i}`);
  await until('twenty lines', () => numbers(tail.out()).length >= 20);
  expect(numbers(tail.out())).toEqual(Array.from({ length: 20 }, (_, i) => i));

  await fleet.core.kill();
  await until('it says that the core is away', () => /HG_CORE_UNREACHABLE.*waiting for it/.test(tail.err()));
  for (let i = 20; i < 30; i++) write(0, `INFO tailed number=${i}`);
  await fleet.core.start();
  await until('what came meanwhile', () => numbers(tail.out()).length >= 30, { withinMs: 40_000 });
  expect(tail.err()).toContain('the core answers again');
  write(0, 'INFO tailed number=30');
  await until('and what comes after', () => numbers(tail.out()).length >= 31);
  expect(numbers(tail.out()).sort((a, b) => a - b)).toEqual(Array.from({ length: 31 }, (_, i) => i));
});

function numbers(text: string): number[] {
  return [...text.matchAll(/number=(\d+)/g)].map((match) => Number(match[1]));
}
