import { expect, test } from 'vitest';
import { hostLine } from '../../simulator/host-lines.ts';
import { LineTails, tailOf } from '../../simulator/line-tails.ts';

const RUN = 'm3k1xyz0';
const tails = new LineTails(RUN);
const lines = (count: number) =>
  Array.from({ length: count }, (_, number) => ({ number, line: hostLine(3, number, tails) }));

test('the same numbers give the same line, each line carries its number, and no two are the same', () => {
  const all = lines(500);
  for (const { number, line } of all) {
    expect(hostLine(3, number, tails)).toEqual(line);
    expect(tailOf(line.message)).toEqual({ run: RUN, host: 3, number });
  }
  expect(new Set(all.map(({ line }) => line.message)).size).toBe(500);
  expect(hostLine(4, 1, tails).message).not.toBe(hostLine(3, 1, tails).message);
  expect(tailOf('nobody wrote this')).toBeNull();
});

test('there are all levels, and stack traces of several lines', () => {
  const all = lines(10_000).map(({ line }) => line);
  expect(new Set(all.map(({ level }) => level))).toEqual(
    new Set(['trace', 'debug', 'info', 'warning', 'error', 'fatal']),
  );
  const traces = all.filter(({ message }) => message.includes('\n'));
  expect(traces.length).toBeGreaterThan(20);
  expect(traces.every(({ level }) => level === 'error' || level === 'fatal')).toBe(true);
});

test('what begins as a JSON object is one as a whole, with the run and the number inside', () => {
  const objects = lines(10_000).filter(({ line }) => line.message.startsWith('{'));
  expect(objects.length).toBeGreaterThan(500);
  for (const { number, line } of objects) {
    const own = JSON.parse(line.message) as Record<string, unknown>;
    expect(own).toMatchObject({ level: line.level, service: line.service, run: RUN, seq: `3.${number}` });
    expect(own.msg).not.toBe('');
  }
});

test('a line has 300 bytes or so, as those of services have', () => {
  const bytes = lines(10_000).reduce((sum, { line }) => sum + Buffer.byteLength(line.message), 0);
  expect(bytes / 10_000).toBeGreaterThan(280);
  expect(bytes / 10_000).toBeLessThan(320);
});
