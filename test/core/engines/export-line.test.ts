import { expect, test } from 'vitest';
import { exported } from '../../../core/engines/victoriametrics/export-line.ts';
import { pick, seeded } from '../../journal/random.ts';

const line = (values: string, times: string, metric = '{"__name__":"m"}') =>
  `{"metric":${metric},"values":[${values}],"timestamps":[${times}]}`;

test('labels of any text, and both lists', () => {
  const labels = { __name__: 'm', a: ',"values":[1],"timestamps":[2]}', b: 'ü"\\\n', c: ']' };
  expect(exported(line('1,-2.5', '1795868400000,1795868400001', JSON.stringify(labels)))).toEqual({
    labels,
    times: Float64Array.of(1795868400000, 1795868400001),
    values: Float64Array.of(1, -2.5),
  });
  expect(exported(line('', '')).values).toEqual(new Float64Array(0));
});

test.each([
  ['null,NaN', [Number.NaN, Number.NaN]],
  ['+Inf,-Inf,Inf', [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]],
  ['"Infinity","-Infinity","NaN"', [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN]],
  ['-0,0.0,1e-300,-1.5E+20', [-0, 0, 1e-300, -1.5e20]],
  ['9007199254740993,123456789012345678901234567890', [9007199254740992, 1.2345678901234568e29]],
])('%s', (text, want) => {
  const times = want.map((_, i) => i).join(',');
  expect([...exported(line(text, times)).values]).toEqual(want);
});

test('random doubles, to the bit, however they are written', () => {
  const random = seeded(5);
  const view = new DataView(new ArrayBuffer(8));
  const want: number[] = [];
  const texts: string[] = [];
  while (want.length < 50_000) {
    for (let i = 0; i < 8; i++) view.setUint8(i, pick(random, 256));
    const kind = pick(random, 4);
    const value = kind === 0 ? view.getFloat64(0) : (pick(random, 2 ** 31) - 2 ** 30) / 10 ** pick(random, 12);
    if (!Number.isFinite(value)) continue;
    const text = kind === 1 ? value.toFixed(pick(random, 20)) : kind === 2 ? value.toPrecision(17) : String(value);
    want.push(Number(text));
    texts.push(text);
  }
  const got = exported(line(texts.join(','), texts.map((_, i) => i).join(',')));
  for (const [i, value] of want.entries()) if (!Object.is(got.values[i], value)) expect(texts[i]).toBe(got.values[i]);
  expect(got.times.at(-1)).toBe(49_999);
});

test('another form is told', () => {
  expect(() => exported('{"error":"out of memory"}')).toThrow(/HG_ENGINE_ADDRESS.*out of memory/);
});
