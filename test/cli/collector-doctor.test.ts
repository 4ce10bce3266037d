import { chownSync, cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Check } from '../../cli/doctor/check.ts';
import { checkClockFloor } from '../../cli/doctor/clock-floor.ts';
import { checkOwnReport } from '../../cli/doctor/own-report.ts';
import { checkRights } from '../../cli/doctor/rights.ts';
import { checkSources } from '../../cli/doctor/sources.ts';
import { bytesWritten, OwnErrors, type OwnReport, readReport, writeReport } from '../../collector/node/own-report.ts';
import { startCollector } from '../../collector/node/start.ts';
import { createAuthority } from '../../lib/certificates/authority.ts';
import type { TestBroker } from '../support/broker.ts';
import type { Station } from '../support/collector.ts';
import { runCli } from '../support/run-cli.ts';
import { stationAndBroker } from '../support/station-and-broker.ts';
import { until } from '../support/until.ts';

const MIB = 2 ** 20;
const NOW = Date.UTC(2026, 10, 29);
const isRoot = process.getuid?.() === 0;

let station: Station;
let broker: TestBroker;
stationAndBroker((...opened) => {
  [station, broker] = opened;
});

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'heliograph-doctor-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

async function doctor(config: object, more: readonly string[] = []): Promise<{ code: number | null; checks: Check[] }> {
  const file = join(folder, 'collector.yaml');
  const { relays, ...rest } = {
    relays: [`127.0.0.1:${broker.port}`],
    dataDir: join(folder, 'data'),
    tls: station.host,
    ...config,
  } as Record<string, unknown>;
  writeFileSync(file, JSON.stringify({ relays, ...rest }));
  const { code, out, err } = await runCli([
    'collector',
    'doctor',
    '--json',
    '--config',
    file,
    '--runtime',
    folder,
    ...more,
  ]);
  expect(err).toBe('');
  const { well, checks } = JSON.parse(out) as { well: boolean; checks: Check[] };
  expect(code).toBe(well ? 0 : 1);
  return { code, checks };
}

const failed = (checks: readonly Check[]) =>
  checks
    .filter(({ level }) => level === 'FAIL')
    .map(({ what, found }) => `${what}: ${found}`)
    .join('\n');

describe('a certificate', () => {
  test.each<[string, number, RegExp]>([
    ['that is not valid yet', 10, /certificate: .*begins only 20\d\d-.*; the clock here says/],
    ['that has run out', -10, /certificate: .*ran out 9 days ago/],
  ])('%s', async (_, days, message) => {
    const authority = await createAuthority(join(station.directory, 'ca'), Date.now() + days * 86_400_000);
    const tls = await authority.issue({ name: `host-${days}`, role: 'collector', days: 1 });
    const { code, checks } = await doctor({ tls });
    expect(code).toBe(1);
    expect(failed(checks)).toMatch(message);
  });

  test('of another name than the configuration says', async () => {
    expect(failed((await doctor({ name: 'host-2' })).checks)).toMatch(
      /is of "host-1", the configuration says "host-2"/,
    );
  });
});

test('a configuration that is not one is the one thing said', async () => {
  const { code, checks } = await doctor({ interval: 10 });
  expect(code).toBe(1);
  expect(checks).toMatchObject([{ what: 'configuration', found: expect.stringContaining('"interval" is 10') }]);
});

test('a clock that was never set', () => {
  expect(checkClockFloor(Date.UTC(1970, 0, 1, 0, 2))).toMatchObject([
    { level: 'FAIL', found: expect.stringContaining('1970-01-01T00:02') },
  ]);
  expect(checkClockFloor(NOW)).toEqual([]);
});

describe.runIf(isRoot)('rights', () => {
  test('a spool in which a file belongs to somebody else, as after a start as root', async () => {
    mkdirSync(join(folder, 'data/spool/metric'), { recursive: true });
    for (const path of ['data', 'data/spool', 'data/spool/metric']) chownSync(join(folder, path), 4711, 4711);
    expect(checkRights(join(folder, 'data'), 4711)).toEqual([]);
    writeFileSync(join(folder, 'data/spool/metric/1.seg'), '');
    expect(checkRights(join(folder, 'data'), 4711)).toMatchObject([
      {
        level: 'FAIL',
        found: expect.stringMatching(
          /^1 file in .*\/data belong.* another user than the folder \(4711\), spool\/metric\/1\.seg/,
        ),
        fix: expect.stringContaining('chown -R 4711'),
      },
    ]);
    const { checks } = await doctor({});
    expect(failed(checks)).toContain('rights: 1 file');
    expect(checks.find(({ what, level }) => what === 'rights' && level === 'warn')?.found).toContain('this is user 0');
  });
});

test('a source that cannot be read is named, with its file; the others are counted', async () => {
  cpSync('test/collector/fixtures', join(folder, 'root'), { recursive: true });
  const asked = {
    root: join(folder, 'root'),
    disabledSources: [],
    networkFilesystems: false,
    units: undefined,
    processes: undefined,
    textfiles: [],
  };
  expect(await checkSources(asked)).toMatchObject([{ level: 'ok' }]);
  rmSync(join(folder, 'root/proc/loadavg'));
  // Nobody reads a folder, root neither.
  mkdirSync(join(folder, 'root/proc/loadavg'));
  const checks = await checkSources(asked);
  expect(checks.filter(({ level }) => level === 'warn')).toMatchObject([
    {
      what: 'source loadavg',
      found: expect.stringContaining('illegal operation on a directory'),
      fix: expect.stringContaining('disabledSources: [loadavg]'),
    },
  ]);
});

