import { createSocket } from 'node:dgram';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { Aggregates } from '../../../collector/node/statsd/aggregates.ts';
import { statsdConfig } from '../../../collector/node/statsd/config.ts';
import { openStatsd } from '../../../collector/node/statsd/open.ts';
import { readStatsdLine } from '../../../lib/ingest/statsd/line.ts';
import { quantileOf } from '../../../lib/sketch.ts';
import { quietHost } from '../../support/collector.ts';
import { pushedIntake } from '../../support/pushed-samples.ts';
import { until } from '../../support/until.ts';

const closes: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closes.splice(0).reverse()) await close();
});

function aggregates(options: Partial<ConstructorParameters<typeof Aggregates>[0]> = {}) {
  const made = new Aggregates({
    mono: () => 0,
    seriesLimit: 100,
    characterLimit: 1e5,
    setLimit: 100,
    forgetAfter: 1000,
    ...options,
  });
  const row = (): Record<string, number> => {
    const found: Record<string, number> = {};
    made.row({
      add(name, labels, value) {
        found[`${name}${labels.length > 0 ? `{${labels.join()}}` : ''}`] = value;
      },
    });
    return found;
  };
  return {
    made,
    row,
    lines: (...lines: string[]) => {
      for (const line of lines) made.line(line);
    },
  };
}

describe('a line', () => {
  it('is read in every form', () => {
    const f = (line: string, want: unknown) => expect(readStatsdLine(line), line).toEqual(want);
    f('a.b:1|c', { name: 'a.b', type: 'counter', values: ['1'], rate: 1, tags: [] });
    f('a:1:2:3|d|@0.5|#x:y,z|c:abc|T17', {
      name: 'a',
      type: 'histogram',
      values: ['1', '2', '3'],
      rate: 0.5,
      tags: ['x:y', 'z'],
    });
    f('a:10.0.0.1:80|s', { name: 'a', type: 'set', values: ['10.0.0.1:80'], rate: 1, tags: [] });
    f('_e{5,4}:title|text', 'event');
    f('_sc|name|0', 'service_check');
    for (const bad of [
      '',
      'a',
      'a:1',
      ':1|c',
      'a:|c',
      'a:1|',
      'a:1|x',
      'a:1|c|@0',
      'a:1|c|@2',
      'a:1|c|@',
      'a:1|c|@x',
      '|',
      '::||',
    ])
      f(bad, 'bad_line');
  });
});

