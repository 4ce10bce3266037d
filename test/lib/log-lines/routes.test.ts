import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { logRoutes } from '../../../lib/log-lines/route-schema.ts';
import { LogRoutes } from '../../../lib/log-lines/routes.ts';
import { shareOfBytes, shareOfPlace } from '../../../lib/log-lines/share.ts';

const routes = new LogRoutes(
  logRoutes().parse([
    { name: 'audit', service: '*-audit' },
    { name: 'probes', service: ['shop', 'pay'], file: '/var/log/*/probe.log', levels: ['info', 'warning'], keep: 0 },
    { name: 'shops', service: 'shop*', keep: 0.01 },
  ]),
);
const of = (service: string, level: string, file = '/var/log/x.log') => routes.of(service, level, file);

it('the first route that fits is taken', () => {
  expect(of('shop-audit', 'debug')).toMatchObject({ index: 0, keep: 1, fields: { 'heliograph.route': 'audit' } });
  expect(of('shop', 'info', '/var/log/a/probe.log')).toMatchObject({ index: 1, keep: 0 });
  expect(of('shop', 'debug', '/var/log/a/probe.log')).toMatchObject({ index: 2 });
  expect(of('shopping', '')).toMatchObject({
    index: 2,
    keep: 0.01,
    fields: { 'heliograph.route': 'shops', 'heliograph.sample_rate': '0.01' },
  });
  expect(of('mail', 'info')).toMatchObject({ index: -1, keep: 1, fields: {} });
});

it('warnings and errors are all sent, unless a route names their level', () => {
  for (const level of ['warning', 'error', 'fatal']) {
    expect(of('shop', level)).toMatchObject({ index: 2, keep: 1, fields: { 'heliograph.route': 'shops' } });
  }
  expect(of('pay', 'warning', '/var/log/a/probe.log')).toMatchObject({ keep: 0 });
  // A line that says no level counts as info.
  expect(of('pay', '', '/var/log/a/probe.log')).toMatchObject({ keep: 0 });
});

it('two routes of one name, a share above one and an unknown level are refused', () => {
  const refused = (...list: object[]) =>
    logRoutes()
      .safeParse(list)
      .error?.issues.map(({ path }) => path.join('.'));
  expect(refused({ name: 'a' }, { name: 'a' })).toEqual(['1.name']);
  expect(refused({ name: 'a', keep: 1.5 })).toEqual(['0.keep']);
  expect(refused({ name: 'a', levels: ['loud'] })).toEqual(['0.levels.0']);
  expect(refused({ name: 'Ä' })).toEqual(['0.name']);
});

it('shares are spread evenly, follow from the id alone, and a smaller share is a part of a larger one', () => {
  const ids = Array.from({ length: 20_000 }, () => new TextEncoder().encode(randomUUID().replaceAll('-', '')));
  const shares = ids.map((bytes) => shareOfBytes(bytes, 0, bytes.length));
  // Five standard deviations of a binomial count.
  for (const keep of [0.01, 0.1, 0.5]) {
    const kept = shares.filter((share) => share < keep).length;
    expect(Math.abs(kept - 20_000 * keep)).toBeLessThan(5 * Math.sqrt(20_000 * keep * (1 - keep)));
  }
  const upper = new TextEncoder().encode(new TextDecoder().decode(ids[0]).toUpperCase());
  expect(shareOfBytes(upper, 0, upper.length)).toBe(shares[0]);
  const places = Array.from({ length: 20_000 }, (_, i) => shareOfPlace('12:34', i * 100));
  expect(Math.abs(places.filter((share) => share < 0.1).length - 2000)).toBeLessThan(5 * Math.sqrt(1800));
});
