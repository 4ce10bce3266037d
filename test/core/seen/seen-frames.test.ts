import { expect, test } from 'vitest';
import { isKeyedBoot, keyedBoot } from '../../../core/seen/keyed-boot.ts';
import { KEYED_MOST, KEYED_MS, SeenFrames } from '../../../core/seen/seen-frames.ts';
import { makeBoot } from '../../../proto/hash.ts';

const NOW = 1_795_000_000_000;
const OLD = NOW - 30 * KEYED_MS;
const id = (boot: string) => ({ host: 'ci', boot, class: 'log' as const, sequence: 1 });

test('the boot of a key follows from client and key, and is not taken for one of a host', () => {
  const boot = keyedBoot('ci', 'a');
  expect(boot).toMatch(/^[0-9a-f]{24}$/);
  expect(keyedBoot('ci', 'a')).toBe(boot);
  expect(new Set([boot, keyedBoot('ci', 'b'), keyedBoot('c', 'ia')]).size).toBe(3);
  expect([boot, makeBoot(1, new Uint8Array(8)), makeBoot(0, new Uint8Array(8))].map(isKeyedBoot)).toEqual([
    true,
    false,
    false,
  ]);
});

test('a request with a key is known for a day, the boot of a host as long as data is kept', () => {
  const seen = new SeenFrames();
  const [host, late, soon] = [makeBoot(3, new Uint8Array(8)), keyedBoot('ci', 'late'), keyedBoot('ci', 'soon')];
  seen.add(id(host), NOW - 2 * KEYED_MS);
  seen.add(id(late), NOW - KEYED_MS - 1);
  seen.add(id(soon), NOW - KEYED_MS);
  expect(seen.forget(OLD, NOW)).toEqual([{ host: 'ci', boot: late, class: 'log' }]);
  expect([host, late, soon].map((boot) => seen.has(id(boot)))).toEqual([true, false, true]);
});

test('of more keys than are remembered the oldest go, whatever order they came back in after a restart', () => {
  const seen = new SeenFrames();
  const host = makeBoot(3, new Uint8Array(8));
  seen.add(id(host), NOW - KEYED_MS);
  const boot = (i: number) => `ffffffff${i.toString(16).padStart(16, '0')}`;
  for (let i = KEYED_MOST + 9; i >= 0; i--) seen.add(id(boot(i)), NOW - KEYED_MOST + i - 10);
  expect(seen.forget(OLD, NOW)).toHaveLength(10);
  expect([9, 10].map((i) => seen.has(id(boot(i))))).toEqual([false, true]);
  expect(seen.has(id(host))).toBe(true);
});
