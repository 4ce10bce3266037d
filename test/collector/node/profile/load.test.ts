import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hostSources } from '../../../../collector/core/sources/host-sources.ts';
import { collectorConfig } from '../../../../collector/node/config.ts';
import { loadProfile, profileNames } from '../../../../collector/node/profile/load.ts';
import { collectorFile, readCollectorConfig } from '../../../../collector/node/profile/read-config.ts';
import { nodeFlags } from '../../../../collector/node/small-process.ts';
import { HeliographError } from '../../../../lib/errors.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'heliograph-profiles-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const HOST = { relays: ['relay.example:8883'], tls: { ca: 'a', cert: 'b', key: 'c' }, dataDir: '/d' };

function file(text: string): string {
  const path = join(folder, 'own.yaml');
  writeFileSync(path, text);
  return path;
}

function failure(work: () => unknown): HeliographError {
  try {
    work();
  } catch (error) {
    if (error instanceof HeliographError) return error;
    throw error;
  }
  throw new Error('it did not fail');
}

test('all kinds of hardware are there', () => {
  expect(profileNames()).toEqual([
    'bmc',
    'industrial-gateway',
    'openwrt-router',
    'raspberry-pi',
    'server-arm64',
    'server-x86_64',
    'snmp-proxy',
    'switch-linux',
    'virtual-machine',
  ]);
});

test('servers have room for a thousand processors, a proxy for its devices, and its V8 is not kept small', () => {
  for (const name of ['server-x86_64', 'server-arm64']) expect(loadProfile(name).defaults.seriesLimit).toBe(20_000);
  const { defaults, caps, compilers } = loadProfile('snmp-proxy');
  expect(defaults.pushedSeriesLimit).toBe(100_000);
  expect(nodeFlags(caps.heap / 2 ** 20, compilers)).toEqual(['--max-old-space-size=192', '--expose-gc']);
  const server = loadProfile('server-x86_64');
  expect(nodeFlags(server.caps.heap / 2 ** 20, server.compilers)).toContain('--optimize-for-size');
});

describe.each(profileNames())('%s', (name) => {
  const profile = loadProfile(name);
  const config = collectorConfig.parse({ ...profile.defaults, ...HOST });

  test('its defaults make a good configuration with what a host must say itself', () => {
    expect(config.interval).toBeGreaterThanOrEqual(1000);
    expect(config.spool.mode).toBe(profile.caps.flashWritesPerDay === 'none' ? 'disk' : 'memory');
  });

  test('the sources it leaves out are sources', () => {
    const known = hostSources().map((source) => source.name);
    for (const source of config.disabledSources) expect(known).toContain(source);
  });

  test('its caps hold what it is told to keep', () => {
    const { caps } = profile;
    // Beside the spool: definitions, positions, the name of the boot.
    expect(config.spool.maxBytes).toBeLessThanOrEqual(caps.disk * 0.9);
    expect(config.spool.segmentBytes * 4).toBeLessThanOrEqual(config.spool.maxBytes);
    // Some 42 MB of what is resident are the program's own pages.
    expect(caps.heap + 48 * 2 ** 20).toBeLessThanOrEqual(caps.memory);
    if (caps.flashWritesPerDay !== 'none') expect(caps.flashWritesPerDay).toBeLessThan(caps.disk);
  });

  test("Node for its processors exists, or is the device's own; it is packed for who starts it", () => {
    const { packaging } = profile;
    if (packaging.init === 'procd') expect(packaging).toMatchObject({ formats: ['tar'], node: 'device' });
    if (packaging.node === 'device') expect(packaging.formats).toEqual(['tar']);
  });
});