describe('aggregates', () => {
  it('count, scaled by the rate, and go on counting over intervals', () => {
    const { lines, row } = aggregates();
    lines('hits:1|c', 'hits:3|c|@0.1', 'a_total:1|c', 'up.down:5|m', 'hits:1|c|#code:200', 'hits:2|c|#code:200');
    expect(row()).toMatchObject({ hits_total: 31, a_total: 1, up_down_total: 5, 'hits_total{code,200}': 3 });
    lines('hits:1|c');
    expect(row()).toMatchObject({ hits_total: 32, 'hits_total{code,200}': 3 });
  });

  it('set gauges and step them, and count different members', () => {
    const { lines, row } = aggregates();
    lines('g:5|g', 'g:+2|g', 'g:-4|g', 'n:-7|g', 'u:a|s', 'u:b|s', 'u:a|s');
    expect(row()).toMatchObject({ g: 3, n: -7, u: 2 });
    lines('u:a|s');
    expect(row()).toMatchObject({ g: 3, u: 1 });
    expect(row()).toMatchObject({ u: 0 });
  });

  it('are one where the series is one: tags in another order, names that come to be the same, another type', () => {
    const { made, lines, row } = aggregates();
    lines('req:1|c|#env:prod,svc:a', 'req:5|c|#svc:a,env:prod', 'req_total:2|c|#svc:b,env:prod,svc:a,no:');
    lines('a.b:3|g', 'a_b:4|g', 'lat:3|ms|#a:1,b:2', 'lat:3|ms|#b:2,a:1', 'lat_seconds:1|h|#a:1,b:2', 'a_b:x|s');
    expect(row()).toEqual({
      ...{ 'req_total{env,prod,svc,a}': 8, a_b: 4, heliograph_statsd_series: 3 },
      ...{ 'lat_seconds_count{a,1,b,2}': 3, 'lat_seconds_sum{a,1,b,2}': 1.006 },
      'heliograph_statsd_lines_total{fate,taken}': 8,
      'heliograph_statsd_lines_total{fate,other_type}': 1,
    });
    expect(made.sketches().map(({ name }) => name)).toEqual(['lat_seconds']);
  });

  it('keep distributions: timers in seconds, weighted by the rate', () => {
    const { made, lines, row } = aggregates();
    lines('req:250|ms', 'req:750:1000|ms|@0.5', 'size:10|h', 'size:20|d');
    expect(row()).toMatchObject({ req_seconds_count: 5, req_seconds_sum: 3.75, size_count: 2, size_sum: 30 });
    const [req, size] = made.sketches();
    expect(req).toMatchObject({ name: 'req_seconds', labels: [] });
    expect(req!.distribution.sketch).toMatchObject({ count: 5, least: 0.25, greatest: 1 });
    expect(size!.distribution.sketch.count).toBe(2);
    expect(made.sketches()).toEqual([]);
    lines(...Array.from({ length: 300 }, () => 'odd:1|h|@0.3'));
    expect(row().odd_count).toBe(1000);
  });

  it('refuse what is none, what goes down and what is too much, and count each; a series without lines ends', () => {
    let now = 0;
    const { lines, row } = aggregates({ seriesLimit: 3, setLimit: 2, mono: () => now });
    lines(
      'a:1|c',
      'a:-1|c',
      'a:x|c',
      'a:NaN|g',
      'a:1e999|h',
      's:1|s',
      's:2|s',
      's:3|s',
      'b:1|c',
      'c:1|c',
      'junk',
      '_e{1,1}:a|b',
    );
    expect(row()).toEqual({
      ...{ a_total: 1, s: 2, b_total: 1, heliograph_statsd_series: 3 },
      'heliograph_statsd_lines_total{fate,taken}': 4,
      'heliograph_statsd_lines_total{fate,bad_value}': 4,
      'heliograph_statsd_lines_total{fate,set_limit}': 1,
      'heliograph_statsd_lines_total{fate,series_limit}': 1,
      'heliograph_statsd_lines_total{fate,bad_line}': 1,
      'heliograph_statsd_lines_total{fate,event}': 1,
    });
    now = 1001;
    row();
    lines('d:1|c');
    expect(row()).toMatchObject({ d_total: 1, heliograph_statsd_series: 1 });
  });

  it('keep within bounds what hostile lines would grow: names, members, sketches', () => {
    const { made, lines, row } = aggregates({ seriesLimit: 100, setLimit: 1e6 });
    lines(`${'a'.repeat(3000)}:1|c`, `a:1|c|#${'x'.repeat(3000)}`, `s:${'x'.repeat(300)}|s`);
    expect(row()['heliograph_statsd_lines_total{fate,too_long}']).toBe(3);
    for (let i = 0; i < 100_010; i++) made.line(`s:${i}|s`);
    expect(row()).toMatchObject({ s: 100_000, 'heliograph_statsd_lines_total{fate,set_limit}': 10 });
    lines('s:again|s');
    expect(row().s).toBe(1);
    for (let i = 0; i < 90; i++) lines(`h${i}:1e-18|h`, `h${i}:1e18|h`, `h${i}:-1e-18|h`, `h${i}:-1e18|h`);
    expect(row()['heliograph_statsd_lines_total{fate,sketch_limit}']).toBeGreaterThan(100);
    const buckets = made
      .sketches()
      .reduce((sum, { distribution: { sketch } }) => sum + sketch.above.counts.length + sketch.below.counts.length, 0);
    expect(buckets).toBeLessThan((1 << 20) + 40_000);
    lines('h:1|h');
    expect(made.sketches().length).toBe(1);
  });

  it('keep within bounds what names and tags weigh together, and forget it with the series', () => {
    let now = 0;
    const { lines, row } = aggregates({ characterLimit: 5000, mono: () => now });
    const heavy = (of: string) => Array.from({ length: 4 }, (_, i) => `${of}${i}:1|g|#a:${'x'.repeat(1900)}`);
    lines(...heavy('a'));
    expect(row()).toMatchObject({
      ...{ heliograph_statsd_series: 2, 'heliograph_statsd_lines_total{fate,series_limit}': 2 },
    });
    now = 1001;
    row();
    lines(...heavy('b'));
    expect(row().heliograph_statsd_series).toBe(2);
  });

  it('take any bytes', () => {
    const { lines, row } = aggregates();
    let seed = 5;
    const random = (below: number) => {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
      return (seed >>> 8) % below;
    };
    const parts = [
      'a',
      ':',
      '|',
      'c',
      'ms',
      'g',
      's',
      'h',
      '@',
      '0.1',
      '#',
      ',',
      '1',
      '-',
      '+',
      '_e{',
      '\u0000',
      '☃',
      '\ud800',
      '__proto__',
      '1e308',
    ];
    for (let i = 0; i < 20_000; i++)
      lines(
        `${i % 2 === 0 ? 'a:1|' : ''}${Array.from({ length: random(12) }, () => parts[random(parts.length)]!).join('')}`,
      );
    const found = row();
    expect(found['heliograph_statsd_lines_total{fate,taken}']).toBeGreaterThan(50);
    expect(
      Object.entries(found)
        .filter(([name]) => name.startsWith('heliograph_statsd_lines'))
        .reduce((sum, [, n]) => sum + n, 0),
    ).toBe(20_000);
    const began = performance.now();
    lines(`${'a:1|c|#'}${'x:y,'.repeat(200_000)}`, ':'.repeat(1e6), '|'.repeat(1e6), `a:${'1:'.repeat(300_000)}1|h`);
    expect(performance.now() - began).toBeLessThan(10_000);
  });
});

