import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { ColumnEncoder, decodeColumns } from '../proto/columns.ts';
import { decodeFrame, decodeHeader, encodeFrame, type FrameHeader } from '../proto/frame.ts';
import { LogFrameBuilder } from '../proto/log-columns.ts';
import { encodeMetricsBody } from '../proto/metrics-body.ts';
import { encodeUtf8 } from '../proto/utf8.ts';
import { loadRecording } from '../simulator/recording.ts';
import { type RecordedSet, recordedSets } from './recorded-sets.ts';
import type { BenchResult } from './result.ts';

interface Work {
  readonly n: number;
  readonly times: Float64Array;
  readonly values: Float64Array;
  readonly base: Float64Array;
  readonly columns: Uint8Array;
}

/** Columns as a collector makes them: `instants` rows each, against a base a minute old. */
function workOf(set: RecordedSet, instants: number): Work[] {
  const encoder = new ColumnEncoder();
  const works: Work[] = [];
  for (const page of set.pages) {
    for (let row = 60; row + instants <= set.times.length; row += instants) {
      const start = row - (row % 60);
      const base = page.values.slice((start - 60) * page.n, (start - 59) * page.n);
      const times = set.times.slice(row, row + instants);
      const values = page.values.slice(row * page.n, (row + instants) * page.n);
      works.push({ n: page.n, times, values, base, columns: encoder.encode(page.n, times, values, null, base) });
    }
  }
  return works;
}

/** CPU ns an item of this process, user and system, over at least `forMs` after a first round. */
function nsPerItem<T>(works: readonly T[], itemsARound: number, once: (work: T) => void, forMs: number): number {
  for (const work of works) once(work);
  let rounds = 0;
  const before = process.cpuUsage();
  let spent = 0;
  while (spent < forMs * 1000) {
    for (const work of works) once(work);
    rounds++;
    const usage = process.cpuUsage(before);
    spent = usage.user + usage.system;
  }
  return (spent * 1000) / (rounds * itemsARound);
}

/** The relay's share of a frame (envelope, names of definitions), and a log frame both ways. */
function envelopes(): BenchResult[] {
  const encoder = new ColumnEncoder();
  const set = recordedSets(loadRecording(), 10)[0]!;
  const sections = set.pages.map((page, p) => ({
    page: `${p}`.repeat(32),
    base: 'ab'.repeat(16),
    columns: encoder.encode(page.n, set.times.slice(0, 2), page.values.slice(0, page.n * 2), null, null),
  }));
  const metric = encodeFrame(headerOf('metric', 'metrics', set.series * 2), encodeMetricsBody(sections));
  const builder = new LogFrameBuilder();
  const lines = Array.from({ length: 1000 }, (_, i) =>
    encodeUtf8(
      `GET /items/${(i * 7919) % 10_007} 200 ${(i * 31) % 97} ms from 10.0.${i % 256}.${(i * 7) % 256}, agent "check/1.${i % 10}"`,
    ),
  );
  const fields = { 'log.file.path': '/var/log/app/access.log' };
  const bytes = lines.reduce((sum, line) => sum + line.length, 0);
  const write = () => {
    for (const [i, line] of lines.entries()) builder.add(1795403357501 + i, 'info', 'api', line, fields);
    return encodeFrame(headerOf('log', 'logs', lines.length), builder.encode(zstd));
  };
  const log = write();
  const one = [log];
  return [
    {
      name: `envelope of a metric frame of ${set.series * 2} samples (decodeHeader)`,
      value: nsPerItem([metric], 1, decodeHeader, 300),
      unit: 'ns/frame',
      note: `${metric.length} bytes`,
    },
    {
      name: 'encode log lines, zstd included',
      value: nsPerItem(one, lines.length, write, 300),
      unit: 'ns/line',
      note: `lines of ${(bytes / lines.length).toFixed(0)} bytes, made up and alike`,
    },
    {
      name: 'decode log lines, zstd included',
      value: nsPerItem(one, lines.length, (frame) => decodeFrame(frame, { unzstd, utf8: decodeUtf8Fast }), 300),
      unit: 'ns/line',
      note: `with Node's UTF-8 decoder; ${(log.length / lines.length).toFixed(1)} bytes a line on the wire`,
    },
  ];
}

function headerOf(dataClass: 'metric' | 'log', kind: 'metrics' | 'logs', count: number): FrameHeader {
  const boot = `00000001${'5a'.repeat(8)}`;
  return { class: dataClass, boot, sequence: 9, floor: 3, created: 1795403357501, count, previous: null, kind };
}

const zstd = (bytes: Uint8Array) => zstdCompressSync(bytes);
const unzstd = (bytes: Uint8Array, max: number) => zstdDecompressSync(bytes, { maxOutputLength: max });
const decodeUtf8Fast = (bytes: Uint8Array, from: number, to: number) =>
  Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString('utf8');

export async function run(): Promise<BenchResult[]> {
  const encoder = new ColumnEncoder();
  const results: BenchResult[] = [];
  for (const set of recordedSets(loadRecording(), 1)) {
    for (const instants of [1, 5, 10]) {
      const works = workOf(set, instants);
      const samples = works.reduce((sum, work) => sum + work.values.length, 0);
      const what = `${set.series} series (${set.name}), ${instants} a frame`;
      // The promise is for what a host really has, several instants together.
      const promised = instants > 1 && set.series > 100;
      results.push({
        name: `encode, ${what}`,
        value: nsPerItem(
          works,
          samples,
          (work) => encoder.encode(work.n, work.times, work.values, null, work.base),
          400,
        ),
        unit: 'ns/sample',
        ...(promised ? { target: 10 } : {}),
      });
      results.push({
        name: `decode, ${what}`,
        value: nsPerItem(works, samples, (work) => decodeColumns(work.columns, work.n, work.base), 400),
        unit: 'ns/sample',
        ...(promised ? { target: 13 } : {}),
      });
    }
  }
  return [...results, ...envelopes()];
}
