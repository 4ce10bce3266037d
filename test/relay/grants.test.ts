import { createHash } from 'node:crypto';
import { afterEach, expect, test } from 'vitest';
import { addToDistribution, startDistribution } from '../../lib/distribution.ts';
import { ColumnEncoder } from '../../proto/columns.ts';
import { encodeFrame } from '../../proto/frame.ts';
import { hashOf } from '../../proto/hash.ts';
import { encodeMetricsBody } from '../../proto/metrics-body.ts';
import { encodePage } from '../../proto/page.ts';
import { encodeSketchesBody, HOST_RULE } from '../../proto/sketches.ts';
import { SPOKEN_INSTANCE } from '../../proto/spoken-instance.ts';
import { until } from '../support/until.ts';
import { header, Place } from './setup.ts';

let place: Place;
afterEach(() => place.close());

const page = encodePage(
  ['gear-1', 'gear-2'].map((name) => ({ name: 'up', labels: [[SPOKEN_INSTANCE, name]] as const })),
);
const hash = hashOf(page, (bytes) => createHash('sha256').update(bytes).digest());

function frame(sequence: number): Uint8Array {
  const columns = new ColumnEncoder().encode(2, Float64Array.of(1e12), Float64Array.of(1, 0), null, null);
  const body = encodeMetricsBody([{ page: hash, base: null, columns }]);
  return encodeFrame(header(sequence, { class: 'metric', kind: 'metrics', count: 2 }), body);
}

test('a page about others is taken of whom the certificate lets speak for all of them, and of nobody else', async () => {
  place = await new Place().open();
  const issue = (name: string, speaksFor: string[]) =>
    place.authority.issue({ name, role: 'collector', days: 1, speaksFor });
  const granted = await place.connectWith(await issue('h1', ['gear-*']), 'h1');
  await granted.publish('definitions', page);
  await granted.publish('metric', frame(1));
  expect((await place.ledger('metric')).in.frames).toBe(1);
  // The page is known now, and everybody may name its hash.
  for (const [name, grants] of [
    ['h2', []],
    ['h3', ['gear-1']],
    ['h4', ['ear-1', 'gear-?']],
  ] as const) {
    if (name === 'h4') {
      await expect(issue(name, [...grants])).rejects.toThrow(/HG_CERT_NAME|letters/);
      continue;
    }
    const host = await place.connectWith(await issue(name, [...grants]), name);
    await host.listen();
    await host.publish('metric', frame(1));
    await until('it is told', () => host.controls.some((control) => control.refused?.code === 'HG_RELAY_GRANT'));
  }
  expect(await place.metric('heliograph_relay_refused_total{code="HG_RELAY_GRANT"}')).toBe(2);
  expect((await place.ledger('metric')).in.frames).toBe(1);
});

test('sketches about others are taken as pages are, and nobody looks into them on the way', async () => {
  place = await new Place().open();
  const sketches = (sequence: number) => {
    const distribution = startDistribution(0);
    addToDistribution(distribution, 1, []);
    const series = { name: 'took', labels: [[SPOKEN_INSTANCE, 'gear-1']] as const };
    const plan = { quantiles: [0.5], bounds: [], plain: [], rule: HOST_RULE, worker: null, end: 1000, lateness: 0 };
    const body = encodeSketchesBody({ ...plan, groups: [{ series, distribution }] });
    return encodeFrame(header(sequence, { class: 'metric', kind: 'sketches', count: 1 }), body);
  };
  const issue = (name: string, speaksFor: string[]) =>
    place.authority.issue({ name, role: 'collector', days: 1, speaksFor });
  const granted = await place.connectWith(await issue('h1', ['gear-*']), 'h1');
  await granted.publish('metric', sketches(1));
  expect((await place.ledger('metric')).in.frames).toBe(1);
  const other = await place.connectWith(await issue('h2', []), 'h2');
  await other.listen();
  await other.publish('metric', sketches(1));
  await until('it is told', () => other.controls.some((control) => control.refused?.code === 'HG_RELAY_GRANT'));
  expect((await place.ledger('metric')).in.frames).toBe(1);
});