it('a quantile of a sketch is within 1/256 of the exact one, over distributions of several kinds', () => {
  let seed = 11;
  const uniform = () => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return (seed + 0.5) / 2 ** 32;
  };
  const kinds: Record<string, () => number> = {
    uniform: () => uniform() * 1000,
    exponential: () => -Math.log(uniform()) * 50,
    'log normal': () => Math.exp(Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform()) + 2),
    pareto: () => (1 / uniform()) ** (1 / 1.2),
    'two humps': () => (uniform() < 0.9 ? 5 + uniform() : 900 + uniform() * 100),
  };
  let worst = 0;
  for (const draw of Object.values(kinds)) {
    const { made, lines } = aggregates();
    const values = Array.from({ length: 20_000 }, draw);
    lines(...values.map((value) => `a:${value}|h`));
    const { sketch } = made.sketches()[0]!.distribution;
    const sorted = [...values].sort((a, b) => a - b);
    for (const phi of [0.01, 0.5, 0.9, 0.99, 0.999]) {
      const rank = phi * (sorted.length - 1);
      const [low, high] = [sorted[Math.floor(rank)]!, sorted[Math.ceil(rank)]!];
      const exact = low + (high - low) * (rank - Math.floor(rank));
      worst = Math.max(worst, Math.abs(quantileOf(sketch, phi) / exact - 1));
    }
  }
  expect(worst).toBeLessThan(1 / 256);
  console.log(`greatest error of a quantile: ${(worst * 100).toFixed(3)} %`);
});

