import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { emptyLedger } from '../../lib/ledger.ts';
import type { ClassStatus } from '../../proto/status.ts';
import type { RelayStatus } from '../../relay/status/contract.ts';
import { until } from '../support/until.ts';
import { definitions, eventFrame, metricFrame, Place, statusMessage } from './setup.ts';

let place: Place;
afterEach(() => place.close());

async function status(parameters = ''): Promise<RelayStatus> {
  return JSON.parse(await place.page(`/status.json${parameters}`)) as RelayStatus;
}

/** What a collector says of a class in which so many frames wait. */
function waiting(queuedFrames: number): ClassStatus {
  return { next: 1, floor: 1, acknowledged: [], queuedFrames, queuedItems: queuedFrames, queuedBytes: 0 };
}

/** The status names the class, by name. */
const classOf = (answer: RelayStatus, name: string) => answer.classes.find((one) => one.class === name)!;

test('a host is shown with where it comes from, since when, its clock, its certificate, what it sends and what waits', async () => {
  place = await new Place().open();
  const before = Date.now();
  const files = await place.issue('web-1', 'collector', 5);
  const host = await place.connectWith(files, 'web-1');
  await host.publish(
    'status',
    statusMessage({
      time: Date.now() + 90_000,
      series: 512,
      classes: { log: waiting(3), metric: waiting(4) },
      ledger: {
        ...emptyLedger('collector', 'web-1', 1),
        entries: [{ ...emptyLedger('collector', '', 1).entries[0]!, dropped: { cap: { frames: 9, items: 90 } } }],
      },
    }),
  );
  const defs = definitions(3);
  await host.publish('definitions', defs.page);
  await host.publish('definitions', defs.base);
  await host.publish('metric', metricFrame(1, defs, 3));
  const first = await status();
  expect(first).toMatchObject({ version: 1, relay: 'relay1', site: 'north', rate: { overMs: null } });
  expect(first.rows).toHaveLength(1);
  const [row] = first.rows;
  expect(row).toMatchObject({
    host: 'web-1',
    address: '127.0.0.1',
    worker: 0,
    itemsPerSecond: null,
    waitingThere: 7,
    series: 512,
    droppedThere: 9,
    droppedHere: 0,
  });
  expect(row!.since).toBeGreaterThanOrEqual(before);
  expect(row!.since).toBeLessThanOrEqual(Date.now());
  expect(row!.skewMs).toBeGreaterThan(80_000);
  expect(Math.round((row!.certificateEnds - Date.now()) / 86_400_000)).toBe(5);
  expect(first.hosts).toMatchObject({
    connected: 1,
    clocksOff: 1,
    certificatesEnding: 1,
    waitingThere: 7,
    hostsWaiting: 1,
  });
  expect(first.definitions).toEqual({ definitions: 2, pages: 1, series: 3 });
  expect(first.remarks).toContain('hosts whose clock is off: 1 of 1');
  expect(first.remarks).toContain('hosts whose certificate ends within 14 days: 1');
  // The rate is from look to look.
  const measured = await until('a second look', async () => {
    await host.publish('metric', metricFrame(2, defs, 3));
    const next = await status();
    return next.rate.overMs === null ? null : next;
  });
  expect(measured.rows[0]!.itemsPerSecond).toBeGreaterThan(0);
  expect(measured.rate.itemsPerSecond).toBeGreaterThanOrEqual(measured.rows[0]!.itemsPerSecond! - 0.001);
  expect(await place.metric('heliograph_relay_host_waiting_frames')).toBe(7);
  expect(await place.metric('heliograph_relay_host_series')).toBe(512);
  expect(await place.metric('heliograph_relay_clocks_off')).toBe(1);
  expect(await place.metric('heliograph_relay_certificates_ending')).toBe(1);
  expect(await place.metric('heliograph_relay_page_series')).toBe(3);
  expect(await place.metric('heliograph_relay_clock_skew_max_seconds')).toBeGreaterThan(80);
  expect(await place.metric('heliograph_relay_certificate_end_seconds')).toBe(measured.certificateEnds! / 1000);
});

