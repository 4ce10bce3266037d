import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { DesiredLevels } from '../../../collector/core/logs/desired-levels.ts';
import { LevelListener, levelsDocument } from '../../../collector/core/logs/level-offer.ts';
import { createNodeHost } from '../../../collector/node/host.ts';
import { encodeDesired, type LevelWish } from '../../../proto/desired.ts';

let folder: string;
let path: string;
let now: number;
let timers: { run: () => void; at: number; id: number }[];
let logged: string[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'desired-'));
  path = join(folder, 'desired.json');
  now = 1_000_000;
  timers = [];
  logged = [];
});
afterEach(() => rmSync(folder, { recursive: true }));

let last = 0;
function levels(): DesiredLevels {
  const host = createNodeHost({
    now: () => now,
    log: (_, message) => logged.push(message),
    timer(run, ms) {
      timers.push({ run, at: now + ms, id: ++last });
      return last;
    },
    cancel(id) {
      timers = timers.filter((timer) => timer.id !== id);
    },
  });
  return new DesiredLevels(host, path);
}
function pass(ms: number): void {
  now += ms;
  const due = timers.filter(({ at }) => at <= now);
  timers = timers.filter(({ at }) => at > now);
  for (const { run } of due) run();
}
const wish = (service: string, level: LevelWish['level'], until: number | null = null): LevelWish => ({
  service,
  level,
  until,
  by: 'alice',
  why: '',
});
const document = (...wishes: LevelWish[]): Uint8Array => encodeDesired({ levels: {}, until: null, wishes });

it('the last wish that fits is in force, by pattern, each until its own end', () => {
  const desired = levels();
  const changes: number[] = [];
  desired.onChange(() => changes.push(now));
  desired.take(document(wish('*', 'warning', 1_050_000), wish('pay*', 'debug', 1_020_000), wish('pay-audit', 'error')));
  const all = (): string[] => ['shop', 'pay', 'pay-audit'].map((service) => desired.lowest(service, 'info'));
  expect(all()).toEqual(['warning', 'debug', 'error']);
  pass(20_000);
  expect(all()).toEqual(['warning', 'warning', 'error']);
  pass(30_000);
  expect(all()).toEqual(['info', 'info', 'error']);
  expect(changes).toEqual([1_000_000, 1_020_000, 1_050_000]);
  expect(timers).toEqual([]);
});

it('a document of an older core: its levels, a name before the star', () => {
  const desired = levels();
  desired.take(encodeDesired({ levels: { pay: 'debug', '*': 'error' }, until: 1_010_000 }));
  expect([desired.lowest('pay', 'info'), desired.lowest('shop', 'info')]).toEqual(['debug', 'error']);
  pass(10_000);
  expect(desired.current).toBeNull();
  expect(desired.lowest('pay', 'info')).toBe('info');
});

it('is in force after a restart without a relay, and ends there by itself', () => {
  levels().take(document(wish('pay', 'debug', 1_060_000)));
  now = 1_030_000;
  timers = [];
  const again = levels();
  expect(again.lowest('pay', 'info')).toBe('debug');
  pass(30_000);
  expect(again.lowest('pay', 'info')).toBe('info');
  now = 2_000_000;
  expect(levels().current).toBeNull();
});

it('what is taken back is taken back after a restart too; the same again is not written again', () => {
  const desired = levels();
  desired.take(document(wish('pay', 'debug')));
  const { mtimeNs, ino } = statSync(path, { bigint: true });
  desired.take(document(wish('pay', 'debug')));
  expect(statSync(path, { bigint: true })).toMatchObject({ mtimeNs, ino });
  desired.take(new Uint8Array(0));
  expect(readFileSync(path)).toHaveLength(0);
  expect(levels().lowest('pay', 'info')).toBe('info');
});

it('a bad document, at the relay or on disk, changes nothing', () => {
  const desired = levels();
  desired.take(document(wish('pay', 'debug')));
  desired.take(new TextEncoder().encode('{"version":1,"levels":{},"wishes":[{"service":"pay","level":"loud"}]}'));
  expect(desired.refused).toContain('HG_WIRE_MALFORMED');
  expect(desired.lowest('pay', 'info')).toBe('debug');
  writeFileSync(path, '{"version":1,');
  expect(levels().current).toBeNull();
  expect(logged).toEqual(['what is wished for levels cannot be read; the relay tells it again']);
});

it("ends are by the core's clock where a relay has told it", () => {
  const desired = levels();
  // This clock is an hour behind.
  desired.take(document(wish('pay', 'debug', 4_600_000 + 60_000)));
  desired.skew(3_600_000);
  expect(desired.wanted('pay')).toEqual({ level: 'debug', until: 1_060_000 });
  pass(59_000);
  expect(desired.lowest('pay', 'info')).toBe('debug');
  pass(1_000);
  expect(desired.lowest('pay', 'info')).toBe('info');
});

it('the file tells of services by name, and of those the collector knows by pattern', () => {
  const desired = levels();
  desired.take(document(wish('*', 'warning'), wish('pay*', 'debug', 1_020_000), wish('shop', 'error')));
  expect(JSON.parse(levelsDocument(desired, ['pay-api']))).toEqual({
    version: 1,
    levels: {
      'pay-api': { level: 'debug', until: 1_020_000 },
      shop: { level: 'error', until: null },
      '*': { level: 'warning', until: null },
    },
  });
});

it('who listens is told at once, and what is new', () => {
  const desired = levels();
  const said: string[] = [];
  const listener = new LevelListener(desired, (line) => said.push(line.trim()));
  expect(listener.hear('{"service":"pa')).toBeNull();
  expect(listener.hear('y"}\n')).toBeNull();
  desired.onChange(() => listener.changed());
  desired.take(document(wish('shop', 'debug')));
  desired.take(document(wish('pay', 'debug', 1_020_000)));
  pass(20_000);
  expect(said).toEqual([
    '{"service":"pay","level":null,"until":null}',
    '{"service":"pay","level":"debug","until":1020000}',
    '{"service":"pay","level":null,"until":null}',
  ]);
  expect(listener.hear('nonsense\n')).toBe('a line is {"service":"<name>"}');
  expect(new LevelListener(desired, () => undefined).hear('x'.repeat(2000))).toBe('a line is too long');
  const many = Array.from({ length: 17 }, (_, i) => `{"service":"s${i}"}\n`).join('');
  expect(new LevelListener(desired, () => undefined).hear(many)).toBe('16 services are the most');
});
