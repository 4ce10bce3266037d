import { expect, test } from 'vitest';
import { cardNumber, hostLine } from '../../simulator/host-lines.ts';
import { MaskedLines } from '../../simulator/masked-lines.ts';

const lines = (count: number) => Array.from({ length: count }, (_, number) => ({ number, line: hostLine(3, number) }));

test('the same numbers give the same line, and each line carries its number', () => {
  for (const { number, line } of lines(500)) {
    expect(hostLine(3, number)).toEqual(line);
    expect(line.message.endsWith(` seq=3.${number}`)).toBe(true);
  }
  expect(hostLine(4, 1).message).not.toBe(hostLine(3, 1).message);
});

test('there are all levels, stack traces of several lines, and JSON', () => {
  const all = lines(10_000).map(({ line }) => line);
  expect(new Set(all.map(({ level }) => level))).toEqual(
    new Set(['trace', 'debug', 'info', 'warning', 'error', 'fatal']),
  );
  const traces = all.filter(({ message }) => message.includes('\n'));
  expect(traces.length).toBeGreaterThan(20);
  expect(traces.every(({ level }) => level === 'error' || level === 'fatal')).toBe(true);
  expect(all.filter(({ message }) => message.startsWith('{"level"')).length).toBeGreaterThan(100);
});

test('card numbers are planted in one of a hundred lines, and none is left in what leaves the host', () => {
  const masked = new MaskedLines(1_795_000_000_000);
  let planted = 0;
  for (const { number, line } of lines(10_000)) {
    const card = cardNumber(3, number);
    const left = masked.line(3, number);
    const whole = line.message.replace(/ seq=[\d.]+$/, ` run=${masked.run}$&`);
    if (!line.message.includes(card)) {
      expect(left.message).toBe(whole);
      continue;
    }
    planted++;
    expect(left.message).toBe(whole.replace(card, '*'.repeat(card.length)));
  }
  expect(planted).toBeGreaterThan(50);
  expect(planted).toBeLessThan(200);
  expect(masked.masked).toBe(planted);
});
