import { expect, test } from 'vitest';
import { hex } from '../../proto/hash.ts';
import { TextMemory } from '../../proto/text-memory.ts';
import { Random } from './random.ts';

test('the text is that of the bytes, however many share a slot', () => {
  const random = new Random(7);
  const memory = new TextMemory(hex);
  // Many more than there are slots, of one ending too, so that each slot is taken over again and again.
  const names = Array.from({ length: 30_000 }, (_, i) => {
    const bytes = random.bytes(i % 3 === 0 ? 12 : 16);
    if (i % 2 === 0) bytes.fill(9, bytes.length - 8);
    return bytes;
  });
  for (const bytes of [...names, ...names]) if (memory.text(bytes) !== hex(bytes)) throw new Error(hex(bytes));
});

test('what is known is not made again, and does not change with the bytes it came from', () => {
  let made = 0;
  const memory = new TextMemory((bytes) => {
    made++;
    return hex(bytes);
  });
  const bytes = Uint8Array.of(1, 2, 3);
  expect(memory.text(bytes)).toBe('010203');
  expect(memory.text(Uint8Array.of(1, 2, 3))).toBe('010203');
  expect(made).toBe(1);
  bytes[0] = 4;
  expect(memory.text(bytes)).toBe('040203');
  expect(memory.text(Uint8Array.of(1, 2, 3))).toBe('010203');
  expect(memory.text(new Uint8Array(0))).toBe('');
  expect(memory.text(new Uint8Array(65))).toBe('00'.repeat(65));
});

test('what ten thousand hosts name in turn is known, and what is never named again fills no memory', () => {
  const random = new Random(11);
  let made = 0;
  const memory = new TextMemory((bytes) => {
    made++;
    return hex(bytes);
  });
  const names = Array.from({ length: 30_000 }, (_, i) => random.bytes(i % 3 === 0 ? 12 : 16));
  for (let round = 0; round < 10; round++) for (const bytes of names) memory.text(bytes);
  made = 0;
  for (let round = 0; round < 10; round++) for (const bytes of names) memory.text(bytes);
  expect(made).toBeLessThan(0.1 * 10 * names.length);
  for (let i = 0; i < 400_000; i++) memory.text(random.bytes(8));
  const before = process.memoryUsage().arrayBuffers;
  for (let i = 0; i < 400_000; i++) memory.text(random.bytes(8));
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16 * 1024 * 1024);
});
