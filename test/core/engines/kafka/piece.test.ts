import type { KafkaMessage } from 'kafkajs';
import { expect, test } from 'vitest';
import type { DamagedBatch } from '../../../../core/engines/kafka/damaged.ts';
import { passedOver } from '../../../../core/engines/kafka/piece.ts';

const batch = (first: number, next: number | null): DamagedBatch => ({
  first,
  next,
  time: 0,
  bytes: Buffer.from('x'),
  why: 'the test says so',
});
const good = (offset: number): KafkaMessage => ({
  offset: String(offset),
  timestamp: '0',
  key: null,
  value: null,
  attributes: 0,
  headers: {},
});
const damaged = (first: number): KafkaMessage =>
  Object.assign(good(Number.MAX_SAFE_INTEGER), { damaged: batch(first, null) });

test('a damaged batch ends where its header says, else where what follows begins, else behind one record', () => {
  const f = (one: DamagedBatch, from: number, follower: KafkaMessage | undefined, want: readonly number[]) => {
    const piece = passedOver(3, one, from, 100, follower);
    expect(piece.offsets).toEqual(want);
    expect(piece.next).toBe(want.at(-1)! + 1);
    expect(piece.damaged).toMatchObject({ first: want[0], next: piece.next });
  };
  f(batch(10, 13), 10, good(14), [10, 11, 12]);
  f(batch(10, null), 10, good(14), [10, 11, 12, 13]);
  f(batch(10, null), 12, good(14), [12, 13]);
  f(batch(10, null), 10, damaged(12), [10, 11]);
  f(batch(10, null), 10, undefined, [10]);
  // Neither is to be believed: before it, or behind all that there is.
  f(batch(10, 500), 10, damaged(500), [10]);
  f(batch(10, null), 10, damaged(4), [10]);
});
