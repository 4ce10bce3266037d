import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCli } from '../support/run-cli.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'heliograph-cli-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const COMMANDS = [
  'start',
  'core',
  'relay',
  'collector',
  'ca',
  'ca init',
  'ca issue',
  'ca revoke',
  'query',
  'logs',
  'logs parse',
  'journal',
  'journal ls',
  'journal verify',
  'journal drain',
  'doctor',
  'deadletters',
  'deadletters ls',
  'deadletters show',
  'deadletters replay',
  'deadletters purge',
  'ledger',
  'level',
  'relabel',
  'relabel test',
  'check-config',
];

test.each(COMMANDS)('"%s --help" shows an example', async (command) => {
  const { code, out } = await runCli([...command.split(' '), '--help']);
  expect(code).toBe(0);
  expect(out).toContain('Example');
});

test('"simulate --help" shows an example', async () => {
  expect((await runCli(['--help'], 'simulate.ts')).out).toContain('Example');
});

test.each([
  [['--hosts', 'many'], "option '--hosts <n>' argument 'many' is invalid. write a whole number"],
  [['--hosts', '0'], 'write a whole number from 1'],
  [['--series', '1.5'], 'write a whole number'],
  [['--instants', '128'], 'write a whole number from 1 to 127'],
  [['--interval', '10'], 'write a duration such as 500ms'],
  [['--churn', '1'], 'write a share such as 1%'],
  [['--bad', '101%'], 'write a share such as 1%'],
  [['--kinds', 'fridge=3'], 'kinds: web, database, device, router, server'],
  [['--verify', 'core'], "write a core's address such as http://127.0.0.1:9470"],
  [['--storm', '--duration', '0s'], 'give --duration'],
  [['--outage', '5m', '--duration', '1m'], 'give --duration more than 451s'],
  [['--verify-hosts', '5'], 'give --verify CORE too'],
  [['--outage-hosts', '5%'], 'give --outage too'],
  [['--scenario', 'simulator/scenarios/bad-day.yaml', '--churn', '1%'], '--churn cannot stand beside --scenario'],
  [['--scenario', 'nowhere.yaml'], 'nowhere.yaml: there is no such file'],
])('simulate with %j says what is wrong and what to write', async (args, message) => {
  const wrong = await runCli(['--relay', '127.0.0.1:8883', ...args], 'simulate.ts');
  expect(wrong.code).toBe(1);
  expect(wrong.err).toContain(message);
  expect(wrong.err).not.toContain('    at ');
});

test.each(['abc', '0', '1.5', '1000'])('relay --workers %s says what may stand there', async (count) => {
  const wrong = await runCli(['relay', '--config', 'relay.yaml', '--workers', count]);
  expect(wrong.code).toBe(1);
  expect(wrong.err).toContain(
    `option '--workers <count>' argument '${count}' is invalid. write a whole number from 1 to 32`,
  );
});

test('"relay --help" says how many workers there may be, and what they do', async () => {
  const { out } = await runCli(['relay', '--help']);
  expect(out.replace(/\s+/g, ' ')).toContain('how many processes take collectors in on the one port, 1 to 32');
});

test('certificates: init, issue, revoke, list', async () => {
  const ca = join(folder, 'ca');
  expect((await runCli(['ca', 'init', '--dir', ca])).code).toBe(0);
  const issued = await runCli(['ca', 'issue', 'web-1', '--role', 'collector', '--dir', ca]);
  expect(issued.out.trim().split('\n')).toEqual([join(ca, 'web-1.pem'), join(ca, 'web-1.key')]);
  expect((await runCli(['ca', 'revoke', 'web-1', '--dir', ca])).code).toBe(0);
  expect(readFileSync(join(ca, 'revoked.txt'), 'utf8')).toMatch(/^[0-9a-f]{32} # web-1,/);
  const listed = await runCli(['ca', 'ls', '--dir', ca, '--json']);
  const rows = listed.out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { name: string; state: string });
  expect(rows.find((row) => row.name === 'web-1')?.state).toBe('revoked');
  const refused = await runCli(['ca', 'issue', '../evil', '--role', 'collector', '--dir', ca]);
  expect(refused.code).toBe(1);
  expect(refused.err).toContain('HG_CERT_NAME');
  expect(refused.err).not.toContain('    at ');
});

test('a configuration: what is wrong with it, by line, or that it is good', async () => {
  const file = join(folder, 'relay.yaml');
  const good = 'name: r\ndataDir: /tmp/x\ntls: {ca: a, cert: b, key: c}\ncores: ["127.0.0.1:1"]\n';
  writeFileSync(file, good);
  expect(await runCli(['check-config', file])).toMatchObject({
    code: 0,
    out: `${file}: a good configuration for a relay\n`,
  });
  const rules = join(folder, 'alerting.yaml');
  writeFileSync(rules, 'groups: [{name: g, rules: [{alert: A, expr: "a offset 5m > 1"}]}]');
  writeFileSync(file, `${good}rules: {file: ${rules}}\n`);
  expect((await runCli(['check-config', file])).err).toContain(
    `${rules}:1:45: "groups.0.rules.0.expr" is "a offset 5m > 1"`,
  );
  // Of several workers one evaluates for all.
  writeFileSync(rules, 'groups: [{name: g, rules: [{alert: A, expr: "a > 1"}]}]');
  writeFileSync(file, `${good}rules: {file: ${rules}}\nworkers: 2\n`);
  expect((await runCli(['check-config', file, '--tier', 'relay'])).code).toBe(0);
  writeFileSync(file, `${good}coress: []\n`);
  const { code, err } = await runCli(['check-config', file, '--tier', 'relay']);
  expect(code).toBe(1);
  expect(err).toContain(`${file}:5:1: key "coress" is not known; did you mean "cores"?`);
  expect((await runCli(['check-config', join(folder, 'none.yaml')])).err).toContain('HG_CONFIG_FILE');
  expect((await runCli(['relay', '--config', file])).err).toContain('HG_CONFIG_KEY');
  expect((await runCli(['relay'])).err).toContain('--config FILE is missing');
});

test('a taken port: the message names the option that changes it', async () => {
  const other = createServer();
  await new Promise<void>((done) => other.listen(0, '127.0.0.1', done));
  const { port } = other.address() as { port: number };
  const { code, err } = await runCli(['start', '--data', join(folder, 'data'), '--port', String(port)]);
  other.close();
  expect(code).toBe(1);
  expect(err).toContain('HG_PORT_TAKEN');
  expect(err).toContain('--port');
});

test('no core at the address: said so, with the address', async () => {
  const { code, err } = await runCli(['ledger', '--core', 'http://127.0.0.1:9']);
  expect(code).toBe(1);
  expect(err).toContain('HG_CORE_UNREACHABLE');
  expect(err).toContain('http://127.0.0.1:9');
});

test('one collection as text: from this machine, or from a root given', async () => {
  const here = await runCli(['collector', '--once', '--format', 'prometheus']);
  expect(here.code).toBe(0);
  expect(here.out).toMatch(/^# TYPE node_load1 gauge\nnode_load1 \d/m);
  const there = await runCli(['collector', '--once', '--root', 'test/collector/fixtures']);
  expect(there.out).toMatch(/^node_uname_info\{/m);
  // No figures of this machine under the name of another.
  const nowhere = await runCli(['collector', '--once', '--root', 'test/collector/fixture']);
  expect(nowhere).toMatchObject({ code: 1, out: '', err: expect.stringMatching(/fixture\/proc\/stat.*--root/) });
});
