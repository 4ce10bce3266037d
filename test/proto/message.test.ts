import { Encoder } from 'cbor-x';
import { describe, expect, it } from 'vitest';
import { emptyLedger } from '../../lib/ledger.ts';
import { decodeBlock, encodeBlock } from '../../proto/block.ts';
import { encodeEventsBody } from '../../proto/event.ts';
import { encodeGapsBody } from '../../proto/gap.ts';
import {
  decodeControl,
  decodeDesired,
  decodeStatus,
  encodeControl,
  encodeDesired,
  encodeStatus,
  type Status,
} from '../../proto/message.ts';
import { parseTopic, topicOf } from '../../proto/topics.ts';
import { BOOT, eventFrame, gapFrame, PAGE_HASH, TIME, unzstd, zstd } from './samples.ts';

const STATUS: Status = {
  state: 'up',
  connection: 'c0ffee',
  boot: BOOT,
  time: TIME,
  version: '0.1.0',
  profile: 'server',
  series: 507,
  classes: {
    metric: {
      next: 13,
      floor: 9,
      acknowledged: [
        [9, 10],
        [12, 12],
      ],
      queuedFrames: 1,
      queuedItems: 507,
      queuedBytes: 600,
    },
  },
  ledger: emptyLedger('collector', 'web-1', TIME),
  sources: { cpu: { seconds: 0.002, ok: true } },
};
const cbor = new Encoder({ useRecords: false, tagUint8Array: false });

