import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { thisHost } from '../../cli/start/certificates.ts';
import { until } from '../support/until.ts';

let data: string;
let child: ChildProcess | null = null;
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'heliograph-start-'));
});
afterEach(async () => {
  if (child) await stop(child);
  rmSync(data, { recursive: true, force: true });
});

/** Starts everything on free ports and resolves with the address it prints. */
function start(): Promise<{ child: ChildProcess; url: string; said: () => string }> {
  const ports = [
    '--port',
    '0',
    '--ingest-port',
    '0',
    '--relay-port',
    '0',
    '--relay-http-port',
    '0',
    '--otlp-port',
    '0',
  ];
  const started = spawn(
    process.execPath,
    [resolve('cli/launch.js'), 'start', '--data', data, ...ports, '--hosts', '3'],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  child = started;
  let said = '';
  return new Promise((done, fail) => {
    const take = (chunk: Buffer) => {
      said += chunk.toString();
      const url = /^http:\/\/127\.0\.0\.1:\d+$/m.exec(said)?.[0];
      if (url) done({ child: started, url, said: () => said });
    };
    started.stdout!.on('data', take);
    started.stderr!.on('data', take);
    started.once('exit', (code) => fail(new Error(`ended with ${code}:\n${said}`)));
  });
}

function stop(running: ChildProcess): Promise<number | null> {
  child = null;
  return new Promise((done) => {
    running.once('exit', (code) => done(code));
    running.kill('SIGTERM');
  });
}

interface RulesAnswer {
  data: { groups: { rules: { health: string }[] }[] };
}
const json = async (url: string) =>
  (await (await fetch(url)).json()) as {
    data: { result: { metric: object; value: [number, string] }[] };
    lines: { message: string }[];
    hosts: { host: string }[];
  };

test("npm start: this host's load and one of its own log lines within 15 s; stops cleanly; the next start finds the data", {
  timeout: 300_000,
}, async () => {
  const first = await start();
  const load = `${first.url}/api/v1/query?query=${encodeURIComponent(`node_load1{instance="${thisHost()}"}`)}`;
  await until('node_load1 of this host', async () => (await json(load)).data.result.length === 1, { withinMs: 15_000 });
  await until('the first set of rules, evaluated', async () => {
    const { groups } = ((await (await fetch(`${first.url}/api/v1/rules`)).json()) as RulesAnswer).data;
    return groups.length > 3 && groups.every(({ rules }) => rules.every(({ health }) => health === 'ok'));
  });
  await until(
    'one of its own log lines',
    async () => {
      const { lines } = await json(`${first.url}/api/v1/logs?host=${thisHost()}&limit=5`);
      return lines.length > 0;
    },
    { withinMs: 15_000 },
  );
  // This machine, the canary, and the simulated ones.
  await until('all hosts in the fleet', async () => (await json(`${first.url}/api/v1/fleet`)).hosts.length === 5, {
    withinMs: 15_000,
  });
  const page = await (await fetch(first.url)).text();
  expect(page).toContain('<html');
  const asked = Date.now() / 1000;
  expect(await stop(first.child)).toBe(0);
  expect(first.said()).toContain('stopped; the data stays');
  for (const tier of ['core', 'relay', 'collector']) {
    const log = readFileSync(join(data, 'logs', `${tier}.log`), 'utf8');
    expect(log, tier).toContain(`${tier} is closed`);
    expect(log, tier).not.toContain('unexpected error');
  }
  expect(existsSync(join(data, 'config', 'core.yaml'))).toBe(true);

  const second = await start();
  const before = await json(`${second.url}/api/v1/query?query=node_load1&time=${asked}`);
  expect(before.data.result.length).toBeGreaterThanOrEqual(1);
});
