import { expect, test } from 'vitest';
import { keyOf } from '../../../core/ledger/dead-letters.ts';

test('the same bytes are the same letter, and on the bus only at the same place', () => {
  const letter = { class: 'log', host: '(bus)', frame: Buffer.from('batch') } as const;
  const at = (topic: string, partition: number, first: number) =>
    keyOf({ ...letter, place: { topic, partition, first } });
  expect(keyOf({ ...letter, frame: Buffer.from('batch') })).toBe(keyOf(letter));
  expect(at('logs', 1, 10)).toBe(at('logs', 1, 10));
  const places = [keyOf(letter), at('logs', 1, 10), at('logs', 1, 11), at('logs', 2, 10), at('errors', 1, 10)];
  expect(new Set(places).size).toBe(places.length);
});