test('a running collector tells its last errors, its clock and what it wrote; a closed one takes that back', async () => {
  cpSync('test/collector/fixtures', join(folder, 'root'), { recursive: true });
  rmSync(join(folder, 'root/proc/loadavg'));
  // Nobody reads a folder, root neither.
  mkdirSync(join(folder, 'root/proc/loadavg'));
  const config = station.config({ port: broker.port, root: join(folder, 'root'), profile: 'raspberry-pi' });
  const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
  const running = await startCollector(config, { log: silent, environment: { RUNTIME_DIRECTORY: folder } });
  try {
    expect(readReport(folder)).toMatchObject({ profile: 'raspberry-pi', pid: process.pid });
    await until('a report with errors', () => readReport(folder)!.errors.length > 0, { withinMs: 30_000 });
    const checks = checkOwnReport(folder, Date.now())!;
    expect(checks.find(({ what }) => what === 'loadavg')).toMatchObject({
      level: 'warn',
      found: expect.stringMatching(/ago, \d+ times \(warn\): a source failed/),
    });
    expect(checks.some(({ what }) => what === 'flash')).toBe(true);
  } finally {
    await running.close();
  }
  expect(existsSync(join(folder, 'report.json'))).toBe(false);
  expect(checkOwnReport(folder, Date.now())).toBeNull();
});

describe('a report', () => {
  const REPORT: OwnReport = {
    pid: 1,
    time: NOW,
    uptimeSeconds: 7200,
    profile: 'raspberry-pi',
    connected: true,
    clockAheadMs: 0,
    residentBytes: 60 * MIB,
    writtenBytes: MIB,
    errors: [],
  };
  const checked = (change: Partial<OwnReport>) => {
    writeReport(folder, { ...REPORT, ...change });
    return checkOwnReport(folder, NOW)!;
  };
  const of = (checks: Check[], name: string) => checks.find(({ what }) => what === name);

  test('that is well', () => {
    expect(checked({}).map(({ what, level }) => `${what} ${level}`)).toEqual([
      'clock ok',
      'memory ok',
      'flash ok',
      'errors ok',
    ]);
  });

  test.each<[string, Partial<OwnReport>, string, 'warn' | 'FAIL', RegExp]>([
    ['a clock an hour ahead', { clockAheadMs: 3_600_000 }, 'clock', 'FAIL', /ahead of the relay's clock/],
    ['a clock ten seconds behind', { clockAheadMs: -10_000 }, 'clock', 'warn', /behind the relay's clock/],
    [
      'more memory than the profile has',
      { residentBytes: 200 * MIB },
      'memory',
      'warn',
      /200 MiB resident of the 96\.0 MiB/,
    ],
    [
      'more flash than the profile has',
      { writtenBytes: 10 * MIB },
      'flash',
      'warn',
      /64\.0 MiB a day are allowed, and this is 120 MiB a day/,
    ],
    ['an old report', { time: NOW - 120_000 }, 'report', 'warn', /last told of itself .* ago/],
    [
      'an error',
      {
        errors: [{ level: 'error', message: 'the sky falls', about: 'net', detail: '{}', count: 3, last: NOW - 1000 }],
      },
      'net',
      'FAIL',
      /3 times \(error\): the sky falls/,
    ],
  ])('%s', (_, change, what, level, message) => {
    expect(of(checked(change), what)).toMatchObject({ level, found: expect.stringMatching(message) });
  });

  test('an error that is over is told, and no fault', () => {
    const errors: OwnReport['errors'] = [
      { level: 'warn', message: 'a source failed', about: 'nvme', detail: '{}', count: 1, last: NOW - 3_600_000 },
    ];
    expect(of(checked({ errors }), 'nvme')).toMatchObject({ level: 'ok', found: expect.stringContaining('not since') });
  });

  test('a start writes more than a day: it is not counted up', () => {
    expect(of(checked({ uptimeSeconds: 60, writtenBytes: 5 * MIB }), 'flash')).toMatchObject({ level: 'ok' });
  });

  test.each(['', 'null', '[]', '{"time":"x"}', '{"time":1'])('torn or hostile is no report: %s', (text) => {
    writeFileSync(join(folder, 'report.json'), text);
    expect(checkOwnReport(folder, NOW)).toBeNull();
  });

  test('a folder that cannot be written to costs the report only', () => {
    expect(writeReport(join(folder, 'nowhere'), REPORT)).toContain('ENOENT');
    expect(readReport(join(folder, 'nowhere'))).toBeNull();
  });
});

test('errors remembered are bounded, the longest unheard goes first, and each text is cut', () => {
  let now = 0;
  const errors = new OwnErrors(() => now++);
  errors.take('info', 'nothing');
  errors.take('warn', 'kept', { source: 'cpu', error: 'x'.repeat(1 << 20) });
  for (let i = 0; i < 200; i++) {
    errors.take('warn', `message ${i}`);
    errors.take('warn', 'kept', { source: 'cpu' });
  }
  expect(errors.all.length).toBe(50);
  expect(errors.all.at(-1)).toMatchObject({ message: 'kept', about: 'cpu', count: 201 });
  expect(JSON.stringify(errors.all).length).toBeLessThan(50 * 1000);
});

test("the kernel's account of what was written", () => {
  expect(bytesWritten(() => 'rchar: 1\nwrite_bytes: 4096\ncancelled_write_bytes: 7\n')).toBe(4096);
  expect(bytesWritten(() => 'other')).toBeNull();
  expect(
    bytesWritten(() => {
      throw new Error('EACCES');
    }),
  ).toBeNull();
});
