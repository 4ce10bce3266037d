import { afterEach, expect, test } from 'vitest';
import { encodeEventsBody } from '../../proto/event.ts';
import { encodeFrame } from '../../proto/frame.ts';
import { divideRoom } from '../../relay/workers/rooms.ts';
import { until } from '../support/until.ts';
import { header } from './setup.ts';
import { WorkersPlace } from './workers-place.ts';

let place: WorkersPlace | null = null;
afterEach(async () => {
  await place?.close();
  place = null;
});

test('room is divided equally, but nobody gets less than it holds', () => {
  const f = (held: number[], rooms: number[]) => expect(divideRoom(1000, 10, held), String(held)).toEqual(rooms);
  f([0], [1000]);
  f([0, 0], [500, 500]);
  f([490, 100], [500, 500]);
  // It goes on for `least` more before anything is given up, and the others share what is left.
  f([700, 0], [710, 290]);
  f([700, 0, 0], [710, 145, 145]);
  f([600, 300, 0], [610, 310, 80]);
  // Nearly full: what is left is for all of them.
  f([985, 0, 0], [990, 10, 10]);
  // Full: the others get the least that a journal needs.
  f([1000, 0], [1000, 10]);
  f([1005, 10], [1005, 10]);
});

test('what parts of the room are together does not grow over starts, however full they are', () => {
  let held = [990, 3, 0];
  const sums = Array.from({ length: 5 }, () => {
    held = divideRoom(1000, 10, held);
    return held.reduce((sum, bytes) => sum + bytes, 0);
  });
  expect(new Set(sums.slice(1))).toEqual(new Set([sums[0]]));
  expect(sums[0]).toBeLessThanOrEqual(1020);
});

/** A frame of some 20 KB. */
function large(sequence: number, host: string): Uint8Array {
  const text = String(sequence).padEnd(20_000, '.');
  const body = encodeEventsBody([{ time: 1_790_000_000_000, type: 'test', host, facts: { text } }]);
  return encodeFrame(header(sequence, { class: 'log' }), body);
}

test('a relay that gets a second worker while its journal holds more than the new share gives nothing up for it', async () => {
  const settings = { journal: { maxBytes: '2MiB', segmentBytes: '64KiB' } };
  place = await new WorkersPlace().open(1, settings);
  place.core.answer = () => ({ code: 'HG_CORE_BUSY', retryAfterMs: 100 });
  const host = await place.connect('h1');
  // 1.5 MiB: half as much again as half of the room.
  for (let sequence = 1; sequence <= 75; sequence++) await host.publish('log', large(sequence, 'h1'));
  await place.stop();
  await place.start(2, settings);
  expect(await place.metric('heliograph_relay_journal_max_bytes')).toBeLessThanOrEqual(2 * 1024 ** 2);
  for (const worker of [0, 1]) {
    const later = await place.connectAt(worker, `later-${worker}`);
    for (let sequence = 1; sequence <= 5; sequence++) await later.publish('log', large(sequence, `later-${worker}`));
  }
  expect((await place.ledger('log')).dropped).toEqual({});
  place.core.answer = () => 'acknowledge';
  await until('all at the core', async () => (await place!.ledger('log')).queued.frames === 0);
  const log = await place.ledger('log');
  expect([log.in.frames, log.out.frames, log.dropped]).toEqual([85, 85, {}]);
});
