import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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
  const started = spawn(process.execPath, [resolve('cli/launch.js'), ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
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
    running.kill(signal);
  });
}

const pidOf = (name: string) => Number(readFileSync(join(data, 'engines', `${name}.pid`), 'utf8').split(' ')[0]);
const alive = (pid: number) => existsSync(`/proc/${pid}`);
const lines = async (url: string) =>
  ((await (await fetch(`${url}/api/v1/logs?limit=5`)).json()) as { lines: unknown[] }).lines.length;

test('all engines: lines lie in OpenSearch, Ctrl-C ends them and nothing else, and a second start finds the data', async () => {
  const other = await Engine.start('s3');
  try {
    const first = start();
    const url = await first.url();
    expect(readFileSync(join(data, 'config', 'core.yaml'), 'utf8')).toMatch(/logs: opensearch[\s\S]*objects: s3/);
    await until('lines', async () => (await lines(url)) > 0, { withinMs: 30_000 });
    const address = /opensearch is up .* at (http\S+)/.exec(first.said())![1]!;
    const count = async (at: string) =>
      ((await (await fetch(`${at}/heliograph-logs-*/_count`)).json()) as { count: number }).count;
    await until('documents', async () => (await count(address)) > 0, { withinMs: 30_000 });
    const pids = ['opensearch', 's3'].map(pidOf);
    expect(pids.map(alive)).toEqual([true, true]);
    const asked = new Date().toISOString();
    expect(await stop(first.child, 'SIGINT')).toBe(0);
    expect(pids.map(alive)).toEqual([false, false]);
    expect((await fetch(`${other.values.S3_ENDPOINT}/healthz`)).ok).toBe(true);

    const second = start();
    const again = await second.url();
    const old = `${again}/api/v1/logs?limit=5&end=${asked}`;
    await until(
      'the old lines',
      async () => ((await (await fetch(old)).json()) as { lines: unknown[] }).lines.length > 0,
    );
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
  expect(wrong.said()).toContain('opensearch, s3');
});

test('without Java it says so, with the package that brings it, before anything is started', async () => {
  const tools = mkdtempSync(join(data, 'tools-'));
  // Only what every machine has; no mvn among it.
  const script = `#!/bin/bash\nexec ${process.execPath} "$@"\n`;
  writeFileSync(join(tools, 'node'), script, { mode: 0o755 });
  const started = spawn(
    process.execPath,
    [resolve('cli/launch.js'), 'start', '--data', data, ...FREE, '--engines', 'opensearch'],
    {
      env: { PATH: `${tools}:/bin:/usr/bin/nowhere`, HOME: data, JAVA_HOME: '/nowhere' },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  child = started;
  let said = '';
  started.stderr!.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  await until('its end', () => started.exitCode !== null, { withinMs: 30_000 });
  expect(said).toContain('HG_START_NEEDS');
  expect(existsSync(join(data, 'engines'))).toBe(false);
});
