import { decode as decodeCbor } from 'cbor-x';
import { describe, expect, it } from 'vitest';
import { HeliographError } from '../../lib/errors.ts';
import { decodeFrame, decodeHeader, encodeFrame } from '../../proto/frame.ts';
import { encodeMetricsBody } from '../../proto/metrics-body.ts';
import { bitsOf } from './doubles.ts';
import {
  BASE_HASH,
  BOOT,
  EVENTS,
  eventFrame,
  GAPS,
  gapFrame,
  header,
  logFrame,
  metricFrame,
  OTHER_BOOT,
  PAGE_HASH,
  PRESENT,
  TIME,
  TIMES,
  TOOLS,
  VALUES,
} from './samples.ts';

describe('frames', () => {
  it('carry metrics, with and without a base row', () => {
    for (const base of [true, false]) {
      const bytes = metricFrame(base);
      const frame = decodeFrame(bytes, TOOLS);
      if (frame.kind !== 'metrics') return expect.fail('metrics wanted');
      const [section] = frame.sections;
      expect(section!.times).toEqual(TIMES);
      expect(section!.present).toEqual(PRESENT);
      const expected = VALUES.slice();
      expected[3] = 0;
      expect(bitsOf(section!.values)).toEqual(bitsOf(expected));
      expect(decodeHeader(bytes).definitions).toEqual(base ? [PAGE_HASH, BASE_HASH] : [PAGE_HASH]);
    }
  });

  it('are CBOR that another reader takes apart', () => {
    const [version, dataClass, boot, sequence, floor, created, count, previous, kind, sections] = decodeCbor(
      metricFrame(true),
    );
    expect([version, dataClass, sequence, floor, Number(created), count, previous, kind]).toEqual([
      1,
      1,
      12,
      9,
      TIME + 2001,
      14,
      null,
      0,
    ]);
    expect(Buffer.from(boot).toString('hex')).toBe(BOOT);
    expect(Buffer.from(sections[0][0]).toString('hex')).toBe(PAGE_HASH);
    const events = decodeCbor(eventFrame())[9];
    expect(events[0].slice(1)).toEqual([EVENTS[0]!.type, EVENTS[0]!.host, EVENTS[0]!.facts]);
  });

  it('give the header without the body', () => {
    const { definitions, ...rest } = decodeHeader(logFrame(3, false));
    expect(definitions).toEqual([]);
    expect(rest).toEqual(
      header({
        class: 'log',
        kind: 'logs',
        count: 4,
        sequence: 1,
        floor: 1,
        previous: { boot: OTHER_BOOT, sequence: 88 },
      }),
    );
  });

  it('carry events and declared drops', () => {
    expect(decodeFrame(eventFrame(), TOOLS)).toMatchObject({ class: 'alert', kind: 'events', events: EVENTS });
    expect(decodeFrame(gapFrame(), TOOLS)).toMatchObject({ class: 'debug', kind: 'gap', gaps: GAPS });
  });

  it('name the definitions that are missing', () => {
    try {
      decodeFrame(metricFrame(true), { definitions: { pageSize: () => undefined, base: () => undefined } });
      expect.fail('decoded without definitions');
    } catch (error) {
      expect(error).toBeInstanceOf(HeliographError);
      expect((error as HeliographError).code).toBe('HG_FRAME_DEFINITION');
      expect((error as HeliographError).facts.missing).toEqual([PAGE_HASH, BASE_HASH]);
    }
  });

  it('refuse a base row of another page, a wrong count, an unknown version', () => {
    const other = { pageSize: () => 5, base: () => ({ page: '00'.repeat(16), values: new Float64Array(5) }) };
    expect(() => decodeFrame(metricFrame(true), { definitions: other })).toThrow('HG_FRAME_BASE');
    const wrong = encodeFrame(header({ count: 3 }), encodeMetricsBody([]));
    expect(() => decodeFrame(wrong, TOOLS)).toThrow('HG_FRAME_COUNT');
    const later = metricFrame(true);
    later[1] = 2;
    expect(() => decodeHeader(later)).toThrow('HG_WIRE_VERSION');
  });

  it('refuse to be made with a floor or sequence that cannot be', () => {
    const body = encodeMetricsBody([]);
    for (const rest of [
      { sequence: 0 },
      { floor: 0 },
      { floor: 13 },
      { sequence: 1.5 },
      { created: -1 },
      { boot: 'zz' },
    ]) {
      expect(() => encodeFrame(header(rest), body)).toThrow('HG_WIRE_VALUE');
    }
  });
});
