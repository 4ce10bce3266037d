import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { z } from 'zod';
import { snmpConfig } from '../../../collector/node/snmp/config.ts';
import { readTable } from '../../../collector/node/snmp/table.ts';
import { parseConfig } from '../../../lib/config/load.ts';
import { quietHost } from '../../support/collector.ts';

const schema = z.strictObject({ snmp: snmpConfig() });
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'heliograph-snmp-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const parse = (text: string) => parseConfig('collector.yaml', text, schema).snmp;

const HEAD = 'snmp:\n  credentials:\n    default: {community: public}\n';

it('puts the defaults in, and reads addresses of each form', async () => {
  const config = parse(
    `${HEAD}  interval: 30s\n  devices:\n    - {name: a, address: 192.0.2.1}\n    - {name: b, address: "switch.example:1161", interval: 5m, budget: {time: 1m}}\n    - {name: c, address: "[2001:db8::1]:162"}\n    - {name: d, address: "2001:db8::2"}\n`,
  );
  const { devices } = await readTable(config, quietHost());
  expect(devices.map(({ host, port }) => `${host} ${port}`)).toEqual([
    '192.0.2.1 161',
    'switch.example 1161',
    '2001:db8::1 162',
    '2001:db8::2 161',
  ]);
  expect(devices[0]).toMatchObject({
    intervalMs: 30_000,
    timeoutMs: 5000,
    retries: 2,
    modules: ['system', 'if_mib'],
    budget: { ms: 27_000 },
  });
  expect(devices[1]).toMatchObject({ intervalMs: 300_000, budget: { ms: 60_000, rows: 50_000 } });
  // Each has a place of its own in its interval, the same at every start.
  expect(devices[0]!.phaseMs).not.toBe(devices[2]!.phaseMs);
  expect((await readTable(config, quietHost())).devices).toEqual(devices);
});

it('is handed over as JSON unchanged, as the small bundle does it', () => {
  const config = parse(`${HEAD}  devices:\n    - {name: a, address: 192.0.2.1}\n`);
  expect(JSON.parse(JSON.stringify(config))).toEqual(config);
});

it('says file, line, value and fix of what is wrong', () => {
  const cases: [string, RegExp][] = [
    [
      `${HEAD}  devices:\n    - {name: a, address: 192.0.2.1, credentials: core}\n`,
      /collector.yaml:5:\d+: "snmp.devices.0.credentials" is "core"; one of credentials: default/,
    ],
    [
      `${HEAD}  devices:\n    - {name: a, address: 192.0.2.1}\n    - {name: a, address: 192.0.2.2}\n`,
      /collector.yaml:6:.*another device has this name/,
    ],
    [`${HEAD}  devices:\n    - {name: a, address: "192.0.2.1:99999"}\n`, /collector.yaml:5:.*write an address such as/],
    [
      `${HEAD}  devices:\n    - {name: a, address: 192.0.2.1, modules: [if-mib]}\n`,
      /collector.yaml:5:.*write one of: system, if_mib/,
    ],
    [`${HEAD}  devices:\n    - {name: a, address: 192.0.2.1, intervall: 5s}\n`, /did you mean "interval"\?/],
    [`${HEAD}  devices:\n    - {name: a, address: 192.0.2.1, labels: {instance: b}}\n`, /this label has its own value/],
    [
      'snmp:\n  credentials:\n    default: {version: "2c"}\n',
      /collector.yaml:3:.*give one of community and communityFile/,
    ],
    ['snmp:\n  credentials:\n    default: {community: a, communityFile: b}\n', /not both/],
    ['snmp:\n  credentials:\n    a: {version: "3"}\n', /version "3" needs a user/],
    ['snmp:\n  credentials:\n    a: {version: "3", user: u, privacy: {password: longenough}}\n', /privacy needs auth/],
    ['snmp:\n  credentials:\n    a: {version: "3", user: u, auth: {password: short}}\n', /at least 8 characters/],
    ['snmp:\n  credentials:\n    a: {version: "3", user: u, community: c}\n', /a community is of version "2c"/],
    [`${HEAD}  traps: {listen: 127.0.0.1, credentials: [other]}\n`, /traps.credentials.0.*one of credentials: default/],
  ];
  for (const [text, words] of cases) expect(() => parse(text), text).toThrow(words);
});

it('prints no secret in an error', () => {
  for (const secret of ['hunter2hunter2', 'short']) {
    for (const text of [
      `snmp:\n  credentials:\n    a: {version: "3", user: u, auth: {password: ${secret}, passwordFile: b}}\n`,
      `snmp:\n  credentials:\n    a: {community: ${secret}, communityFile: b}\n`,
      `snmp:\n  credentials:\n    a: {version: "3", user: u, auth: {password: ${secret}, protocol: sha3}}\n`,
      `snmp:\n  credentials:\n    a: {version: "3", user: u, auth: {password: ${secret}}, community: x}\n`,
    ]) {
      let said = '';
      try {
        parse(text);
      } catch (error) {
        said = (error as Error).message;
      }
      if (said !== '') expect(said, text).not.toContain(secret);
    }
  }
});

it('reads the file of devices with credentials of its own, and says what is wrong in it', async () => {
  const path = join(folder, 'devices.yaml');
  const config = parse(`${HEAD}  devicesFile: ${path}\n  devices:\n    - {name: a, address: 192.0.2.1}\n`);
  const table = () => readTable(config, quietHost());
  await expect(table()).rejects.toMatchObject({ code: 'HG_CONFIG_FILE' });
  writeFileSync(join(folder, 'auth'), 'a long password\nand more\n');
  writeFileSync(
    path,
    `credentials:\n  core: {version: "3", user: keeper, auth: {protocol: sha256, passwordFile: ${folder}/auth}}\ndevices:\n  - {name: b, address: 192.0.2.2, credentials: core}\n  - {name: c, address: 192.0.2.3}\n`,
  );
  const { devices, files } = await table();
  expect(devices.map(({ name, credentials }) => [name, credentials.version])).toEqual([
    ['a', '2c'],
    ['b', '3'],
    ['c', '2c'],
  ]);
  expect(devices[1]!.credentials).toMatchObject({
    auth: { protocol: 'sha256', password: 'a long password' },
    privacy: null,
  });
  expect(files).toEqual([path, join(folder, 'auth')]);

  writeFileSync(path, 'devices:\n  - {name: a, address: 192.0.2.2}\n');
  await expect(table()).rejects.toThrow(/devices.yaml:2:.*the configuration has a device of this name/);
  writeFileSync(path, 'devices:\n  - {name: d, address: 192.0.2.2, credentials: nobody}\n');
  await expect(table()).rejects.toThrow(/devices.yaml:2:.*one of credentials: default/);
  writeFileSync(path, 'devices: [\n');
  await expect(table()).rejects.toMatchObject({ code: 'HG_CONFIG_SYNTAX' });
  writeFileSync(
    path,
    `credentials:\n  s: {communityFile: ${folder}/empty}\ndevices:\n  - {name: d, address: 192.0.2.2, credentials: s}\n`,
  );
  writeFileSync(join(folder, 'empty'), '\n');
  await expect(table()).rejects.toMatchObject({ code: 'HG_SNMP_SECRET' });
});
