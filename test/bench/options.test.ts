import { expect, test } from 'vitest';
import { endToEndOptions } from '../../bench/end-to-end/options.ts';

const options = (env: Record<string, string>) =>
  endToEndOptions(Object.fromEntries(Object.entries(env).map(([name, value]) => [`HELIOGRAPH_BENCH_${name}`, value])));

test('a rate stands for an interval', () => {
  expect(options({ HOSTS: '200', SERIES: '50', RATE: '5000' })).toMatchObject({
    hosts: 200,
    series: 50,
    intervalMs: 2_000,
  });
  expect(options({}).intervalMs).toBe(1_000);
});

test('what a benchmark usually does stands where the environment says nothing', () => {
  const usual = { hosts: 7, seconds: 120, store: 'embedded' } as const;
  expect(endToEndOptions({}, usual)).toMatchObject(usual);
  expect(endToEndOptions({ HELIOGRAPH_BENCH_SECONDS: '3600' }, usual).seconds).toBe(3_600);
});

test('a mistake is told with the variable, its value and what it may be', () => {
  expect(() => options({ HOSTS: '1.5' })).toThrow('HELIOGRAPH_BENCH_HOSTS is 1.5; give a whole number, at least 1');
  expect(() => options({ STORE: 'tape' })).toThrow('HELIOGRAPH_BENCH_STORE is tape; give one of victoriametrics');
  expect(() => options({ RATE: '5', INTERVAL_MS: '100' })).toThrow('say the same twice');
  expect(() => options({ HOSTS: '1', SERIES: '1', RATE: '1000' })).toThrow('give more hosts or series');
});
