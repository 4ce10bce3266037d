import { mkdirSync, mkdtempSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Exposition } from '../../../collector/core/exposition.ts';
import { SeriesTable } from '../../../collector/core/sampling/series-table.ts';
import { collectAll } from '../../../collector/core/sources/collect-all.ts';
import { createSourceContext } from '../../../collector/core/sources/context.ts';
import type { SampleSink, Source } from '../../../collector/core/sources/source.ts';
import { type TextfilesOptions, textfilesSource } from '../../../collector/core/sources/textfiles.ts';
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
  return collectingAs({ paths, mostBytes: 1e6 });
}
function collectingAs(options: TextfilesOptions, ...before: Source[]) {
  const log: { message: string; facts: Record<string, unknown> }[] = [];
  const host = createNodeHost({ log: (_, message, facts = {}) => log.push({ message, facts }) });
  let sink: Exposition;
  const through: SampleSink = {
    add: (...sample) => sink.add(...sample),
    addFirst: (...sample) => sink.addFirst(...sample),
  };
  const context = createSourceContext(host, root, through);
  const source = textfilesSource(options);
  const collect = () => {
    sink = new Exposition();
    collectAll([...before, source], context);
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
  ['one label twice', 'good{a="1",a="2"} 1\n', /the label a stands twice/],
  ['a label that is the name', 'good{__name__="other"} 1\n', /__name__ among the labels/],
  ['a value without end', `good{a="${'x'.repeat(5000)}"} 1\n`, /the label a is too long/],
  ["the collector's own", 'heliograph_collector_series 1\n', /heliograph_collector_series is for the collector/],
  ['what is said of sources', 'node_scrape_collector_success{collector="cpu"} 1\n', /is for the collector to say/],
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

test('what the host itself says stays as it is, and an empty label is none; the log says it once', () => {
  const load: Source = { name: 'loadavg', collect: ({ sink, labels }) => sink.add('node_load1', labels(), 0.5) };
  const { collect, log } = collectingAs({ paths: [`${FOLDER}/*.prom`], mostBytes: 1e6 }, load);
  write('a.prom', 'node_load1 99\nnode_load1{cpu=""} 98\nnode_load1{cpu="a"} 1\n');
  for (let round = 0; round < 2; round++) {
    const found = collect();
    expect(found.filter((line) => line.startsWith('node_load1'))).toEqual(['node_load1 0.5', 'node_load1{cpu="a"} 1']);
    expect(found).toContain('node_textfile_scrape_error 1');
  }
  expect(log.map(({ facts }) => facts.error)).toEqual(['node_load1 is said before, by this host or another file']);
});

test('a series table has the first value of a collection, too, and the next one in the next', () => {
  const options = { labels: { job: 'node' }, limit: 10, onCapped: () => undefined, rules: null };
  const table = new SeriesTable(options);
  table.begin();
  table.add('node_load1', [], 0.5);
  expect(table.addFirst('node_load1', ['job', 'node'], 99)).toBe(false);
  const [slot] = table.takeFresh();
  expect(slot!.value).toBe(0.5);
  table.begin();
  expect(table.addFirst('node_load1', ['job', 'node'], 99)).toBe(true);
  expect(slot!.value).toBe(99);
});

test('files take no more memory than they may: those that are over are left out and named, and come when there is room', () => {
  const { collect, log } = collectingAs({ paths: [`${FOLDER}/*.prom`], mostBytes: 100 });
  write('a.prom', `first 1\n#${'x'.repeat(70)}\n`);
  write('b.prom', `second 1\n#${'x'.repeat(70)}\n`);
  write('c.prom', 'third 1\n');
  for (let round = 0; round < 2; round++) {
    const found = collect();
    expect(found.filter((line) => /^(first|second|third)/.test(line))).toEqual(['first 1', 'third 1']);
    expect(found).toContain('node_textfile_scrape_error 1');
  }
  expect(log.map(({ facts }) => [facts.path, facts.error])).toEqual([
    [join(root, FOLDER, 'b.prom'), 'more than 100 bytes in all'],
  ]);
  write('a.prom', 'first 2\n');
  expect(collect()).toEqual(expect.arrayContaining(['first 2', 'second 1', 'third 1']));
});

test('of thousands of files the first by name are read, and the log says so once', () => {
  const { collect, log } = collecting(`${FOLDER}/*.prom`);
  for (let i = 1000; i < 2010; i++) write(`${i}.prom`, `run${i} 1\n`);
  for (let round = 0; round < 2; round++) {
    const found = collect();
    expect(found.filter((line) => line.startsWith('run'))).toHaveLength(1000);
    expect(found).toContain('run1000 1');
    expect(found).toContain('node_textfile_scrape_error 1');
  }
  expect(log.map(({ facts }) => facts)).toEqual([{ files: 1010, over: 10 }]);
});

test('values of labels are masked as those of other programs', () => {
  const { collect } = collectingAs({ paths: [`${FOLDER}/*.prom`], mostBytes: 1e6, mask: (text) => text.toUpperCase() });
  write('a.prom', 'good{a="secret"} 1\n');
  expect(collect()).toContain('good{a="SECRET"} 1');
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
