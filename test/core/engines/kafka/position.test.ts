import { expect, test } from 'vitest';
import { isOfAnotherBus } from '../../../../core/bus/another.ts';
import { positionOf, positionText } from '../../../../core/engines/kafka/position.ts';

test('a position is text and comes back', () => {
  const position = { partition: 5, offset: 123_456_789_012, time: 1_772_323_200_000 };
  expect(positionText(position)).toBe('k1-5-123456789012-1772323200000');
  expect(positionOf('one', positionText(position))).toEqual(position);
});

test('one of another bus is none, and anything else is refused', () => {
  expect(positionOf('one', 'j1-77')).toBeNull();
  for (const text of ['', 'nonsense', 'k1-1-2', 'k1-1--2-3', 'k1-1-99999999999999999-3', 'k2-1-2-3', 'j1-', ' j1-7']) {
    expect(() => positionOf('one', text)).toThrow(expect.objectContaining({ code: 'HG_BUS_POSITION' }));
  }
  expect(isOfAnotherBus('k1-0-7-1772323200000', 'j1')).toBe(true);
  expect(isOfAnotherBus('j1-7', 'j1')).toBe(false);
});
