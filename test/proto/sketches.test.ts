import { expect, test } from 'vitest';
import { type Distribution, startDistribution } from '../../lib/distribution.ts';
import { decodeFrame } from '../../proto/frame.ts';
import { encodeSketchesBody } from '../../proto/sketches.ts';
import { header, sketchFrame, sketchWindow, TOOLS } from './samples.ts';

test('the sketches of a window come back as they were', () => {
  const window = sketchWindow();
  const read = decodeFrame(sketchFrame(window), TOOLS);
  expect(read).toEqual({ ...header({ class: 'metric', kind: 'sketches', count: 2 }), window });
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
});
