import { describe, expect, it } from 'vitest';
import { emptyLedger } from '../../lib/ledger.ts';
import { decodeBase } from '../../proto/base.ts';
import { decodeBlock, encodeBlock } from '../../proto/block.ts';
import { CborWriter } from '../../proto/cbor-writer.ts';
import { decodeColumns } from '../../proto/columns.ts';
import { decodeFrame, decodeHeader, encodeFrame } from '../../proto/frame.ts';
import { LIMITS } from '../../proto/limits.ts';
import {
  decodeControl,
  decodeDesired,
  decodeStatus,
  encodeControl,
  encodeDesired,
  encodeStatus,
} from '../../proto/message.ts';
import { encodeMetricsBody } from '../../proto/metrics-body.ts';
import { decodeDefinition } from '../../proto/page.ts';
import { isWireError } from '../../proto/wire-error.ts';
import { cpuMs } from '../support/cpu.ts';
import { Random, seeds } from './random.ts';
import {
  BASE,
  BOOT,
  eventFrame,
  gapFrame,
  header,
  logFrame,
  metricFrame,
  PAGE,
  PAGE_HASH,
  sketchFrame,
  TIME,
  TOOLS,
  unzstd,
  zstd,
} from './samples.ts';

const status = encodeStatus({
  state: 'up',
  connection: 'c',
  boot: BOOT,
  time: TIME,
  version: '1',
  profile: 'server',
  series: 5,
  classes: { log: { next: 2, floor: 1, acknowledged: [[1, 1]], queuedFrames: 0, queuedItems: 0, queuedBytes: 0 } },
  ledger: emptyLedger('collector', 'a', TIME),
  sources: {},
});
const definition = (bytes: Uint8Array) => {
  const decoded = decodeDefinition(bytes);
  if (decoded.kind === 'base') decodeBase(decoded.columns, 5);
};
const block = encodeBlock('log', 'r', [{ host: 'a', received: TIME, skew: 1, frame: logFrame(5, false) }], (bytes) =>
  bytes.slice(),
);

/** What stands on the wire, and what reads it. */
const READERS: readonly (readonly [string, Uint8Array, (bytes: Uint8Array) => unknown])[] = [
  ['metric frame', metricFrame(false), (bytes) => decodeFrame(bytes, TOOLS)],
  ['metric frame on a base', metricFrame(true), (bytes) => decodeFrame(bytes, TOOLS)],
  ['log frame', logFrame(20, false), (bytes) => decodeFrame(bytes, TOOLS)],
  ['packed log frame', logFrame(40, true), (bytes) => decodeFrame(bytes, TOOLS)],
  ['event frame', eventFrame(), (bytes) => decodeFrame(bytes, TOOLS)],
  ['gap frame', gapFrame(), (bytes) => decodeFrame(bytes, TOOLS)],
  ['sketch frame', sketchFrame(), (bytes) => decodeFrame(bytes, TOOLS)],
  ['header', metricFrame(true), decodeHeader],
  ['header of logs', logFrame(20, false), decodeHeader],
  ['page', PAGE, definition],
  ['base', BASE, definition],
  ['unpacked block', block, (bytes) => decodeBlock(bytes, (same) => same)],
  ['packed block', zstd(block), (bytes) => decodeBlock(bytes, unzstd)],
  ['status', status, decodeStatus],
  ['control', encodeControl({ need: [PAGE_HASH], pressure: { log: 1 }, time: TIME }), decodeControl],
  ['desired', encodeDesired({ levels: { '*': 'debug' }, until: TIME }), decodeDesired],
];

function readsOrRefuses(name: string, bytes: Uint8Array, read: (bytes: Uint8Array) => unknown): boolean {
  const started = cpuMs();
  let refused = false;
  try {
    read(bytes);
  } catch (error) {
    if (!isWireError(error))
      throw new Error(`${name}: ${Buffer.from(bytes).toString('hex').slice(0, 2000)}`, { cause: error });
    refused = true;
  }
  expect(cpuMs() - started).toBeLessThan(2000);
  return refused;
}

