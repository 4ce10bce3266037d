import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Engine } from '../support/engine.ts';
import { until } from '../support/until.ts';

let data: string;
let child: ChildProcess | null = null;
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'heliograph-start-engines-'));
});
afterEach(async () => {
  if (child) await stop(child, 'SIGTERM');
  rmSync(data, { recursive: true, force: true, maxRetries: 5 });
});

const FREE = ['--port', '--ingest-port', '--relay-port', '--relay-http-port', '--otlp-port'].flatMap((name) => [
  name,
  '0',
]);

/** As `npm run start:engines` does; `said` is all it printed. */
function start(...more: string[]): { child: ChildProcess; said: () => string; url: () => Promise<string> } {
  const args = ['start', '--data', data, ...FREE, '--hosts', '2', '--engines', ...more];
  // A group of its own, to which a terminal would send Ctrl-C.
  const started = spawn(process.execPath, [resolve('cli/launch.js'), ...args], {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child = started;
  let said = '';
  for (const stream of [started.stdout!, started.stderr!]) {
    stream.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
  }
  const url = () =>
    until(
      'its address',
      () => {
        if (started.exitCode !== null) throw new Error(`ended with ${started.exitCode}:\n${said}`);
        return /^http:\/\/127\.0\.0\.1:\d+$/m.exec(said)?.[0];
      },
      { withinMs: 240_000 },
    );
  return { child: started, said: () => said, url };
}

function stop(running: ChildProcess, signal: 'SIGINT' | 'SIGTERM'): Promise<number | null> {
  child = null;
  if (running.exitCode !== null) return Promise.resolve(running.exitCode);
  return new Promise((done) => {
    running.once('exit', (code) => done(code));
    process.kill(signal === 'SIGINT' ? -running.pid! : running.pid!, signal);
  });
}

const pidOf = (name: string) => Number(readFileSync(join(data, 'engines', `${name}.pid`), 'utf8').split(' ')[0]);
const alive = (pid: number) => existsSync(`/proc/${pid}`);
async function lines(url: string, parameters = ''): Promise<number> {
  const text = await (await fetch(`${url}/api/v1/logs?limit=5${parameters}`)).text();
  const { lines: found } = JSON.parse(text) as { lines?: unknown[] };
  if (!found) throw new Error(text);
  return found.length;
}

test('all engines: lines lie in OpenSearch, Ctrl-C ends them and nothing else, and a second start finds the data', async () => {
  const other = await Engine.start('victoria-metrics');
  try {
    const first = start();
    const url = await first.url();
    expect(readFileSync(join(data, 'config', 'core.yaml'), 'utf8')).toMatch(/logs: opensearch[\s\S]*objects: s3/);
    await until('lines', async () => (await lines(url)) > 0, { withinMs: 120_000 });
    const address = /opensearch is up .* at (http\S+)/.exec(first.said())![1]!;
    const count = async (at: string) =>
      ((await (await fetch(`${at}/heliograph-logs-*/_count`)).json()) as { count: number }).count;
    await until('documents', async () => (await count(address)) > 0, { withinMs: 30_000 });
    const pids = ['opensearch', 's3'].map(pidOf);
    expect(pids.map(alive)).toEqual([true, true]);
    const asked = new Date().toISOString();
    expect(await stop(first.child, 'SIGINT')).toBe(0);
    expect(pids.map(alive)).toEqual([false, false]);
    expect((await fetch(`${other.values.VICTORIA_METRICS_URL}/health`)).ok).toBe(true);

    const second = start();
    const again = await second.url();
    await until('the old lines', async () => (await lines(again, `&end=${asked}`)) > 0, { withinMs: 120_000 });
    expect(await stop(second.child, 'SIGTERM')).toBe(0);
  } finally {
    await other.stop();
  }
});

test('Ctrl-C while an engine is starting ends that one too; an engine that does not exist is named', async () => {
  const first = start('opensearch');
  const file = join(data, 'engines', 'opensearch.pid');
  await until('its process', () => existsSync(file) && pidOf('opensearch') > 0, { withinMs: 120_000 });
  const pid = pidOf('opensearch');
  expect(await stop(first.child, 'SIGINT')).toBe(0);
  await until('it is gone', () => !alive(pid));
  expect(first.said()).not.toContain('core is up');
  const wrong = start('cassandra');
  await until('its end', () => wrong.child.exitCode !== null);
  expect(wrong.said()).toMatch(/opensearch, .*s3/);
});
