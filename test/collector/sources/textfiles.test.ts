import { mkdirSync, mkdtempSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Exposition } from '../../../collector/core/exposition.ts';
import { collectAll } from '../../../collector/core/sources/collect-all.ts';
import { createSourceContext } from '../../../collector/core/sources/context.ts';
import type { SampleSink } from '../../../collector/core/sources/source.ts';
import { textfilesSource } from '../../../collector/core/sources/textfiles.ts';
import { createNodeHost } from '../../../collector/node/host.ts';
import { runCli } from '../../support/run-cli.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'heliograph-textfiles-'));
});
afterEach(() => rmSync(root, { recursive: true }));

const FOLDER = '/var/lib/node_exporter';
let written = 1_790_000_000;
function write(name: string, text: string): void {
  const path = join(root, FOLDER, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.new`, text);
  written++;
  utimesSync(`${path}.new`, written, written);
  renameSync(`${path}.new`, path);
}

/** A collector's life: each call is one collection, without what says how long it took. */
function collecting(...paths: string[]) {
  const log: { message: string; facts: Record<string, unknown> }[] = [];
  const host = createNodeHost({ log: (_, message, facts = {}) => log.push({ message, facts }) });
  let sink: Exposition;
  const through: SampleSink = { add: (...sample) => sink.add(...sample) };
  const context = createSourceContext(host, root, through);
  const source = textfilesSource({ paths });
  const collect = () => {
    sink = new Exposition();
    collectAll([source], context);
    return sink
      .render()
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#') && !line.startsWith('node_scrape_collector_duration'));
  };
  return { collect, log };
}
const mtime = (name: string, at: number) => `node_textfile_mtime_seconds{file="${FOLDER}/${name}"} ${at}`;
const end = (error: 0 | 1) => [
  'node_scrape_collector_success{collector="textfile"} 1',
  `node_textfile_scrape_error ${error}`,
];

test('samples of files that match, as node_exporter has them; each is read again when it changed, and gone when it went', () => {
  const { collect } = collecting(`${FOLDER}/*.prom`);
  write(
    'backup.prom',
    '# HELP backup_bytes Size.\n# TYPE backup_bytes gauge\nbackup_bytes{disk="b",a="x \\"y\\""} 1.5e3\nup_since 7\n',
  );
  write('other.txt', 'not_read 1\n');
  const first = written - 1;
  expect(collect()).toEqual(
    ['backup_bytes{a="x \\"y\\"",disk="b"} 1500', 'up_since 7', mtime('backup.prom', first), ...end(0)].sort(),
  );
  write('backup.prom', 'backup_bytes{disk="b"} +Inf\n');
  expect(collect()).toEqual(['backup_bytes{disk="b"} +Inf', mtime('backup.prom', written), ...end(0)].sort());
  rmSync(join(root, FOLDER, 'backup.prom'));
  expect(collect()).toEqual(end(0));
});

test('no such folder is no error', () => {
  expect(collecting('/nowhere/*.prom').collect()).toEqual(end(0));
});

test.each([
  ['a line that is none', 'good 1\nbad{ 2\n', /line 2/],
  ['a time', 'good 1 1790000000000\n', /good has a time; leave it out/],
  ['a file of bytes', '\u0000\u0001\n', /line 1/],
])('%s: that file is left out whole, said once, and the others are there', (_, text, why) => {
  const { collect, log } = collecting(`${FOLDER}/*.prom`);
  write('a.prom', text);
  write('b.prom', 'fine 1\n');
  const rest = ['fine 1', mtime('b.prom', written), ...end(1)].sort();
  expect(collect()).toEqual(rest);
  expect(collect()).toEqual(rest);
  expect(log.map(({ facts }) => [facts.code, facts.error])).toEqual([['HG_SCRAPE_SYNTAX', expect.stringMatching(why)]]);
  write('a.prom', 'good 1\n');
  expect(collect()).toContain('good 1');
});

test('two files that say the same series: the first by name has it', () => {
  const { collect } = collecting(`${FOLDER}/b*.prom`, `${FOLDER}/a.prom`);
  write('a.prom', 'load{x="1",y="2"} 1\n');
  write('b.prom', 'load{y="2",x="1"} 2\nload 3\n');
  const found = collect();
  expect(found.filter((line) => line.startsWith('load'))).toEqual(['load 3', 'load{x="1",y="2"} 1']);
  expect(found).toContain('node_textfile_scrape_error 1');
});

test('a file that is too large costs itself only', () => {
  const { collect } = collecting(`${FOLDER}/*.prom`);
  write('a.prom', '# '.padEnd(17 * 2 ** 20, 'x'));
  write('b.prom', 'fine 1\n');
  const found = collect();
  expect(found).toContain('fine 1');
  expect(found).toContain('node_textfile_scrape_error 1');
  expect(found).toContain('heliograph_collector_unreadable_files_total{collector="textfile"} 1');
});

test('collector --once --config shows them', async () => {
  write('a.prom', 'from_a_script 42\n');
  mkdirSync(join(root, 'proc'));
  writeFileSync(join(root, 'proc/stat'), 'cpu 1 2 3 4\n');
  const file = join(root, 'collector.yaml');
  writeFileSync(
    file,
    JSON.stringify({
      ...{ name: 'h', relays: ['r.example:8883'], dataDir: root, root, textfiles: [`${FOLDER}/*.prom`] },
      tls: { ca: 'ca.pem', cert: 'h.pem', key: 'h.key' },
    }),
  );
  const { code, out, err } = await runCli(['collector', '--once', '--config', file]);
  expect(code, err).toBe(0);
  expect(out).toContain('\nfrom_a_script 42\n');
});