describe('the sockets', () => {
  async function open(config: object) {
    const memory = pushedIntake();
    const host = quietHost();
    const intake = pushedIntake({ host: { ...memory.host, now: host.now, mono: host.mono } });
    const plan = { quantiles: [0.5], bounds: [], plain: [] };
    const parsed = statsdConfig().parse({ interval: '50ms', ...config });
    const statsd = await openStatsd(parsed, { host, pushed: intake.intake, sketches: { rule: 'host', plan } });
    closes.push(() => statsd.close());
    const timer = setInterval(() => intake.settle(), 5);
    closes.push(() => clearInterval(timer));
    const last = (name: string) => intake.samples.findLast(({ series }) => series.startsWith(`${name}{`))?.value;
    return { ...intake, statsd, last };
  }

  it('takes packets of one line and of several over UDP', async () => {
    const { statsd, last, frames } = await open({ udp: '127.0.0.1:0' });
    const client = createSocket('udp4');
    closes.push(() => client.close());
    const send = (text: string | Buffer) => client.send(text, statsd.port!, '127.0.0.1');
    send('hits:1|c');
    send('hits:2|c\nlat:5|ms\n\nlat:6|ms\r\n');
    send(Buffer.from([0xff, 0xfe, 0x0a, 0x00]));
    await until('all of it', () => last('hits_total') === 3 && last('lat_seconds_count') === 2);
    await until('the sketch', () => frames.some(({ kind }) => kind === 'sketches'));
    const sketches = frames.flatMap((frame) => (frame.kind === 'sketches' ? [frame.window] : []));
    expect(sketches[0]!.groups[0]!.series).toEqual({
      name: 'lat_seconds',
      labels: [
        ['dc', 'north'],
        ['job', 'statsd'],
      ],
    });
    expect(sketches[0]!.end % 50).toBe(0);
  });

  it('takes lines and packets with their length over a Unix socket, whatever pieces they come in, and ends a connection that is too long', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'statsd-'));
    closes.push(() => rmSync(directory, { recursive: true }));
    const path = join(directory, 'run', 'statsd.sock');
    const { last } = await open({ unix: { path, mode: '0600' } });
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const lines = connect(path);
    for (const piece of ['hi', 'ts:1|', 'c\nhits:2', '|c\nhits:4|c']) {
      lines.write(piece);
      await new Promise((resolve) => setImmediate(resolve));
    }
    lines.end();
    const packets = connect(path);
    const packet = (text: string) => {
      const head = Buffer.alloc(4);
      head.writeUInt32LE(text.length);
      return Buffer.concat([head, Buffer.from(text)]);
    };
    const bytes = Buffer.concat([packet('hits:10|c\nhits:20|c'), packet(''), packet('hits:40|c')]);
    packets.write(bytes.subarray(0, 3));
    packets.write(bytes.subarray(3, 9));
    packets.end(bytes.subarray(9));
    await until('77 hits', () => last('hits_total') === 77);
    for (const bad of [Buffer.from([1, 0, 255, 0, 1]), Buffer.alloc(70_000, 0x61)]) {
      const rude = connect(path);
      rude.on('error', () => undefined);
      rude.write(bad);
      await new Promise((resolve) => rude.once('close', resolve));
    }
    await until('they are counted', () => last('heliograph_statsd_lines_total') !== undefined);
  });

  it('takes over a socket that a killed process left, not one that is served, and no address beyond this host', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'statsd-'));
    closes.push(() => rmSync(directory, { recursive: true }));
    const path = join(directory, 's.sock');
    const first = await open({ unix: { path } });
    await expect(open({ unix: { path } })).rejects.toMatchObject({ code: 'HG_PORT_TAKEN' });
    await first.statsd.close();
    expect(existsSync(path)).toBe(false);
    writeFileSync(path, 'a file');
    await expect(open({ unix: { path } })).rejects.toMatchObject({ code: 'HG_PORT_TAKEN' });
    await expect(open({ udp: '0.0.0.0:0' })).rejects.toThrow(/loopback/);
  });
});
