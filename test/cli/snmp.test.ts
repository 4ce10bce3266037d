import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runCli } from '../support/run-cli.ts';
import { SnmpDevice } from '../support/snmp-device.ts';
import { switchWalk } from '../support/snmp-walk.ts';

let folder: string;
let device: SnmpDevice;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'heliograph-snmp-'));
  device = await SnmpDevice.start({ walk: switchWalk(2), community: 'not-public' });
  writeFileSync(join(folder, 'community'), 'not-public\n');
});
afterEach(async () => {
  await device.close();
  rmSync(folder, { recursive: true, force: true });
});

const snmp = (...args: string[]) => runCli(['collector', 'snmp', ...args]);

test('a device that is in no table is polled once and printed as Prometheus text', async () => {
  const { code, out, err } = await snmp(
    'test',
    '--address',
    `127.0.0.1:${device.port}`,
    '--community-file',
    join(folder, 'community'),
  );
  expect(err).toMatch(/device: \d+ series/);
  expect(code).toBe(0);
  expect(out).toContain(
    '# HELP ifHCInOctets Octets received, 64 bits - 1.3.6.1.2.1.31.1.1.1.6\n# TYPE ifHCInOctets counter\n',
  );
  expect(out).toContain('ifHCInOctets{ifAlias="",ifDescr="Ethernet2",ifIndex="2",ifName="Ethernet2"} 1101511627790\n');
  expect(out).toContain(
    'ifHCInOctets{ifAlias="uplink to \\"core-1\\"",ifDescr="Ethernet1",ifIndex="1",ifName="Ethernet1"} 1100511627783\n',
  );
  expect(out).toMatch(/^up 1$/m);
});

test('a device of a configuration is found by its name, or what it may have been meant to be', async () => {
  const config = join(folder, 'collector.yaml');
  writeFileSync(
    config,
    `relays: ["127.0.0.1:1"]\ntls: {ca: ca, cert: cert, key: key}\ndataDir: data\nsnmp:\n  credentials:\n    default: {communityFile: ${folder}/community}\n  devices:\n    - {name: switch-1, address: "127.0.0.1:${device.port}"}\n    - {name: router-1, address: "127.0.0.1:1", timeout: 300ms, retries: 0}\n`,
  );
  const good = await snmp('test', 'switch-1', '--config', config, '--json');
  expect(good.code).toBe(0);
  const answer = JSON.parse(good.out) as { error: unknown; samples: { name: string; value: number }[] };
  expect(answer).toMatchObject({ device: 'switch-1', error: null });
  expect(answer.samples.find(({ name }) => name === 'up')).toEqual({ name: 'up', labels: {}, value: 1 });

  const near = await snmp('test', 'swich-1', '--config', config);
  expect(near).toMatchObject({ code: 1, err: expect.stringContaining('did you mean switch-1?') });
  const none = await snmp('test', '--config', config);
  expect(none.err).toContain('HG_SNMP_DEVICE');
  const bad = await snmp('test', 'router-1', '--config', config, '--json');
  expect(bad.code).toBe(1);
  const said = await snmp('test', 'router-1', '--config', config);
  expect(said.err).toMatch(/^heliograph: HG_SNMP_UNREACHABLE: .*router-1 \(127.0.0.1:1\)/m);
  expect(said.out).toMatch(/^up 0$/m);
  expect(JSON.parse(bad.out)).toMatchObject({ error: { code: 'HG_SNMP_UNREACHABLE', reason: 'unreachable' } });
});

test('a walk prints what is there, and a device that says nothing is told with what to look at', async () => {
  const address = ['--address', `127.0.0.1:${device.port}`];
  const walked = await snmp('walk', '1.3.6.1.2.1.1', ...address, '--community', 'not-public');
  expect(walked.out).toContain('1.3.6.1.2.1.1.3.0 ticks 123456789\n1.3.6.1.2.1.1.4.0 octets noc@example.org\n');
  const silent = await snmp(
    'walk',
    '1.3.6.1.2.1.1',
    ...address,
    '--community',
    'sesame',
    '--timeout',
    '200ms',
    '--retries',
    '0',
  );
  expect(silent.code).toBe(1);
  expect(silent.err).toMatch(/HG_SNMP_TIMEOUT.*wrong community/s);
  expect(silent.err).not.toContain('sesame');
  const missing = await snmp('test', ...address, '--community-file', join(folder, 'none'));
  expect(missing.err).toMatch(/HG_SNMP_SECRET.*there is no such file/s);
});
