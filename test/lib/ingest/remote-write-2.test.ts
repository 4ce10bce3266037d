import protobuf from 'protobufjs';
import { describe, expect, test } from 'vitest';
import { readRemoteWrite2 } from '../../../lib/ingest/remote-write-2.ts';
import { SymbolTable } from '../../../lib/ingest/symbol-table.ts';

const { root } = protobuf.parse(`
  syntax = "proto3";
  message Sample { double value = 1; int64 timestamp = 2; }
  message TimeSeries { repeated uint32 labels_refs = 1; repeated Sample samples = 2; }
  message Request { repeated bytes symbols = 4; repeated TimeSeries timeseries = 5; }
`);
const TYPE = root.lookupType('Request');

/** A request of series by their references, one sample each. */
function request(symbols: readonly (string | Uint8Array)[], ...series: number[][]): Uint8Array {
  const timeseries = series.map((labelsRefs) => ({
    labelsRefs,
    samples: [{ value: 1, timestamp: 1_700_000_000_000 }],
  }));
  return TYPE.encode({ symbols: symbols.map((one) => Buffer.from(one)), timeseries }).finish();
}

const read = (symbols: readonly (string | Uint8Array)[], ...series: number[][]) =>
  readRemoteWrite2(request(symbols, ...series)).series.map((item) => item.series);

describe('series from one request to the next', () => {
  test('the same labels under other numbers are the same series', () => {
    const [before] = read(['', '__name__', 'up', 'job', 'node'], [1, 2, 3, 4]);
    const [after] = read(['', 'job', 'other', 'node', 'up', '__name__'], [5, 4, 1, 3]);
    expect(before).toEqual({ name: 'up', labels: [['job', 'node']] });
    expect(after).toBe(before);
  });

  test('the same numbers of another table are another series', () => {
    const symbols = (job: string) => ['', '__name__', 'up', 'job', job];
    const jobs = ['a', 'ä', 'Ã¤', 'a'].map((job) => read(symbols(job), [1, 2, 3, 4])[0]!.labels[0]![1]);
    expect(jobs).toEqual(['a', 'ä', 'Ã¤', 'a']);
  });

  test('texts and series that are too long to keep are read all the same', () => {
    const long = 'x'.repeat(5000);
    expect(read(['', '__name__', 'up', 'job', long], [1, 2, 3, 4])[0]!.labels).toEqual([['job', long]]);
    const names = Array.from({ length: 100 }, (_, i) => `label_${i}`);
    const refs = names.flatMap((_, i) => [i + 3, 2]);
    const [wide] = read(['', '__name__', 'up', ...names], [1, 2, ...refs]);
    expect(wide!.labels).toEqual(names.map((name) => [name, 'up']));
  });

  test('a symbol that is not there, half a label, and a text that is not UTF-8 are refused', () => {
    const symbols = ['', '__name__', 'up', 'job', 'node'];
    read(symbols, [1, 2, 3, 4]);
    expect(() => read(symbols, [1, 2, 3, 5])).toThrow(/names a symbol that is not there/);
    expect(() => read(symbols, [1, 2, 3])).toThrow(/names a symbol that is not there/);
    const broken = new Uint8Array([0xc3]);
    for (let again = 0; again < 2; again++) {
      expect(() => read(['', '__name__', 'up', 'job', broken], [1, 2, 3, 4])).toThrow(/remote write 2.0 request/);
    }
  });
});

test('a table that forgets gives no series to other texts', () => {
  const table = new SymbolTable(1000);
  const texts = Array.from({ length: 200 }, (_, i) => `text ${i}`);
  for (let turn = 0; turn < 3; turn++) {
    for (const text of texts) {
      const symbols = ['name', text].map((one) => table.symbol(one, () => one));
      const key = table.key([0, 1], symbols)!;
      expect(table.get(key)?.name ?? text).toBe(text);
      table.keep(key, { name: text, labels: [] });
    }
  }
});
