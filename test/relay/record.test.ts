import { expect, test } from 'vitest';
import { decodeRecord, encodeRecord, type FrameRecord, RecordEncoder } from '../../relay/record.ts';

const BOOTS = ['00000001aaaaaaaaaaaaaaaa', '00000002bbbbbbbbbbbbbbbb'];
const [ONE, TWO] = ['1'.repeat(32), '2'.repeat(32)];

function record(sequence: number, change: Partial<FrameRecord> = {}): FrameRecord {
  const frame = Buffer.alloc(5 + sequence, sequence);
  return {
    host: 'hüte',
    received: 1.5 + sequence,
    skew: -sequence,
    boot: BOOTS[0]!,
    sequence,
    definitions: [ONE!],
    frame,
    ...change,
  };
}

test('a record is read as it was written', () => {
  const written = record(7, { definitions: [ONE!, TWO!] });
  expect(decodeRecord(encodeRecord(written))).toEqual(written);
});

test('records of one host come out as each by itself, whatever changes from one to the next', () => {
  const encoder = new RecordEncoder();
  const records = [
    record(1),
    record(2),
    record(3, { boot: BOOTS[1]! }),
    record(4),
    record(5, { definitions: [TWO!] }),
    record(6, { definitions: [TWO!, ONE!] }),
    record(7, { definitions: [ONE!, TWO!] }),
    record(8, { definitions: [] }),
    record(9, { definitions: [] }),
    record(10, { skew: 0, received: 0 }),
  ];
  // All of them first: what is kept from one must not change it later.
  const encoded = records.map((each) => encoder.encode(each));
  expect(encoded).toEqual(records.map((each) => encodeRecord(each)));
});
