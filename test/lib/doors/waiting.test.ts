import { expect, test } from 'vitest';
import { Waiting } from '../../../lib/doors/waiting.ts';

test('one client alone has three quarters, several have less each, and there is room for another', () => {
  const waiting = new Waiting(1200);
  const fill = (client: string): number => {
    for (let bytes = 0; ; bytes += 10) {
      try {
        waiting.enter(client, 10);
      } catch (error) {
        expect(error).toMatchObject({ code: 'HG_DOOR_BUSY' });
        return bytes;
      }
    }
  };
  expect(fill('flood')).toBe(900);
  expect(fill('second')).toBeGreaterThan(200);
  expect(fill('third')).toBeGreaterThan(30);
  waiting.enter('small', 10);
  waiting.leave('flood', 900);
  expect(fill('third')).toBeGreaterThan(300);
});

test('a body has room whatever its part of the pool, and what is unpacked of it is no second one', () => {
  const waiting = new Waiting(1000);
  waiting.enter('a', 100);
  waiting.enter('a', 880, 100);
  expect(() => waiting.enter('b', 30)).toThrow(/980 bytes are under way/);
  waiting.leave('a', 980);
  waiting.enter('b', 1200);
  expect(waiting.bytes).toBe(1200);
});

test('who waits for room is told: one with a share when its own goes, one without when there is some', () => {
  const waiting = new Waiting(1000);
  const told: string[] = [];
  waiting.add('flood', 900);
  expect([waiting.fullFor('flood'), waiting.fullFor('other')]).toEqual([true, false]);
  waiting.whenRoom('flood', () => told.push('flood'));
  waiting.add('other', 100);
  waiting.whenRoom('third', () => told.push('third'));
  waiting.whenRoom('other', () => told.push('other'));
  waiting.leave('flood', 50);
  expect(told).toEqual(['third']);
  waiting.leave('other', 100);
  expect(told).toEqual(['third', 'other']);
  waiting.leave('flood', 300);
  expect(told).toEqual(['third', 'other', 'flood']);
});

test('who gave all of it back while others have all of the room is told when they give some', () => {
  const waiting = new Waiting(1000);
  const told: string[] = [];
  waiting.add('a', 100);
  waiting.add('b', 1000);
  waiting.whenRoom('a', () => told.push('a'));
  waiting.leave('a', 100);
  expect(told).toEqual([]);
  waiting.leave('b', 1);
  expect(told).toEqual(['a']);
});
