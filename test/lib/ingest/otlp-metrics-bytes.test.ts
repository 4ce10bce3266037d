import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Batch } from '../../../lib/ingest/batch.ts';
import { Deltas } from '../../../lib/ingest/otlp/deltas.ts';
import type { MetricsRequest } from '../../../lib/ingest/otlp/messages.ts';
import { type OtlpMetrics, readOtlpMetrics } from '../../../lib/ingest/otlp/metrics.ts';
import { OtlpMetricsBytes } from '../../../lib/ingest/otlp/metrics-bytes.ts';
import { decodeMessage, messageType, readProtobuf } from '../../../lib/ingest/protobuf.ts';

const proto = (name: string) =>
  readFileSync(new URL(`../../../proto/otlp/${name}.proto`, import.meta.url), 'utf8').replaceAll(
    /^(syntax|package) .*$/gm,
    '',
  );
const TYPE = messageType(
  `syntax = "proto3"; package otlp; ${proto('common')} ${proto('metrics')}`,
  'otlp.MetricsRequest',
);
const TIME = 1_700_000_000_000;

const options = () => ({ client: 'c', gateway: 'g', deltas: new Deltas(), latest: TIME + 60_000 });

/** All that came of a request, values as the halves of their bits. */
function shown({ batch, points }: OtlpMetrics) {
  return { points, rejected: batch.rejected, series: batch.series.map((item) => seriesOf(item, batch)) };
}

function seriesOf({ index, series, from, to }: Batch['series'][number], { samples }: Batch) {
  const words = new Uint32Array(2 * (to - from));
  for (let at = from; at < to; at++) samples.copyTo(at, words, at - from);
  return { index, series, times: [...samples.times.subarray(from, to)], words: [...words] };
}

function decoded(bytes: Uint8Array): OtlpMetrics {
  return readOtlpMetrics(
    readProtobuf('test', bytes, (reader) => decodeMessage<MetricsRequest>(TYPE, reader)),
    options(),
  );
}

/** Field `number` with a message or text, as a sender may write it that does not keep to an order. */
function part(number: number, ...inner: (Uint8Array | string)[]): Buffer {
  const body = Buffer.concat(inner.map((one) => Buffer.from(one)));
  return Buffer.concat([Buffer.from([number * 8 + 2, (body.length & 127) | 128, body.length >> 7]), body]);
}

const field = (number: number, value: number) => Buffer.from([number * 8, value]);

function fixed(number: number, value: bigint): Buffer {
  const bytes = Buffer.alloc(9);
  bytes[0] = number * 8 + 1;
  bytes.writeBigUInt64LE(value, 1);
  return bytes;
}

const at = (ms = TIME) => fixed(3, BigInt(ms) * 1_000_000n);
const attribute = (key: string, value: string, number = 7) => part(number, part(1, key), part(2, part(1, value)));
const double = (bits: bigint) => fixed(4, bits);
const ONE = 0x3ff0_0000_0000_0000n;
const STALE = 0x7ff0_0000_0000_0002n;
const service = (name: string) => part(1, attribute('service.name', name, 1), attribute('os.type', 'linux', 1));
const request = (...scope: Uint8Array[]) => part(1, service('shop'), part(2, part(1, part(1, 'lib')), ...scope));
const gauge = (...point: Uint8Array[]) => part(2, part(1, 'g'), part(3, 's'), part(5, part(1, ...point)));
const sum = (...inner: Uint8Array[]) => part(2, part(1, 's'), part(7, ...inner));
const point = (...inner: Uint8Array[]) => part(1, at(), double(ONE), ...inner);

