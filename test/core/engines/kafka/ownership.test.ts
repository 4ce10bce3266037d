import { expect, test } from 'vitest';
import { Ownership } from '../../../../core/engines/kafka/ownership.ts';

test('what was given out may be committed, once, and nothing beyond it', () => {
  const own = new Ownership();
  own.joined('m1', [0, 1]);
  expect(own.mayCommit(0, 10)).toBe(false);
  own.delivered(0, 5, 10);
  expect(own.mayCommit(0, 10)).toBe(true);
  expect(own.mayCommit(0, 11)).toBe(false);
  expect(own.mayCommit(1, 10)).toBe(false);
  own.committed(0, 10);
  expect(own.mayCommit(0, 10)).toBe(false);
  expect(own.mayCommit(0, 8)).toBe(false);
  own.delivered(0, 10, 12);
  expect(own.mayCommit(0, 12)).toBe(true);
});

test('a partition that is lost may not be committed; one that stays ours may', () => {
  const own = new Ownership();
  own.joined('m1', [0, 1]);
  own.delivered(0, 0, 10);
  own.delivered(1, 0, 10);
  own.joined('m1', [1]);
  expect(own.mayCommit(0, 10)).toBe(false);
  expect(own.mayCommit(1, 10)).toBe(true);
  own.joined('m1', [0, 1]);
  expect(own.mayCommit(0, 10)).toBe(false);
  // Given out again, from where its owner in between had come: the old batch is done, so this much of it is.
  own.delivered(0, 7, 20);
  expect(own.mayCommit(0, 10)).toBe(true);
  expect(own.mayCommit(0, 7)).toBe(false);
});

test('who was put out of the group owns nothing of before', () => {
  const own = new Ownership();
  own.joined('m1', [0]);
  own.delivered(0, 0, 10);
  own.committed(0, 5);
  own.joined('m2', [0]);
  expect(own.mayCommit(0, 10)).toBe(false);
  expect(own.doneTo(0)).toBe(-1);
});

test('a gap is told; a topic that begins again is begun again', () => {
  const own = new Ownership();
  own.joined('m1', [0]);
  expect(own.delivered(0, 100, 110)).toBeNull();
  expect(own.delivered(0, 110, 120)).toBeNull();
  expect(own.delivered(0, 105, 115)).toBeNull();
  expect(own.delivered(0, 150, 160)).toBe(120);
  own.committed(0, 160);
  expect(own.delivered(0, 0, 10)).toBeNull();
  expect(own.doneTo(0)).toBe(-1);
  expect(own.mayCommit(0, 10)).toBe(true);
});