test('rows are sorted, filtered and paged at the relay; equal ones by name', async () => {
  place = await new Place().open();
  for (const [name, frames, skew] of [
    ['db-1', 5, -4000],
    ['web-1', 50, 1000],
    ['web-2', 5, 100],
    ['WEB-3', 0, 0],
  ] as const) {
    const host = await place.connect(name);
    await host.publish('status', statusMessage({ time: Date.now() + skew, classes: { log: waiting(frames) } }));
  }
  const names = async (parameters: string) => (await status(parameters)).rows.map(({ host }) => host);
  expect(await names('')).toEqual(['web-1', 'db-1', 'web-2', 'WEB-3']);
  expect(await names('?sort=host')).toEqual(['WEB-3', 'db-1', 'web-1', 'web-2']);
  expect((await names('?sort=skew'))[0]).toBe('db-1');
  expect((await names('?sort=since'))[0]).toBe('WEB-3');
  expect(await names('?host=web')).toEqual(['web-1', 'web-2', 'WEB-3']);
  expect(await names('?host=web&from=1&count=1')).toEqual(['web-2']);
  expect((await status('?host=web&count=1')).page).toEqual({ sort: 'backlog', host: 'web', from: 0, matching: 3 });
  expect(await names('?from=100')).toEqual([]);
});

test('what is asked wrongly is refused with what is right', async () => {
  place = await new Place().open();
  const wrong = ['?sort=size', '?count=501', '?count=-1', '?from=1.5', '?lines=3', `?host=${'x'.repeat(129)}`];
  for (const parameters of wrong) {
    const answer = await fetch(`http://127.0.0.1:${place.relay.addresses.http}/status.json${parameters}`);
    expect([parameters, answer.status]).toEqual([parameters, 400]);
    expect(await answer.text()).toMatch(/^HG_API_PARAMETER: /);
  }
});

test('without a core the relay is not well and says since when; what waits stands by class and lane, and is gone when a core is there', async () => {
  place = await new Place().open();
  await until('the stream', async () => (await status()).well);
  expect((await status()).workers[0]!.upstream).toMatchObject({ open: true, core: 'test-core', trouble: null });
  const lost = Date.now();
  await place.stopCore();
  const host = await place.connect('h1');
  await host.publish('log', eventFrame(1, { class: 'log' }));
  const away = await until('it says so', async () => {
    const answer = await status();
    const seen = classOf(answer, 'log').queued.frames === 1 && answer.rows[0]?.waitingHere === 1;
    return !answer.well && seen ? answer : null;
  });
  expect(away.troubles).toEqual([expect.stringMatching(/^no core since 2\d{3}-\d\d-\d\dT.*Z: ./)]);
  expect(away.workers[0]!.upstream!.since).toBeGreaterThanOrEqual(lost - 1000);
  expect(classOf(away, 'log').live.unreadBytes).toBeGreaterThan(0);
  expect(await place.metric('heliograph_relay_lane_bytes{class="log",lane="live",state="unread"}')).toBe(
    classOf(away, 'log').live.unreadBytes,
  );
  expect(away.rows[0]).toMatchObject({ host: 'h1', waitingHere: 1 });
  place.core.answer = () => 'silence';
  await place.startCore();
  const under = await until('it is with the core', async () => {
    const answer = await status();
    return classOf(answer, 'log').backfill.withCore === 1 ? answer : null;
  });
  expect(classOf(under, 'log').live).toEqual({ unreadBytes: 0, blockBytes: 0, withCore: 0, again: 0 });
  expect(classOf(under, 'log').backfill.blockBytes).toBeGreaterThan(0);
  expect(await place.metric('heliograph_relay_lane_blocks{class="log",lane="backfill",state="with-core"}')).toBe(1);
  expect(under.well).toBe(true);
});

test('a certificate that cannot be read is trouble', async () => {
  place = await new Place().open();
  await until('the stream', async () => (await status()).well);
  const { directory } = place.authority;
  writeFileSync(join(directory, 'relay1.pem'), 'no certificate');
  const answer = await until('it is noticed', async () => {
    const one = await status();
    return one.well ? null : one;
  });
  expect(answer.troubles).toEqual([expect.stringMatching(/^HG_CERT_FILE: .*relay1\.pem/)]);
  expect(answer.certificateEnds).toBeNull();
});

test('what the journal gave up stands with its class and reason, in the relay and at the host', async () => {
  const small = { journal: { maxBytes: '64KiB', segmentBytes: '8KiB' } };
  place = await new Place().open(small);
  await place.stopCore();
  const host = await place.connect('h1');
  const frames = Array.from({ length: 600 }, (_, i) => eventFrame(i + 1, { class: 'debug' }));
  await Promise.all(frames.map((frame) => host.publish('debug', frame)));
  const answer = await until('segments went', async () => {
    const one = await status('?sort=drops');
    return classOf(one, 'debug').dropped.cap ? one : null;
  });
  const dropped = classOf(answer, 'debug').dropped.cap!.frames;
  expect(dropped).toBeGreaterThan(0);
  expect(answer.rows[0]).toMatchObject({ host: 'h1', droppedHere: dropped });
});
