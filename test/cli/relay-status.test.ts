import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RelayStatus } from '../../relay/status/contract.ts';
import { definitions, metricFrame, Place, statusMessage } from '../relay/setup.ts';
import { runCli } from '../support/run-cli.ts';
import { until } from '../support/until.ts';

/** A real relay, asked by the command line as a user does. The tests stand in an order: the last one takes the core away. */
let place: Place;
let relay: string;

beforeAll(async () => {
  place = await new Place().open();
  relay = `http://127.0.0.1:${place.relay.addresses.http}`;
  for (const [i, name] of ['db-1', 'web-1', 'web-2'].entries()) {
    const host = await place.connect(name);
    await host.publish('status', statusMessage({ time: Date.now() + i * 60_000, series: 100 + i }));
    if (i > 0) continue;
    const defs = definitions(10);
    await host.publish('definitions', defs.page);
    await host.publish('definitions', defs.base);
    await host.publish('metric', metricFrame(1, defs, 10));
  }
  await until('the relay to be well', async () => (JSON.parse(await place.page('/status.json')) as RelayStatus).well);
});
afterAll(() => place.close());

test('status prints once for people, with rates, and ends with 0 where the relay is well', async () => {
  const { code, out, err } = await runCli(['relay', 'status', '--relay', relay, '--sort', 'skew']);
  expect(err).toBe('');
  expect(code).toBe(0);
  const lines = out.split('\n');
  expect(lines[0]).toBe('relay1 (site north): well');
  expect(out).toContain('hosts whose clock is off: 2 of 3');
  expect(out).toMatch(/hosts 3, in [\d.]+\/s/);
  expect(out).toMatch(/core test-core for /);
  expect(out).toMatch(/^CLASS +IN +OUT +QUEUED/m);
  const hosts = lines.slice(lines.findIndex((line) => line.startsWith('HOST ')) + 1).map((line) => line.split(' ')[0]);
  expect(hosts.slice(0, 3)).toEqual(['web-2', 'web-1', 'db-1']);
  expect(out).not.toContain('\x1b');
});

test('a filter that no host meets is said', async () => {
  const { code, out } = await runCli(['relay', 'status', '--relay', relay, '--host', 'nobody']);
  expect(code).toBe(0);
  expect(out).toContain('\n(no host that is connected has "nobody" in its name)');
});

test('status --json is for scripts', async () => {
  const { code, out } = await runCli(['relay', 'status', '--relay', relay, '--json', '--host', 'WEB', '--hosts', '1']);
  expect(code).toBe(0);
  const status = JSON.parse(out) as RelayStatus;
  expect(status).toMatchObject({ version: 1, relay: 'relay1', well: true, page: { host: 'web', matching: 2 } });
  expect(status.rows).toHaveLength(1);
  expect(status.rate.overMs).not.toBeNull();
});

test('top in a pipe prints one status under the other and ends after --looks', async () => {
  const { code, out } = await runCli([
    'relay',
    'top',
    '--relay',
    relay,
    '--looks',
    '2',
    '--every',
    '50ms',
    '--host',
    'db',
  ]);
  expect(code).toBe(0);
  expect(out.match(/^relay1 \(site north\): well$/gm)).toHaveLength(2);
  expect(out.match(/^db-1 /gm)).toHaveLength(2);
  expect(out).not.toContain('web-1');
  expect(out).not.toContain('\x1b');
});

test('top ends at Ctrl-C, and that is no error', async () => {
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', resolve('cli/heliograph.ts'), 'relay', 'top', '--relay', relay],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let out = '';
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString();
  });
  const ended = new Promise((done) => child.once('exit', (code, signal) => done([code, signal])));
  await until('it shows something', () => out.includes('relay1'));
  child.kill('SIGINT');
  expect(await ended).toEqual([0, null]);
});

test('an address without a relay, or with something else, is told with what to do', async () => {
  const away = await runCli(['relay', 'status', '--relay', 'http://127.0.0.1:1']);
  expect(away.code).toBe(1);
  expect(away.err).toMatch(/HG_RELAY_UNREACHABLE: .*127\.0\.0\.1:1.*http\.listen/);
  const core = await runCli(['ledger', '--core', relay]);
  expect(core.code).toBe(1);
  expect(core.err).toMatch(/HG_CORE_ANSWER: .*127\.0\.0\.1:\d+ answers with 404, but not as a core does/);
  const wrong = await runCli(['relay', 'status', '--relay', relay, '--host', 'x'.repeat(200)]);
  expect(wrong.code).toBe(1);
  expect(wrong.err).toMatch(/HG_RELAY_ANSWER: .*HG_API_PARAMETER/);
});

test('a relay without a core is not well: status says so and ends with 1', async () => {
  await place.stopCore();
  await until('it is noticed', async () => !(JSON.parse(await place.page('/status.json')) as RelayStatus).well);
  const { code, out } = await runCli(['relay', 'status', '--relay', relay]);
  expect(code).toBe(1);
  expect(out).toMatch(/^relay1 \(site north\): not well\n {2}no core since /);
});
