import {
  closeSync,
  copyFileSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import type { Check } from '../../cli/doctor/check.ts';
import { createAuthority } from '../../lib/certificates/authority.ts';
import { revoke } from '../../lib/certificates/revocation.ts';
import { ConnectProxy } from '../support/connect-proxy.ts';
import { createFleet, type Fleet } from '../support/fleet.ts';
import { runCli } from '../support/run-cli.ts';
import { until } from '../support/until.ts';

const DAY = 86_400_000;
let fleet: Fleet;
let core: string;
beforeAll(async () => {
  fleet = await createFleet({ collectors: 1 });
  core = fleet.coreUrl.href;
  await fleet.core.start();
  await fleet.relay.start();
  await fleet.collectors[0]!.start();
  writeFileSync(join(fleet.logFolder(0), 'app.log'), 'INFO hello\n');
  await until('the host at the core', async () => {
    const answer = (await (await fetch(new URL('/api/v1/fleet', core))).json()) as {
      hosts: { host: string; connected: boolean }[];
    };
    return answer.hosts.find(({ host }) => host === 'host-0')?.connected;
  });
});
afterAll(() => fleet.close());

/** A tier's configuration with something changed; where it was written. */
function changed(name: string, change: (config: Record<string, never>) => void): string {
  const config = parse(readFileSync(join(fleet.directory, `${name}.yaml`), 'utf8')) as Record<string, never>;
  change(config);
  const file = join(fleet.directory, 'changed.yaml');
  writeFileSync(file, stringify(config));
  return file;
}

async function doctor(args: readonly string[], code = 1): Promise<readonly Check[]> {
  const result = await runCli(['doctor', '--json', ...args]);
  expect(result.err).toBe('');
  expect(result.code, result.out).toBe(code);
  const { well, checks } = JSON.parse(result.out) as { well: boolean; checks: Check[] };
  expect(well).toBe(code === 0);
  // What is not well always comes with what to do.
  for (const check of checks) expect(check.fix !== '', check.found).toBe(check.level !== 'ok');
  return checks;
}

const failures = (checks: readonly Check[]) => checks.filter(({ level }) => level === 'FAIL');

test('tiers that are well: nothing is FAIL, and nobody is disturbed', async () => {
  const connections = async () =>
    /heliograph_relay_core_connected 1/.test(await (await fetch(new URL('/metrics', fleet.relayUrl))).text());
  for (const name of ['host-0', 'relay-1', 'core-1']) {
    const checks = await doctor(['--config', join(fleet.directory, `${name}.yaml`), '--core', core], 0);
    expect(checks.find(({ what }) => what === 'process')).toMatchObject({ level: 'ok' });
    expect(checks.filter(({ what }) => what === 'clock').every(({ level }) => level === 'ok')).toBe(true);
  }
  expect(await connections()).toBe(true);
  const events = (await (await fetch(new URL('/api/v1/fleet/events', core))).json()) as { events: { type: string }[] };
  expect(events.events.filter(({ type }) => type === 'host_down')).toEqual([]);
  expect(readFileSync(join(fleet.directory, 'relay-1.out'), 'utf8')).not.toContain('stream to the core ended');
  const text = await runCli(['doctor', '--core', core]);
  expect(text.out).toMatch(/^ok {4}core/m);
  expect(text.out).toContain('0 FAIL');
});

test('certificates: run out, of another authority, of another role, with another key, revoked, not there', async () => {
  const other = join(fleet.directory, 'other-ca');
  const foreign = await createAuthority(other, Date.now());
  await foreign.issue({ name: 'host-0', role: 'collector', days: 2 });
  const old = await createAuthority(join(fleet.directory, 'ca'), Date.now() - 10 * DAY);
  await old.issue({ name: 'expired', role: 'collector', days: 1 });
  await fleet.authority.issue({ name: 'denied', role: 'collector', days: 2 });
  revoke(join(fleet.directory, 'ca'), 'denied', Date.now());
  const ca = (file: string) => join(fleet.directory, 'ca', file);
  const tls = (cert: string, key = cert) => ({ ca: ca('ca.pem'), cert: ca(`${cert}.pem`), key: ca(`${key}.key`) });
  const found = async (files: object) => {
    const file = changed('host-0', (config) => Object.assign(config, { tls: files }));
    return failures(await doctor(['--config', file]))
      .map((check) => `${check.what}: ${check.found}`)
      .join('\n');
  };

  expect(await found(tls('expired'))).toMatch(
    /certificate: .*expired\.pem ran out 9 days ago[\s\S]*relay .*: .*certificate/,
  );
  const mixed = await found({ ...tls('host-0'), cert: join(other, 'host-0.pem'), key: join(other, 'host-0.key') });
  expect(mixed).toContain('was not issued by the authority in');
  expect(mixed).toMatch(/relay .*: .*does not accept our certificate/);
  expect(await found({ ...tls('host-0'), ca: join(other, 'ca.pem') })).toMatch(
    /relay .*: .*issued by another authority/,
  );
  expect(await found(tls('relay-1'))).toContain('is one for a relay, this is a collector');
  expect(await found(tls('host-0', 'expired'))).toContain('is not the key of');
  await until('the deny list at the relay', async () => /relay .*: .*deny list/.test(await found(tls('denied'))));
  expect(await found(tls('nobody'))).toContain('it does not exist');
});

test('the next tier: nobody there, another program, a name that cannot be resolved, the wrong port', async () => {
  const silent = createServer((socket) => socket.end('220 mail\r\n'));
  await new Promise<void>((done) => silent.listen(0, '127.0.0.1', done));
  const { port } = silent.address() as { port: number };
  const relays = ['127.0.0.1:9', `127.0.0.1:${port}`, 'nobody.invalid:8883', `127.0.0.1:${fleet.corePort}`];
  const file = changed('host-0', (config) => Object.assign(config, { relays }));
  const checks = await doctor(['--config', file]);
  silent.close();
  const of = (relay: string) => checks.find(({ what }) => what === `relay ${relay}`);
  expect(of(relays[0]!)).toMatchObject({ level: 'FAIL', found: expect.stringContaining('nothing listens there') });
  expect(of(relays[1]!)).toMatchObject({ level: 'FAIL', found: expect.stringContaining('TLS') });
  expect(of(relays[2]!)).toMatchObject({ level: 'FAIL', found: expect.stringContaining('cannot be resolved') });
  expect(of(relays[3]!)).toMatchObject({ level: 'FAIL', found: expect.stringContaining('is one for a core') });

  const relay = changed('relay-1', (config) =>
    Object.assign(config, { cores: [`127.0.0.1:${fleet.relayAddress.port}`, `localhost:${fleet.corePort}`] }),
  );
  const seen = await doctor(['--config', relay]);
  expect(seen.find(({ what }) => what === `core 127.0.0.1:${fleet.relayAddress.port}`)?.level).toBe('FAIL');
  // Good for two days only, which is told as well.
  const good = seen.find(({ what }) => what === `core localhost:${fleet.corePort}`);
  expect(good).toMatchObject({ level: 'warn', found: expect.stringContaining('it takes our certificate') });
});

test('a collector behind a proxy is looked at through it, and a proxy that forbids is named', async () => {
  const proxy = await ConnectProxy.open();
  try {
    const setting = `http://127.0.0.1:${proxy.port}` as never;
    const file = changed('host-0', (config) => {
      config.proxy = setting;
    });
    await doctor(['--config', file, '--core', core], 0);
    expect(proxy.made.length).toBe(1);
    proxy.status = 403;
    const [failed, ...others] = failures(await doctor(['--config', file, '--core', core]));
    expect(failed!.found).toMatch(/^HG_PROXY_REFUSED.* 403 /);
    expect(others).toEqual([]);
  } finally {
    await proxy.close();
  }
});

test('a stopped collector logs in, and the clocks are compared; its journal is damaged; its log has errors', async () => {
  const running = await doctor(['--config', join(fleet.directory, 'host-0.yaml'), '--login'], 0);
  expect(running.some(({ found }) => found.includes('not logged in'))).toBe(true);
  await fleet.collectors[0]!.stop();
  const config = join(fleet.directory, 'host-0.yaml');
  const stopped = await doctor(['--config', config, '--login'], 0);
  expect(stopped.find(({ found }) => found.includes('logged in; the clock here is within'))).toMatchObject({
    level: 'ok',
  });
  expect(stopped.find(({ what }) => what === 'process')).toMatchObject({ level: 'warn' });

  const folder = join(fleet.directory, 'host-0', 'spool', 'metric');
  const file = join(folder, readdirSync(folder)[0]!);
  const fd = openSync(file, 'r+');
  writeSync(fd, Uint8Array.of(readFileSync(file)[140]! ^ 1), 0, 1, 140);
  closeSync(fd);
  const log = join(fleet.directory, 'own.log');
  const line = {
    '@timestamp': new Date().toISOString(),
    'log.level': 'error',
    message: 'the sky falls',
    reason: 'gravity',
  };
  writeFileSync(log, `${JSON.stringify(line)}\n${JSON.stringify(line)}\n`);
  const damaged = await doctor(['--config', config, '--log', log]);
  expect(failures(damaged)).toMatchObject([{ what: 'spool', found: '1 place damaged' }]);
  expect(damaged.find(({ what }) => what === 'log')?.found).toMatch(/2 times \(error\): the sky falls reason=gravity/);
});

test('a relay that is stopped logs in at the core; a core that is away; a folder that cannot be', async () => {
  await fleet.relay.stop();
  const checks = await doctor(['--config', join(fleet.directory, 'relay-1.yaml'), '--login'], 0);
  expect(checks.find(({ found }) => found.includes('logged in; the clock here is within'))).toMatchObject({
    level: 'ok',
  });
  expect(failures(await doctor(['--core', core])).map(({ what }) => what)).toEqual(['relays']);

  const blocked = join(fleet.directory, 'blocked');
  mkdirSync(blocked);
  copyFileSync(join(fleet.directory, 'ca', 'ca.pem'), join(blocked, 'file'));
  const file = changed('relay-1', (config) => Object.assign(config, { dataDir: join(blocked, 'file') }));
  expect(failures(await doctor(['--config', file])).map(({ what }) => what)).toContain('write');

  await fleet.core.stop();
  expect(failures(await doctor(['--core', core]))).toMatchObject([
    { what: 'core', found: expect.stringContaining('nothing listens') },
  ]);
  const broken = await doctor(['--config', join(fleet.directory, 'none.yaml')]);
  expect(broken).toMatchObject([{ what: 'configuration', level: 'FAIL' }]);
});
