import { expect, it } from 'vitest';
import type { Host, HostFiles } from '../../../collector/core/host.ts';
import { collectAll } from '../../../collector/core/sources/collect-all.ts';
import { createSourceContext, MOST_BYTES } from '../../../collector/core/sources/context.ts';
import { hostSources } from '../../../collector/core/sources/host-sources.ts';
import type { Labels, SampleSink } from '../../../collector/core/sources/source.ts';
import { nodeFiles } from '../../../collector/node/files.ts';
import { createNodeHost } from '../../../collector/node/host.ts';
import { seeded } from '../random.ts';

/** Machines full of garbage, of which every day's run takes a sample: each takes more than a second, for every folder has folders. */
const MACHINES = 60;
const ROUNDS = process.env.HELIOGRAPH_LONG === '1' ? MACHINES : 5;
const SEED = Number(process.env.HELIOGRAPH_SEED ?? Math.floor(Math.random() * (MACHINES - ROUNDS + 1)));

/** A machine on which every file says what `content` says, and every folder has the same names. */
function machine(content: (path: string) => Uint8Array | number): { host: Host; logged: string[] } {
  const logged: string[] = [];
  const files: HostFiles = {
    ...nodeFiles,
    readdir: () => ['a-b', 'bdev0', 'clocksource0', 'dev-0', 'eth0', 'io', 'lo', 'st0'],
    stat(_, out) {
      out.fill(2);
      return 0;
    },
    statfs: () => -5,
    readFile(path, into) {
      const bytes = content(path);
      if (typeof bytes === 'number') return bytes;
      into.set(bytes.subarray(0, into.length));
      return Math.min(bytes.length, into.length);
    },
  };
  return { host: createNodeHost({ files, log: (_, message) => logged.push(message) }), logged };
}

function run(host: Host): { failed: number; success: Map<string, number>; samples: number } {
  const success = new Map<string, number>();
  let samples = 0;
  const sink: SampleSink = {
    add(name: string, labels: Labels, value: number) {
      samples++;
      // An expectation a sample would be most of the test's time: there are millions.
      if (typeof value !== 'number') expect.fail(`${name} is ${String(value)}`);
      if (name === 'node_scrape_collector_success') success.set(labels[1]!, value);
    },
  };
  const failed = collectAll(hostSources(), createSourceContext(host, '/', sink));
  return { failed, success, samples };
}

it('empty files are nothing, and no failure', () => {
  const { failed, success } = run(machine(() => new Uint8Array(0)).host);
  expect(failed).toBe(0);
  expect([...success.values()].every((value) => value === 1)).toBe(true);
});

it('garbage never throws out of a source', () => {
  for (let seed = SEED; seed < SEED + ROUNDS; seed++) {
    const random = seeded(seed);
    const words = [
      'cpu0',
      'Tcp:',
      'eth0:',
      '8 0 sda',
      '/dev/a /b ext4 rw',
      'some total=',
      '1e999',
      '-1',
      '0x',
      '"',
      '\\',
      '\n',
      '\n',
      ' ',
      ' ',
      '\u0000',
      '99999999999999999999',
    ];
    const { host } = machine(() => {
      if (random(4) === 0) return Uint8Array.from({ length: random(3_000) }, () => random(256));
      return new TextEncoder().encode(Array.from({ length: random(400) }, () => words[random(words.length)]).join(''));
    });
    expect(run(host).failed, `seed ${seed} (HELIOGRAPH_SEED=${seed} repeats it)`).toBe(0);
  }
});

it('a file that is there and cannot be read is a failure of its source alone', () => {
  const { host, logged } = machine((path) => (path === '/proc/meminfo' ? -13 : -2));
  const { failed, success } = run(host);
  expect(failed).toBe(1);
  expect([...success].filter(([, value]) => value === 0)).toEqual([['meminfo', 0]]);
  expect(logged).toEqual(['a source failed; its samples are missing']);
});

it('a file without end is not read without end', () => {
  const huge = new Uint8Array(MOST_BYTES * 2).fill(49);
  const { host } = machine((path) => (path === '/proc/vmstat' ? huge : -2));
  expect([...run(host).success].filter(([, value]) => value === 0)).toEqual([['vmstat', 0]]);
});

it('a link that is down refuses its speed and carrier: the rest of it is there', () => {
  const { host } = machine((path) => {
    if (/\/(speed|carrier)$/.test(path)) return -22;
    if (path.endsWith('operstate')) return new TextEncoder().encode('down\n');
    return path.endsWith('/mtu') ? new TextEncoder().encode('1500\n') : -2;
  });
  const names: string[] = [];
  const sink: SampleSink = { add: (name, labels) => void names.push(`${name} ${labels.join(' ')}`) };
  expect(collectAll(hostSources(), createSourceContext(host, '/', sink))).toBe(0);
  expect(names).toContain('node_network_up device eth0');
  expect(names).toContain('node_network_mtu_bytes device lo');
  expect(names.some((name) => name.startsWith('node_network_speed') || name.startsWith('node_network_carrier'))).toBe(
    false,
  );
});

it('the same labels are the same array in every collection', () => {
  const seen: Labels[][] = [[], []];
  let round = 0;
  const { host } = machine((path) =>
    path === '/proc/stat' ? new TextEncoder().encode('cpu0 1 2 3 4 5 6 7 8 9 10\n') : -2,
  );
  const context = createSourceContext(host, '/', { add: (_, labels) => void seen[round]!.push(labels) });
  const sources = hostSources();
  for (round = 0; round < 2; round++) collectAll(sources, context);
  expect(seen[0]!.length).toBeGreaterThan(10);
  expect(seen[1]!.every((labels, i) => labels === seen[0]![i])).toBe(true);
});

it('an idle counter that runs back a little is held, a processor that comes back starts anew', () => {
  let idle = 1000;
  const got: number[] = [];
  const { host } = machine((path) =>
    path === '/proc/stat' ? new TextEncoder().encode(`cpu0 1 2 3 ${idle} 5 6 7 8\n`) : -2,
  );
  const sink: SampleSink = { add: (_, labels, value) => void (labels.includes('idle') && got.push(value)) };
  const context = createSourceContext(host, '/', sink);
  const sources = hostSources();
  for (idle of [1000, 990, 1010, 100]) collectAll(sources, context);
  expect(got).toEqual([10, 10, 10.1, 1]);
});