describe('a profile that is not good', () => {
  const GOOD = readFileSync(loadProfile('raspberry-pi').file, 'utf8');
  const load = (text: string) => failure(() => loadProfile(file(text)));

  test.each<[string, string, string, string, RegExp]>([
    [
      'a key with a slip',
      'memory: 96MiB',
      'memroy: 96MiB',
      'HG_CONFIG_KEY',
      /own\.yaml:5:3: .*"caps\.memroy".*did you mean "memory"/s,
    ],
    [
      'a size without unit',
      'memory: 96MiB',
      'memory: 96',
      'HG_CONFIG_VALUE',
      /own\.yaml:5:\d+: "caps\.memory" is 96; write a value of type string/,
    ],
    ['more than any core', 'cpu: 25%', 'cpu: 25', 'HG_CONFIG_VALUE', /"caps\.cpu" is 25/],
    ['a share of nothing', 'cpu: 25%', 'cpu: 0%', 'HG_CONFIG_VALUE', /"caps\.cpu" is "0%"; write a share of one core/],
    [
      'a format nobody makes',
      '[deb, tar]',
      '[deb, msi]',
      'HG_CONFIG_VALUE',
      /"packaging\.formats\.1" is "msi"; write one of: deb, rpm, tar/,
    ],
    [
      'a default that the configuration does not know',
      'interval: 15s',
      'intervall: 15s',
      'HG_CONFIG_KEY',
      /"collector\.intervall".*did you mean "interval"/s,
    ],
    [
      'a default of a wrong value',
      'mode: memory',
      'mode: flash',
      'HG_CONFIG_VALUE',
      /"collector\.spool\.mode" is "flash"; write one of: disk, memory/,
    ],
    [
      "a host's own key",
      'interval: 15s',
      'dataDir: /x\n  relays: [a]',
      'HG_CONFIG_KEY',
      /"collector\.relays" is not known/,
    ],
    ['no YAML', 'caps:', 'caps: [', 'HG_CONFIG_SYNTAX', /own\.yaml:\d+/],
  ])('%s', (_, from, to, code, message) => {
    expect(GOOD).toContain(from);
    const error = load(GOOD.replace(from, to));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
  });

  test('a name with a slip, and a file that is not there', () => {
    expect(failure(() => loadProfile('rasberry-pi'))).toMatchObject({
      code: 'HG_PROFILE_UNKNOWN',
      message: expect.stringContaining('did you mean "raspberry-pi"?'),
    });
    expect(failure(() => loadProfile('toaster')).message).toContain('there are: bmc, ');
    expect(failure(() => loadProfile('./nothing.yaml'))).toMatchObject({
      code: 'HG_PROFILE_UNKNOWN',
      message: expect.stringContaining('./nothing.yaml'),
    });
    expect(failure(() => loadProfile('../../no-such-folder/passwd')).code).toBe('HG_PROFILE_UNKNOWN');
  });
});

describe('a configuration', () => {
  const HEAD = JSON.stringify(HOST).slice(0, -1);
  const read = (more: string, profile?: string) =>
    readCollectorConfig(file(`${HEAD}${more}}`), {
      profile,
      detect: () => ({ name: 'bmc', because: 'the test says so', not: [] }),
    });

  test('takes from the profile of the machine what its file leaves out', () => {
    expect(read('')).toMatchObject({
      profile: 'bmc',
      interval: 30_000,
      seriesLimit: 1000,
      spool: { mode: 'memory', maxBytes: 8 * 2 ** 20 },
    });
  });

  test('the file goes before the machine, the flag before the file, the values of the file before all', () => {
    expect(read(', "profile": "raspberry-pi"')).toMatchObject({ profile: 'raspberry-pi', interval: 15_000 });
    expect(read(', "profile": "raspberry-pi", "interval": "1s"', 'snmp-proxy')).toMatchObject({
      profile: 'snmp-proxy',
      interval: 1000,
      seriesLimit: 100_000,
    });
  });

  test('sections are filled up, lists are taken whole', () => {
    const { spool, disabledSources } = read(', "spool": { "maxBytes": "5MiB" }, "disabledSources": ["cpu"]');
    expect(spool).toMatchObject({
      mode: 'memory',
      maxBytes: 5 * 2 ** 20,
      segmentBytes: 2 ** 20,
      linger: 5,
    });
    expect(disabledSources).toEqual(['cpu']);
  });

  test('what is wrong in the file is said as ever', () => {
    expect(failure(() => read(', "intervall": "1s"')).message).toMatch(
      /"intervall" is not known; did you mean "interval"/,
    );
    expect(failure(() => read(', "profile": 5')).message).toMatch(/"profile" is 5; write a value of type string/);
    expect(failure(() => read(', "profile": "toaster"')).code).toBe('HG_PROFILE_UNKNOWN');
    expect(collectorFile().safeParse('text').success).toBe(false);
  });

  test("a profile of one's own, by its path", () => {
    const own = join(folder, 'kiosk.yaml');
    writeFileSync(own, readFileSync(loadProfile('bmc').file, 'utf8').replace('interval: 30s', 'interval: 45s'));
    expect(read(`, "profile": ${JSON.stringify(own)}`)).toMatchObject({ profile: 'kiosk', interval: 45_000 });
  });
});
