import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { collectOnce } from '../../collector/core/exposition.ts';
import { fixtureHost } from '../collector/sources/fixture-host.ts';
import { freePort } from '../support/free-port.ts';
import { until } from '../support/until.ts';
import { buildProgram } from './go-program.ts';

const TREES = join(import.meta.dirname, '../collector');
/** What is asked of the running machine and not of the tree, or tells of the program itself. */
const OF_THE_MACHINE =
  /^(go_|process_|promhttp_|heliograph_|node_(exporter|scrape|uname|filesystem|time_|timex|os_|boot|textfile|load|selinux))/;
/** One counter that node_exporter has of the kernel's messages only, and that is read from a file here. */
const NOT_HERE = /^node_network_receive_nohandler_/;
/** A link that is down has no speed here; node_exporter makes the kernel's -1 into bytes. */
const NO_SPEED = -125_000;

interface Sample {
  readonly type: string;
  readonly value: number;
}

let program: string;
let trees: string;

beforeAll(async () => {
  program = await buildProgram('build-node-exporter.sh', 'NODE_EXPORTER');
  trees = await buildProgram('build-node-exporter.sh', 'NODE_EXPORTER_TREES');
}, 600_000);

const running: ReturnType<typeof spawn>[] = [];
afterAll(async () => {
  for (const child of running) {
    child.kill();
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  }
});

/** What node_exporter prints over a tree. */
async function theirs(root: string): Promise<string> {
  const port = await freePort();
  const child = spawn(
    program,
    [
      `--web.listen-address=127.0.0.1:${port}`,
      ...['proc', 'sys'].map((name) => `--path.${name}fs=${join(root, name)}`),
      `--path.udev.data=${join(root, 'run/udev/data')}`,
      // Tables of the tree, not what the kernel of this machine answers.
      ...['--no-collector.arp.netlink', '--no-collector.netdev.netlink', '--collector.cpu.guest'],
    ],
    { stdio: 'ignore' },
  );
  running.push(child);
  let text = '';
  await until('node_exporter answers', async () => {
    const answer = await fetch(`http://127.0.0.1:${port}/metrics`).catch(() => null);
    text = answer?.ok ? await answer.text() : '';
    return text !== '';
  });
  return text;
}

/** Samples by name and sorted labels; empty labels are none. */
function read(text: string): Map<string, Sample> {
  const samples = new Map<string, Sample>();
  const types = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [, named = '', type = ''] = /^# TYPE (\S+) (\S+)/.exec(line) ?? [];
    if (type !== '') types.set(named, type);
    const [, name = '', labels = '', value = ''] = /^([a-z_]\w*)(?:\{(.*)\})? (\S+)$/i.exec(line) ?? [];
    if (name === '' || OF_THE_MACHINE.test(name) || NOT_HERE.test(name)) continue;
    if (name === 'node_network_speed_bytes' && Number(value) === NO_SPEED) continue;
    // A path of /sys is the machine's here, whatever folder it is seen through.
    const plain = labels.replace(/path="[^"]*(\/sys\/class\/powercap\/[^"]*)"/, 'path="$1"');
    const pairs = [...plain.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].filter(([, , of]) => of !== '');
    const key = pairs.map(([pair]) => pair).sort();
    samples.set(`${name}{${key.join(',')}}`, {
      type: types.get(name) ?? '',
      value: Number(value.replace('Inf', 'Infinity')),
    });
  }
  return samples;
}

/** Milliseconds times 0.001 and divided by 1,000 are not always the same number. */
function alike(a: Sample, b: Sample): boolean {
  return a.type === b.type && (Object.is(a.value, b.value) || Math.abs(a.value - b.value) <= Math.abs(a.value) * 4e-16);
}

async function compare(root: string): Promise<{ compared: number; differences: string[] }> {
  const their = read(await theirs(root));
  const our = read(collectOnce(fixtureHost(), root));
  const differences: string[] = [];
  for (const key of new Set([...their.keys(), ...our.keys()])) {
    const [a, b] = [their.get(key), our.get(key)];
    if (a === undefined || b === undefined || !alike(a, b)) {
      differences.push(`${key}: node_exporter ${a?.value} ${a?.type ?? ''}, here ${b?.value} ${b?.type ?? ''}`);
    }
  }
  return { compared: our.size, differences };
}

test('over the tree of its own tests, the collector says what node_exporter says', async () => {
  const { compared, differences } = await compare(trees);
  expect(differences).toEqual([]);
  expect(compared).toBeGreaterThan(2_000);
});

test.each(['fixtures', 'machines/large-server', 'machines/old-kernel'])(
  'and so it does over the tree of the golden test: %s',
  async (tree) => {
    const { differences } = await compare(join(TREES, tree));
    expect(differences).toEqual([]);
  },
);
