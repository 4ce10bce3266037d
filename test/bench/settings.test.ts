import { expect, test } from 'vitest';
import { SETTINGS, takeSettings } from '../../bench/settings.ts';

test('settings become variables, and the rest stays as it was', () => {
  expect(takeSettings(['end-to-end', '--hosts=7', '--interval-ms=500', '--json=out.json', '--page'])).toEqual({
    rest: ['end-to-end', '--json=out.json', '--page'],
    env: { HELIOGRAPH_BENCH_HOSTS: '7', HELIOGRAPH_BENCH_INTERVAL_MS: '500' },
  });
});

test('a setting that there is not is refused with those that there are', () => {
  expect(() => takeSettings(['--hots=7'])).toThrow(
    `no setting --hots: give some of ${Object.keys(SETTINGS).join(', ')}`,
  );
});