describe('hostile bytes', () => {
  it.each(READERS)('%s: valid as it is, refused at every shorter length', (name, bytes, read) => {
    expect(readsOrRefuses(name, bytes, read)).toBe(false);
    for (let end = 0; end < bytes.length; end++) {
      if (!readsOrRefuses(name, bytes.subarray(0, end), read))
        expect.fail(`${end} of ${bytes.length} bytes were taken for whole`);
    }
    // JSON may end in space; zlib stops at the end of a zstd frame and leaves what follows.
    if (name !== 'desired' && name !== 'packed block') {
      expect(readsOrRefuses(name, Uint8Array.of(...bytes, 0x20), read)).toBe(true);
    }
  });

  for (const seed of seeds(12)) {
    it(`flips, cuts and splices are refused or decode to something, seed ${seed}`, () => {
      const random = new Random(seed);
      for (const [name, bytes, read] of READERS) {
        for (let round = 0; round < 300; round++) {
          let copy = bytes.slice();
          const hits = 1 + random.below(4);
          for (let hit = 0; hit < hits; hit++) {
            const at = random.below(copy.length);
            const how = random.below(5);
            if (how === 0) copy[at]! ^= 1 << random.below(8);
            else if (how === 1) copy[at] = random.below(256);
            else if (how === 2)
              copy[at] = random.pick([0, 0x1b, 0x3b, 0x5b, 0x7b, 0x9b, 0xbb, 0xdb, 0xfb, 0xff, 0x7f, 0x80]);
            else if (how === 3)
              copy = Uint8Array.of(...copy.subarray(0, at), ...random.bytes(random.below(9)), ...copy.subarray(at));
            else
              copy = Uint8Array.of(
                ...copy.subarray(0, at),
                ...copy.subarray(Math.min(copy.length, at + random.below(9))),
              );
            if (copy.length === 0) break;
          }
          readsOrRefuses(name, copy, read);
        }
      }
    });

    it(`noise is refused or decodes to something, seed ${seed}`, () => {
      const random = new Random(seed);
      for (let round = 0; round < 200; round++) {
        const noise = random.bytes(random.below(80));
        for (const [name, , read] of READERS) readsOrRefuses(name, noise, read);
        for (const n of [1, 5, 256]) {
          readsOrRefuses('columns', noise, (bytes) =>
            decodeColumns(bytes, n, random.below(2) ? new Float64Array(n).fill(0.25) : null),
          );
          noise[0] = random.below(32);
          noise[1] = 1 + random.below(20);
        }
      }
    });
  }

  it('nesting, of any depth, is refused and does not exhaust the stack', () => {
    for (const initial of [0x81, 0xa1, 0xc1, 0x9f]) {
      const deep = new Uint8Array(LIMITS.frameBytes - 200).fill(initial);
      const frame = encodeFrame(header({ kind: 'events', class: 'alert' }), deep);
      for (const read of [decodeHeader, (bytes: Uint8Array) => decodeFrame(bytes, TOOLS)]) {
        expect(readsOrRefuses('deep', frame, read)).toBe(true);
      }
      expect(readsOrRefuses('deep', deep.subarray(0, 1 << 17), decodeStatus)).toBe(true);
      expect(readsOrRefuses('deep', deep.subarray(0, 1 << 17), definition)).toBe(true);
    }
  });

  it('lengths past the bytes left are refused before anything is made of them', () => {
    const huge = [0x1a, 0xff, 0xff, 0xff, 0xff];
    const heap = process.memoryUsage().heapUsed;
    for (const major of [0x40, 0x60, 0x80, 0xa0]) {
      const bytes = Uint8Array.of(major | 0x1a, ...huge.slice(1));
      for (const [name, , read] of READERS) {
        if (name !== 'desired') expect(readsOrRefuses(name, bytes, read)).toBe(true);
      }
      const inside = encodeFrame(header({ kind: 'events', class: 'alert' }), bytes);
      expect(readsOrRefuses('inside', inside, (frame) => decodeFrame(frame, TOOLS))).toBe(true);
    }
    expect(process.memoryUsage().heapUsed - heap).toBeLessThan(64 << 20);
  });

  it('a zstd bomb stops at the stated length', () => {
    const bomb = zstd(new Uint8Array(1 << 27));
    for (const stated of [100, LIMITS.logRawBytes, LIMITS.logRawBytes + 1]) {
      const body = new CborWriter().array(3).uint(1).uint(stated).bytes(bomb).take();
      const frame = encodeFrame(header({ kind: 'logs', class: 'log' }), body);
      expect(() => decodeFrame(frame, TOOLS)).toThrow(/HG_WIRE_(COMPRESSION|LIMIT)/);
    }
  });

  it('many small sections that would grow to gigabytes stop at the limit of values', () => {
    const instants = 255;
    const columns = Uint8Array.of(0, 0xff, 0x01, ...new Uint8Array(instants));
    expect(decodeColumns(columns, 5, null).times.length).toBe(instants);
    const sections = Array.from({ length: 1000 }, () => ({ page: PAGE_HASH, base: null, columns }));
    const frame = encodeFrame(header({}), encodeMetricsBody(sections));
    expect(() => decodeFrame(frame, TOOLS)).toThrow('HG_WIRE_LIMIT');
  });
});
