import { expect, test } from 'vitest';
import { isRotated, namesBeforeRotation } from '../../../collector/core/tail/rotated-name.ts';

test.each([
  'app.log.1',
  'app.log.12.gz',
  'app.log.gz',
  'app.log-20260101',
  'app.log-20260101-1767225600.gz',
  'app.log.20261130-044253',
  'app.log.2026-11-30T04:42:53',
  'app.log.2026_11_30.1',
  'app-2026-11-30.log',
  'app.20261130.log',
  'app-2026-11-30.3.log.gz',
  'app_2026-11-30T04:42.log',
])('%s was app.log', (rotated) => {
  expect(isRotated(`/var/log/${rotated}`, '/var/log/app.log')).toBe(true);
  expect(isRotated(`/var/log/${rotated}`, '/var/log/other.log')).toBe(false);
  expect(isRotated(`/var/log/${rotated}`, '/srv/log/app.log')).toBe(false);
});

test.each(['app.log', 'app-2.log', 'app.log.lock', 'app.log.offset1', 'app.log2', 'apple.log.1', 'app.1x.log'])(
  '%s was no app.log',
  (other) => expect(isRotated(other, 'app.log')).toBe(false),
);

test('a name without a rotation stays', () => {
  expect(['app.log', 'v2/worker', 'app-2.log'].flatMap(namesBeforeRotation)).toEqual(
    ['app.log', 'v2/worker', 'app-2.log'].flatMap((name) => [name, name]),
  );
});
