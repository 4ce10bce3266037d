import { expect, test } from 'vitest';
import { startSum } from '../../lib/compensated.ts';
import { type Distribution, startDistribution } from '../../lib/distribution.ts';
import { startSketch } from '../../lib/sketch.ts';
import { decodeFrame } from '../../proto/frame.ts';
import { encodeSketchesBody } from '../../proto/sketches.ts';
import { header, sketchFrame, sketchWindow, TIME, TOOLS } from './samples.ts';

test('the sketches of a window come back as they were', () => {
  const window = sketchWindow();
  const read = decodeFrame(sketchFrame(window), TOOLS);
  expect(read).toEqual({ ...header({ class: 'metric', kind: 'sketches', count: 2 }), window });
});

test('what a distribution does not say comes back, and whose result it is', () => {
  const [first, second] = sketchWindow().groups;
  const increase = { ...startSum(), sum: 7.5 };
  const rest = { mean: 0.1, squares: 1e-3, time: TIME - 5, value: Number.POSITIVE_INFINITY, increase, series: 3 };
  const inputs = { match: ['{__name__="took"}'], by: ['service'], without: [], staleness: 300_000 };
  for (const plan of [
    { quantiles: [0.5], bounds: [0.1, 1], plain: ['total'] },
    { quantiles: [], bounds: [], plain: ['stddev', 'total'] },
  ]) {
    const summary = ({ sketch, sum }: Distribution): Distribution => {
      const { count, least, greatest } = sketch;
      return { sketch: { ...startSketch(), count, least, greatest }, sum, buckets: [] };
    };
    const groups = [
      { ...first!, rest, touched: true },
      { ...second!, rest: { ...rest, value: -1 }, touched: false },
    ].map((group) => (plan.bounds.length > 0 ? group : { ...group, distribution: summary(group.distribution) }));
    for (const [own, its] of [
      [true, null],
      [false, inputs],
    ] as const) {
      const window = { ...sketchWindow(), ...plan, worker: 1, interval: 60_000, own, inputs: its, groups };
      expect(decodeFrame(sketchFrame(window), TOOLS)).toMatchObject({ window });
    }
  }
});

test('a window that needs no more is in the layout that every core can read', () => {
  const plain = encodeSketchesBody(sketchWindow());
  expect(encodeSketchesBody({ ...sketchWindow(), interval: 60_000, own: false })).toEqual(plain);
  // Eight parts; those of the other are eleven.
  expect(plain[0]).toBe(0x88);
  expect(encodeSketchesBody({ ...sketchWindow(), own: true })[0]).toBe(0x8b);
});

const [good] = sketchWindow().groups;
const { sketch, sum } = good!.distribution;
const WRONG: readonly (readonly [string, Partial<Distribution>])[] = [
  ['no values', startDistribution(2)],
  ['a least value that is no number', { sketch: { ...sketch, least: Number.NaN } }],
  ['a greatest value that is no number', { sketch: { ...sketch, greatest: Number.NaN } }],
  ['a least value above the greatest', { sketch: { ...sketch, least: 8 } }],
  ['a sum that is no number', { sum: { ...sum, sum: Number.NaN } }],
  ['other counts in its buckets', { buckets: [1, 1, 1] }],
  ['a bucket past the last', { sketch: { ...sketch, above: { from: 139_264, counts: [4] } } }],
  ['more values than a number holds', { sketch: { ...sketch, zeros: Number.MAX_SAFE_INTEGER } }],
];

test.each(WRONG)('a sketch of %s refuses its frame, with a code of its own', (_, wrong) => {
  const window = sketchWindow();
  const groups = [{ ...good!, distribution: { ...good!.distribution, ...wrong } }, window.groups[1]!];
  expect(() => decodeFrame(sketchFrame({ ...window, groups }), TOOLS)).toThrow(/HG_WIRE_SKETCH/);
});

test('groups are sorted, each once, and bounds ascend', () => {
  const window = sketchWindow();
  expect(() => encodeSketchesBody({ ...window, groups: window.groups.toReversed() })).toThrow(/HG_WIRE_LABEL/);
  expect(() => decodeFrame(sketchFrame({ ...window, bounds: [1, 0.1] }), TOOLS)).toThrow(/HG_WIRE_MALFORMED/);
  expect(() => decodeFrame(sketchFrame({ ...window, quantiles: [1.5] }), TOOLS)).toThrow(/HG_WIRE_MALFORMED/);
  expect(() => decodeFrame(sketchFrame({ ...window, plain: ['constructor'] }), TOOLS)).toThrow(/HG_WIRE_MALFORMED/);
  for (const wrong of [{ end: Number.MAX_SAFE_INTEGER }, { lateness: 1e12 }, { own: true, interval: 86_400_001 }]) {
    expect(() => decodeFrame(sketchFrame({ ...window, ...wrong }), TOOLS)).toThrow(/HG_WIRE_LIMIT/);
  }
  const frame = sketchFrame({ ...window, own: true });
  for (let length = 0; length < frame.length; length++) {
    expect(() => decodeFrame(frame.subarray(0, length), TOOLS)).toThrow(/HG_(WIRE|FRAME)_/);
  }
});
