import { afterEach, expect, test } from 'vitest';
import { imbalance } from '../../../lib/ledger.ts';
import { decodeFrame, encodeFrame } from '../../../proto/frame.ts';
import { LogFrameBuilder } from '../../../proto/log-builder.ts';
import { unpackBlock } from '../../../relay/block-packing.ts';
import { until } from '../../support/until.ts';
import { header, Place } from '../setup.ts';

let place: Place;
afterEach(() => place.close());

const T = 1_790_000_000_000;

/** @param lines [service, message, fields] */
function logFrame(
  sequence: number,
  lines: readonly (readonly [string, string, Record<string, string>?])[],
): Uint8Array {
  const builder = new LogFrameBuilder();
  for (const [i, [service, message, fields]] of lines.entries()) builder.add(T + i, 'info', service, message, fields);
  const count = lines.length;
  return encodeFrame(header(sequence, { class: 'log', kind: 'logs', count }), builder.encode());
}

const frames = () => place.core.frames.filter(({ host, class: name }) => host === 'h1' && name === 'log');
const linesOf = (i: number) => {
  const frame = decodeFrame(frames()[i]!.frame, { unzstd: unpackBlock });
  return frame.kind === 'logs' ? frame.lines.map(({ service, message, fields }) => [service, message, fields]) : frame;
};

test('lines are dropped and changed by their fields; a frame without a change goes on byte for byte, one without lines keeps its number', async () => {
  place = await new Place().open({
    relabelLogs: [
      { source_labels: ['service.name'], regex: 'noise', action: 'drop' },
      { source_labels: ['service.name'], regex: '(.*)-eu', target_label: 'labels.region', replacement: 'eu' },
      { source_labels: ['service.name'], regex: '(.*)-eu', target_label: 'service.name' },
      { source_labels: ['labels.tmp', 'host.name'], regex: 'x;h1', target_label: 'labels.tmp', replacement: '' },
    ],
  });
  const host = await place.connect('h1');
  const same = logFrame(2, [['shop', 'as it is', { 'user.id': '7', empty: '' }]]);
  await host.publish(
    'log',
    logFrame(1, [
      ['noise', 'a'],
      ['shop-eu', 'b', { 'user.id': '7' }],
      ['shop', 'c', { 'labels.tmp': 'x' }],
      ['shop', 'd', { 'labels.tmp': 'y', empty: '' }],
    ]),
  );
  await host.publish('log', same);
  await host.publish('log', logFrame(3, [['noise', 'e']]));
  const torn = logFrame(4, [['noise', 'f']]);
  torn.fill(0xff, torn.length - 4);
  await host.publish('log', torn);
  await until('all frames', () => frames().length === 4);
  expect(linesOf(0)).toEqual([
    ['shop', 'b', { 'labels.region': 'eu', 'user.id': '7' }],
    ['shop', 'c', {}],
    ['shop', 'd', { 'labels.tmp': 'y', empty: '' }],
  ]);
  expect(Buffer.from(frames()[1]!.frame)).toEqual(Buffer.from(same));
  expect(linesOf(2)).toMatchObject({ kind: 'gap', sequence: 3, count: 0, gaps: [] });
  expect(Buffer.from(frames()[3]!.frame)).toEqual(Buffer.from(torn));
  await until('all acknowledged', async () => (await place.ledger('log')).queued.frames === 0);
  const entry = await place.ledger('log');
  expect(imbalance(entry)).toEqual({ frames: 0, items: 0 });
  expect(entry.dropped).toEqual({ relabelled: { frames: 0, items: 2 } });
  expect(await place.metric('heliograph_relay_lines_left_out_total{reason="relabelled"}')).toBe(2);
});

test('rules that read the text look at each line', async () => {
  place = await new Place().open({
    relabelLogs: [
      { source_labels: ['message'], regex: '.*health.*', action: 'drop' },
      { source_labels: ['message'], regex: 'user=(\\S+) .*', target_label: 'user.id' },
    ],
  });
  const host = await place.connect('h1');
  await host.publish(
    'log',
    logFrame(1, [
      ['s', 'GET /health'],
      ['s', 'user=7 paid'],
      ['s', 'else'],
    ]),
  );
  await until('the frame', () => frames().length === 1);
  expect(linesOf(0)).toEqual([
    ['s', 'user=7 paid', { 'user.id': '7' }],
    ['s', 'else', {}],
  ]);
});