describe('messages', () => {
  it('carry a status', () => {
    expect(decodeStatus(encodeStatus(STATUS))).toEqual(STATUS);
    expect(decodeStatus(encodeStatus({ ...STATUS, ledger: null, state: 'down' }))).toEqual({
      ...STATUS,
      ledger: null,
      state: 'down',
    });
  });

  it('refuse a status of another version or shape', () => {
    expect(() => decodeStatus(cbor.encode({ ...STATUS, v: 2 }))).toThrow('HG_WIRE_VERSION');
    for (const wrong of [
      { state: 'sideways' },
      { boot: 'x' },
      { series: Number.NaN },
      { classes: [] },
      { ledger: { version: 1 } },
      { time: '1' },
    ]) {
      expect(() => decodeStatus(cbor.encode({ v: 1, ...STATUS, ...wrong }))).toThrow('HG_WIRE_MALFORMED');
    }
    const acknowledged = [[5, 3]];
    const classes = { metric: { ...STATUS.classes.metric, acknowledged } };
    expect(() => decodeStatus(cbor.encode({ v: 1, ...STATUS, classes }))).toThrow('HG_WIRE_MALFORMED');
  });

  it('pass over what a later version adds', () => {
    const classes = { ...STATUS.classes, trace: { anything: 1 } };
    expect(decodeStatus(cbor.encode({ v: 1, ...STATUS, classes, more: { of: 'it' } }))).toEqual(STATUS);
  });

  it('say where a host has moved to', () => {
    const moved = { ...STATUS, state: 'down' as const, movedTo: 'relay-2.example:8883' };
    expect(decodeStatus(encodeStatus(moved))).toEqual(moved);
    expect(() => decodeStatus(cbor.encode({ v: 1, ...STATUS, movedTo: 7 }))).toThrow('HG_WIRE_MALFORMED');
  });

  it('carry control messages in any combination', () => {
    const whole = {
      need: [PAGE_HASH, '00'.repeat(16)],
      pressure: { debug: 2, log: 1 } as const,
      refused: { topic: 'fleet/a/log', code: 'HG_WIRE_TORN', message: 'why', sequence: 4 },
      comeBackAfterMs: 1500,
      servesMs: 30_000,
      time: TIME,
    };
    expect(decodeControl(encodeControl(whole))).toEqual(whole);
    expect(decodeControl(encodeControl({}))).toEqual({});
    expect(decodeControl(encodeControl({ time: TIME }))).toEqual({ time: TIME });
    expect(() => decodeControl(cbor.encode({ v: 1, need: [new Uint8Array(15)] }))).toThrow('HG_WIRE_MALFORMED');
    expect(() => decodeControl(cbor.encode({ v: 1, pressure: { log: 3 } }))).toThrow('HG_WIRE_MALFORMED');
  });

  it('refuse tags, records, keys that are not texts, and nesting', () => {
    const records = new Encoder({ useRecords: true });
    expect(() => decodeControl(records.encode({ v: 1, pressure: { log: 1 } }))).toThrow('HG_WIRE_MALFORMED');
    expect(() =>
      decodeControl(
        new Encoder({ tagUint8Array: true, useRecords: false }).encode({ v: 1, need: [new Uint8Array(16)] }),
      ),
    ).toThrow('HG_WIRE_MALFORMED');
    expect(() => decodeControl(Uint8Array.of(0xa1, 0x80, 0x01))).toThrow('HG_WIRE_MALFORMED');
    expect(() => decodeControl(Uint8Array.of(0xbf, 0xff))).toThrow('HG_WIRE_MALFORMED');
    const deep = new Uint8Array(200_000).fill(0x81);
    expect(() => decodeControl(Uint8Array.of(0xa1, 0x61, 0x76, ...deep.subarray(0, 1000)))).toThrow('HG_WIRE_LIMIT');
    const polluted = decodeStatus(cbor.encode({ ...JSON.parse('{"__proto__":{"polluted":1}}'), v: 1, ...STATUS }));
    expect((polluted as { polluted?: number }).polluted).toBeUndefined();
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });

  it('carry a desired configuration as JSON', () => {
    const desired = { levels: { '*': 'info', api: 'debug' }, until: TIME } as const;
    expect(JSON.parse(new TextDecoder().decode(encodeDesired(desired)))).toEqual({ version: 1, ...desired });
    expect(decodeDesired(encodeDesired(desired))).toEqual(desired);
    const text = (value: string) => new TextEncoder().encode(value);
    expect(decodeDesired(text('{"version":1,"levels":{"a":"warn"}}'))).toEqual({
      levels: { a: 'warning' },
      until: null,
    });
    expect(() => decodeDesired(text('{"version":2,"levels":{}}'))).toThrow('HG_WIRE_VERSION');
    expect(() => decodeDesired(text('{"version":1,"levels":{"a":"loud"}}'))).toThrow('HG_WIRE_MALFORMED');
    expect(() => decodeDesired(text('{"version":1,'))).toThrow('HG_WIRE_TORN');
    expect(() => decodeDesired(text('['.repeat(200_000)))).toThrow('HG_WIRE_TORN');
  });

  it('carry blocks of frames', () => {
    const entries = [
      { host: 'web-1', received: TIME, skew: -12.5, frame: eventFrame() },
      { host: 'web-2', received: TIME + 1, skew: 0, frame: gapFrame() },
    ];
    const block = decodeBlock(encodeBlock('alert', 'relay-1', entries, zstd), unzstd);
    expect(block).toEqual({
      class: 'alert',
      relay: 'relay-1',
      entries: entries.map((entry) => ({ ...entry, frame: expect.anything() })),
    });
    expect(Buffer.compare(block.entries[1]!.frame, entries[1]!.frame)).toBe(0);
  });

  it('refuse a block that grows past its limit', () => {
    const bomb = zstd(new Uint8Array(1 << 26));
    expect(bomb.length).toBeLessThan(1 << 16);
    expect(() => decodeBlock(bomb, unzstd)).toThrow('HG_WIRE_COMPRESSION');
  });

  it('refuse to write what no reader takes', () => {
    const long = 'x'.repeat(257);
    const event = { time: TIME, type: 'a', host: 'h', facts: {} };
    const gap = { boot: BOOT, from: 1, to: 1, reason: long, frames: 1, items: 1, firstTime: TIME, lastTime: TIME };
    expect(() => encodeEventsBody([{ ...event, type: long }])).toThrow('HG_WIRE_LIMIT');
    expect(() => encodeEventsBody([{ ...event, facts: { [long]: 1 } }])).toThrow('HG_WIRE_LIMIT');
    expect(() => encodeGapsBody([gap])).toThrow('HG_WIRE_LIMIT');
    expect(() => encodeBlock('log', long, [], zstd)).toThrow('HG_WIRE_LIMIT');
    expect(() => encodeControl({ refused: { topic: 'x'.repeat(1 << 19), code: '', message: '' } })).toThrow(
      'HG_WIRE_LIMIT',
    );
  });

  it('know their topics', () => {
    expect(parseTopic(topicOf('web-1.example', 'metric'))).toEqual({ host: 'web-1.example', part: 'metric' });
    for (const topic of [
      'fleet/a/b',
      'fleet/+/metric',
      'fleet/#',
      'fleet//metric',
      'other/a/metric',
      'fleet/a/metric/x',
      '',
    ]) {
      expect(parseTopic(topic)).toBeNull();
    }
  });
});
