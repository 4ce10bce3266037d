import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createSourceContext } from '../../../collector/core/sources/context.ts';
import { groupOf, parseProcessStat } from '../../../collector/core/sources/process-groups.ts';
import { processesSource } from '../../../collector/core/sources/processes.ts';
import type { Source } from '../../../collector/core/sources/source.ts';
import { fixtureHost } from './fixture-host.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'processes-'));
  write('proc/stat', 'btime 1700000000\n');
});
afterEach(() => rmSync(root, { recursive: true }));

function write(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

interface Given {
  comm?: string;
  state?: string;
  user?: number;
  system?: number;
  threads?: number;
  start?: number;
  cmdline?: string;
  read?: number;
}
function run(pid: number, of: Given): void {
  const { comm = 'nginx', state = 'S', user = 0, system = 0, threads = 1, start = 100 } = of;
  const fields = [
    state,
    1,
    pid,
    pid,
    0,
    -1,
    4194560,
    5,
    0,
    2,
    0,
    user,
    system,
    0,
    0,
    20,
    0,
    threads,
    0,
    start,
    8192,
    3,
  ];
  write(`proc/${pid}/stat`, `${pid} (${comm}) ${fields.join(' ')} 18446744073709551615 0 0\n`);
  if (of.cmdline !== undefined) write(`proc/${pid}/cmdline`, of.cmdline);
  if (of.read !== undefined) write(`proc/${pid}/io`, `rchar: 9\nread_bytes: ${of.read}\nwrite_bytes: 7\n`);
}
const end = (pid: number): void => rmSync(join(root, `proc/${pid}`), { recursive: true });

/** One collection, as `metric label label: value` without the common beginning. */
function collector(source: Source, mono = () => 1000): () => Record<string, number> {
  const context = createSourceContext({ ...fixtureHost(), mono }, root, {
    add: (name, labels, value) => {
      const values = labels.filter((_, i) => i % 2 === 1).join(' ');
      now[`${name.replace('namedprocess_namegroup_', '')} ${values}`.trim()] = value;
    },
  });
  let now: Record<string, number> = {};
  return () => {
    now = {};
    source.collect(context);
    return now;
  };
}

it('stat: names with brackets and blanks', () => {
  const text = '7 (a) (b c) R 1 7 7 0 -1 4194560 5 0 2 0 10 20 0 0 20 0 3 0 400 8192 2 18446744073709551615 0';
  expect(parseProcessStat(text)).toEqual({
    comm: 'a) (b c',
    state: 'R',
    userTicks: 10,
    systemTicks: 20,
    minorFaults: 5,
    majorFaults: 2,
    threads: 3,
    startTicks: 400,
    virtualBytes: 8192,
    residentPages: 2,
  });
  expect(parseProcessStat('')).toBeNull();
  expect(parseProcessStat('7 (a) R 1')).toBeNull();
});

it('groups: the first rule that fits, the command line only where it is asked for', () => {
  let asked = 0;
  const group = groupOf([
    { name: 'pay', exe: ['java'], cmdline: ['-jar .*pay'] },
    { name: 'web', comm: ['nginx', 'envoy'] },
    { name: 'other {{comm}}' },
  ]);
  const line =
    (...words: string[]) =>
    () => {
      asked++;
      return words;
    };
  expect(group('java', line('/usr/bin/java', '-jar', '/opt/pay.jar'))).toBe('pay');
  expect(group('nginx', line('nginx: master'))).toBe('web');
  expect(group('cron', line('/usr/sbin/cron'))).toBe('other cron');
  expect(groupOf([{ name: 'x', comm: ['a'] }])('b', line())).toBeNull();
  expect(asked).toBe(4);
});

it('sums of a group, which go on when its processes come and go', () => {
  run(1, { user: 500, system: 100, threads: 4, start: 200, read: 1000 });
  run(2, { user: 50, state: 'D', start: 300 });
  run(3, { comm: 'bash', user: 9 });
  const collect = collector(
    processesSource({ groups: [{ name: 'web', comm: ['nginx'] }], files: 1000, descriptors: false }),
  );
  expect(collect()).toEqual({
    'cpu_seconds_total web user': 0,
    'cpu_seconds_total web system': 0,
    'num_procs web': 2,
    'num_threads web': 5,
    'states web Running': 0,
    'states web Sleeping': 1,
    'states web Waiting': 1,
    'states web Zombie': 0,
    'states web Other': 0,
    'memory_bytes web resident': 2 * 3 * 4096,
    'memory_bytes web virtual': 16384,
    'minor_page_faults_total web': 0,
    'major_page_faults_total web': 0,
    'read_bytes_total web': 0,
    'write_bytes_total web': 0,
    'oldest_start_time_seconds web': 1_700_000_002,
    namedprocess_scrape_partial_errors: 1,
  });
  run(1, { user: 700, system: 100, read: 1512, start: 200 });
  end(2);
  // Began after the first look: all it did is its group's.
  run(4, { user: 40, start: 900 });
  const second = collect();
  expect(second['cpu_seconds_total web user']).toBe(2.4);
  expect(second['read_bytes_total web']).toBe(512);
  end(1);
  end(4);
  const third = collect();
  expect(third['num_procs web']).toBe(0);
  expect(third['cpu_seconds_total web user']).toBe(2.4);
});

it('a process number that is used again is another process', () => {
  run(1, { user: 500, start: 200 });
  const collect = collector(processesSource({ groups: [{ name: 'web' }], files: 1000, descriptors: false }));
  collect();
  run(1, { user: 30, start: 5000 });
  expect(collect()['cpu_seconds_total web user']).toBe(0.3);
});

it('reads no more files than it may, and gets to all of them in turn', () => {
  for (let pid = 1; pid <= 30; pid++) run(pid, { user: 0 });
  const host = fixtureHost();
  let reads = 0;
  const files = {
    ...host.files,
    readFile(path: string, into: Uint8Array) {
      reads++;
      return host.files.readFile(path, into);
    },
  };
  const source = processesSource({ groups: [{ name: 'web' }], files: 20, descriptors: false });
  const found: number[] = [];
  const context = createSourceContext({ ...host, files }, root, {
    add: (name, _, value) => void (name.endsWith('num_procs') && found.push(value)),
  });
  for (let i = 0; i < 4; i++) {
    reads = 0;
    source.collect(context);
    expect(reads).toBeLessThan(20 + 5);
  }
  expect(found.at(-1)).toBe(30);
  expect(found[0]).toBe(10);
});

it('a process that renames itself is the same one, in the group that it began in', () => {
  run(1, { comm: 'kworker/0:1-events', user: 360_000 });
  const fixed = collector(processesSource({ groups: [{ name: 'all' }], files: 1000, descriptors: false }));
  const named = collector(processesSource({ groups: [{ name: '{{comm}}' }], files: 1000, descriptors: false }));
  fixed();
  named();
  for (const [i, comm] of ['kworker/0:1-mm', 'kworker/0:1-events', 'kworker/0:1-mm'].entries()) {
    run(1, { comm, user: 360_001 + i });
    expect(fixed()['cpu_seconds_total all user']).toBeCloseTo((i + 1) / 100);
    const now = named();
    expect(now['cpu_seconds_total kworker/0:1-events user']).toBeCloseTo((i + 1) / 100);
    expect(now['num_procs kworker/0:1-mm']).toBeUndefined();
  }
});

it('a group named after processes is let go when it stays empty; one of the configuration stays', () => {
  let now = 0;
  const groups = [{ name: 'web', comm: ['nginx'] }, { name: '{{comm}}' }];
  const collect = collector(processesSource({ groups, files: 1000, descriptors: false }), () => now);
  run(1, { comm: 'nginx' });
  run(2, { comm: 'job' });
  collect();
  end(1);
  end(2);
  expect(collect()).toMatchObject({ 'num_procs web': 0, 'num_procs job': 0 });
  now = 599_999;
  expect(collect()).toMatchObject({ 'num_procs web': 0, 'num_procs job': 0 });
  now = 600_000;
  const after = collect();
  expect(after['num_procs web']).toBe(0);
  expect(Object.keys(after).filter((key) => key.includes('job'))).toEqual([]);
});

it('groups named after processes are bounded: who comes later is in one group, counted once', () => {
  for (let pid = 1; pid <= 260; pid++) run(pid, { comm: `job-${pid}` });
  const collect = collector(processesSource({ groups: [{ name: '{{comm}}' }], files: 1000, descriptors: false }));
  collect();
  const now = collect();
  expect(Object.keys(now).filter((key) => key.startsWith('num_procs')).length).toBe(251);
  expect(now['num_procs other']).toBe(10);
  expect(now.heliograph_collector_process_groups_overflowed_total).toBe(10);
});