const REQUESTS: Readonly<Record<string, Uint8Array>> = {
  'nothing at all': new Uint8Array(),
  'a resource without metrics': part(1, service('shop')),
  'a gauge': request(gauge(at(), double(ONE), attribute('a', '1'), attribute('b', 'ä'))),
  'the same name as a gauge, a counter, another sum': request(
    part(2, part(1, 's'), part(5, point())),
    sum(point(), field(2, 2), field(3, 1)),
    sum(point(), field(2, 2)),
  ),
  'a sum that says what it is before its points': request(sum(field(3, 1), field(2, 2), point(), point(field(8, 0)))),
  'deltas, and a sum without a temporality': request(sum(point(), field(2, 1)), sum(point())),
  'an integer, and one beside a double': request(
    gauge(at(), fixed(6, 0xffff_ffff_ffff_fffen)),
    gauge(at(), fixed(6, 5n), double(ONE)),
  ),
  'no value, by the flag': request(gauge(at(), double(ONE), field(8, 1))),
  'a NaN of its own bits': request(gauge(at(), double(STALE))),
  'no time and no value': request(gauge()),
  'a time ahead': request(gauge(at(TIME + 3_600_000), double(ONE)), gauge(at(TIME - 5), double(ONE))),
  'attributes in two runs, in front and behind': request(
    gauge(attribute('a', '1'), at(), attribute('b', '2'), attribute('a_b', '3'), double(ONE), attribute('a.b', '4')),
  ),
  'an attribute that the scope has, too': request(
    gauge(at(), double(ONE), attribute('otel.scope.name', 'own'), attribute('job', 'own')),
  ),
  'attributes of all kinds, and one without a value': request(
    gauge(at(), part(7, part(1, 'n'), part(2, field(3, 7))), part(7, part(1, 'none')), attribute('', 'x')),
  ),
  'resource and scope behind what they stand for': part(
    1,
    part(2, gauge(at(), double(ONE)), part(1, part(1, 'lib'), part(2, '1.0'))),
    service('late'),
  ),
  'two resources, the last one counts': part(1, service('a'), part(2, gauge(at(), double(ONE))), service('b')),
  'a name and a unit behind the data': request(part(2, part(5, point()), part(1, 'late'), part(3, 'By'))),
  'two gauges in one metric': request(part(2, part(1, 'g'), part(5, point()), part(5, point(attribute('a', '1'))))),
  'a metric without data': request(part(2, part(1, 'g'))),
  'a histogram beside a gauge': request(
    part(2, part(1, 'h'), part(9, part(1, at(), fixed(4, 3n), fixed(6, 3n)), field(2, 2))),
    gauge(at(), double(ONE)),
  ),
  'parts that nobody knows': request(
    part(2, part(1, 'g'), part(2, 'what it is'), part(5, point(part(5, 'exemplar'), part(14, 'x'))), part(12, 'm')),
  ),
  'a name that is too long to keep': request(
    part(2, part(1, 'x'.repeat(3000)), part(5, point(attribute('a', 'y'.repeat(3000))))),
  ),
};

describe('the same as of the decoded message', () => {
  test.each(Object.entries(REQUESTS))('%s', (_, bytes) => {
    const reader = new OtlpMetricsBytes(TYPE);
    const wanted = shown(decoded(bytes));
    for (let again = 0; again < 2; again++) expect(shown(reader.read(bytes, options()))).toEqual(wanted);
  });

  test('whatever came before, and however little is kept', () => {
    for (const most of [undefined, 0, 500]) {
      const reader = new OtlpMetricsBytes(TYPE, most);
      for (let turn = 0; turn < 2; turn++) {
        for (const [name, bytes] of Object.entries(REQUESTS)) {
          expect([name, shown(reader.read(bytes, options()))]).toEqual([name, shown(decoded(bytes))]);
        }
      }
    }
  });

  test('a series that comes again is the same object', () => {
    const reader = new OtlpMetricsBytes(TYPE);
    const bytes = REQUESTS['a gauge']!;
    const [first, again] = [reader.read(bytes, options()), reader.read(bytes, options())];
    expect(again.batch.series[0]!.series).toBe(first.batch.series[0]!.series);
  });
});

describe('bytes that are no request', () => {
  const whole = Buffer.concat(Object.values(REQUESTS));

  test('cut off anywhere: refused, or read as the decoder reads it', () => {
    const reader = new OtlpMetricsBytes(TYPE);
    for (let length = 0; length < whole.length; length += length < 1500 ? 1 : 97) {
      same(reader, whole.subarray(0, length), length);
    }
  });

  test('a name and a label that are not UTF-8 are refused, again and again', () => {
    const reader = new OtlpMetricsBytes(TYPE);
    const broken = Buffer.from([0xc3]);
    for (const bytes of [
      request(part(2, part(1, broken), part(5, point()))),
      request(gauge(at(), part(7, part(1, 'a'), part(2, part(1, broken))))),
    ]) {
      for (let again = 0; again < 2; again++) {
        expect(() => reader.read(bytes, options())).toThrow(expect.objectContaining({ code: 'HG_DOOR_SYNTAX' }));
      }
    }
  });

  function same(reader: OtlpMetricsBytes, bytes: Uint8Array, length: number): void {
    const result = (read: () => OtlpMetrics) => {
      try {
        return shown(read());
      } catch (error) {
        return (error as { code: string }).code;
      }
    };
    expect([length, result(() => reader.read(bytes, options()))]).toEqual([length, result(() => decoded(bytes))]);
  }
});
