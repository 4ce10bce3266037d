import { describe, expect, it } from 'vitest';
import { CborReader } from '../../proto/cbor-reader.ts';
import { CborWriter } from '../../proto/cbor-writer.ts';
import { decodeFrame, encodeFrame } from '../../proto/frame.ts';
import { LIMITS } from '../../proto/limits.ts';
import { decodeLogColumns, LogFrameBuilder, type LogLine, readLogColumns } from '../../proto/log-columns.ts';
import { LONG, Random, seeds } from './random.ts';
import { logFrame, TIME, TOOLS, unzstd, zstd } from './samples.ts';

function back(body: Uint8Array): LogLine[] {
  return decodeLogColumns(readLogColumns(new CborReader(body), { unzstd }), {});
}

describe('log columns', () => {
  it('keep lines, compressed or not', () => {
    for (const compressed of [false, true]) {
      const frame = decodeFrame(logFrame(50, compressed), TOOLS);
      if (frame.kind !== 'logs') return expect.fail('logs wanted');
      expect(frame.lines[4]).toEqual({
        time: TIME + 12.5,
        message: 'GET /items/4 200 with a NUL \u0000 and ü',
        level: 'info',
        service: 'worker',
        fields: { path: '/var/log/app.log', 'trace.id': 't1' },
      });
      expect(frame.lines[50]).toEqual({
        time: TIME - 1,
        message: 'a\ufffd\ufffdb',
        level: 'info',
        service: 'api',
        fields: { __proto: 'x' },
      });
    }
  });

  it('carry the message bytes as they were: what is not UTF-8 is replaced by the reader, not by the writer', () => {
    const builder = new LogFrameBuilder();
    const message = Uint8Array.of(0, 0xc3, 0x28, 0xf0, 0x9f, 0x98, 0x80, 0xed, 0xa0, 0x80);
    builder.add(TIME, '', '', message);
    const body = builder.encode();
    expect(Buffer.from(body).includes(Buffer.from(message))).toBe(true);
    expect(back(body)[0]!.message).toBe(new TextDecoder().decode(message));
  });

  it('treat names of Object.prototype as names', () => {
    const builder = new LogFrameBuilder();
    const fields = JSON.parse('{"__proto__":"a","constructor":"b","toString":"c"}');
    builder.add(TIME, 'info', '__proto__', 'x', fields);
    const [line] = back(builder.encode());
    expect(Object.entries(line!.fields).sort()).toEqual(Object.entries(fields).sort());
    expect(Object.getPrototypeOf(line!.fields)).toBe(Object.prototype);
  });

  it('start anew after each frame', () => {
    const builder = new LogFrameBuilder();
    builder.add(TIME, 'info', 'a', 'one', { x: '1' });
    builder.encode();
    expect(builder.lines).toBe(0);
    builder.add(TIME + 5, 'warning', 'b', 'two', { x: '2' });
    expect(back(builder.encode())).toEqual([
      { time: TIME + 5, level: 'warning', service: 'b', message: 'two', fields: { x: '2' } },
    ]);
    expect(() => builder.encode()).toThrow('HG_WIRE_VALUE');
  });

  it('say when they are full, and stay whole when a line is refused', () => {
    const builder = new LogFrameBuilder();
    expect(() => builder.add(TIME, 'info', 'a', new Uint8Array(LIMITS.messageBytes + 1))).toThrow('HG_WIRE_LIMIT');
    expect(() => builder.add(Number.NaN, 'info', 'a', 'x')).toThrow('HG_WIRE_VALUE');
    for (let i = 0; i < LIMITS.lines; i++) builder.add(TIME + i, 'info', 'a', '.');
    expect(builder.full(1)).toBe(true);
    expect(() => builder.add(TIME, 'info', 'a', 'x')).toThrow('HG_WIRE_LIMIT');
    expect(back(builder.encode()).length).toBe(LIMITS.lines);
  });

  it('always fit into a frame, whatever they are made of', () => {
    const random = new Random(1);
    const builder = new LogFrameBuilder();
    let frames = 0;
    for (let i = 0; i < 40; i++) {
      const message = random.bytes(1 + random.below(LIMITS.messageBytes / 4));
      if (builder.full(message.length)) {
        const count = builder.lines;
        const header = {
          class: 'log',
          boot: '00'.repeat(12),
          sequence: 1,
          floor: 1,
          created: TIME,
          count,
          previous: null,
        } as const;
        const frame = decodeFrame(encodeFrame({ ...header, kind: 'logs' }, builder.encode(zstd)), TOOLS);
        expect(frame.kind === 'logs' && frame.lines.length).toBe(count);
        frames++;
      }
      builder.add(TIME + i, 'info', 'noise', message);
    }
    expect(frames).toBeGreaterThan(1);
  });

  it('refuse a long word that lines without end name, on both sides', () => {
    const word = 'x'.repeat(200_000);
    const builder = new LogFrameBuilder();
    let lines = 0;
    const fields = { word };
    const add = () => {
      builder.add(TIME, 'info', 'noise', 'm', fields);
      lines++;
    };
    expect(() => {
      for (;;) add();
    }).toThrow(expect.objectContaining({ code: 'HG_WIRE_LIMIT' }));
    expect(lines * word.length).toBeLessThan(LIMITS.logTextUnits);
    expect(back(builder.encode(zstd))).toHaveLength(lines);

    const count = 10_000;
    const same = (value: number) => new Uint8Array(count).fill(value);
    const columns = new CborWriter(1 << 20).array(10).uint(1).uint(count).array(2).text('').text(word);
    columns.bytes(new Uint8Array([1, 1, 1]));
    for (const column of [same(0), same(0), same(0), same(1), same(0), new Uint8Array(0)]) columns.bytes(column);
    expect(() => decodeLogColumns(columns.take(), TOOLS)).toThrow(expect.objectContaining({ code: 'HG_WIRE_LIMIT' }));
  });

  for (const seed of seeds(LONG ? 50 : 20)) {
    it(`keep random lines, seed ${seed}`, () => {
      const random = new Random(seed);
      const builder = new LogFrameBuilder();
      const expected: LogLine[] = [];
      const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
      const count = 1 + random.below(200);
      for (let i = 0; i < count; i++) {
        const time = (1795403357501000 + random.below(1e9) - 5e8) / 1000;
        const message = random.bytes(random.below(60));
        const names = Array.from({ length: random.below(4) }, () => `k${random.below(6)}`);
        const fields = Object.fromEntries(
          names.map((name) => [name, random.pick(['', 'ü', '\u0000', 'value', `${random.bits()}`])]),
        );
        const level = random.pick(['info', 'error', '']);
        const service = random.pick(['a', 'b', '__proto__', '😀']);
        builder.add(time, level, service, message, fields);
        expected.push({ time, level, service, message: decoder.decode(message), fields });
      }
      expect(back(builder.encode(zstd))).toEqual(expected);
    });
  }
});
