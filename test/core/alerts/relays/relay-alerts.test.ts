import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Alert } from '../../../../core/alerts/alert.ts';
import { alertKey } from '../../../../lib/alerts/alert-key.ts';
import { fingerprintOf } from '../../../../lib/alerts/fingerprint.ts';
import type { Event } from '../../../../proto/event.ts';
import { TestCore } from '../../../support/core/core.ts';
import { TestHost } from '../../../support/core/host.ts';
import type { TestRelay } from '../../../support/core/relay.ts';
import { until } from '../../../support/until.ts';

let core: TestCore;
let relay: TestRelay;
let speaker: TestHost;

beforeEach(async () => {
  core = await (await TestCore.make()).start();
  relay = await (await core.relay()).hello('north');
  speaker = new TestHost('relay-1');
});
afterEach(() => core.remove());

const labels = (instance: string) => ({ alertname: 'DiskFull', instance, site: 'north' });

function event(
  type: string,
  instance: string,
  more: Record<string, string | number | null> = {},
  startsAt = 1000,
): Event {
  const fingerprint = fingerprintOf(labels(instance));
  const facts = {
    key: alertKey({ fingerprint, activeAt: startsAt }),
    ...{ name: 'DiskFull', fingerprint, state: 'firing', starts_at: startsAt, ends_at: null, value: '1' },
    ...{ labels: JSON.stringify(labels(instance)), annotations: '{"summary":"full"}', notified_by: null },
    ...more,
  };
  const named = Object.entries(facts).map(([name, fact]) => [`heliograph.alert.${name}`, fact] as const);
  return { time: Date.now(), type, host: instance, facts: { ...Object.fromEntries(named), relay: 'relay-1' } };
}
const tell = (...events: Event[]) => relay.deliver('alert', [speaker.events(events)]);

/** What stands in the core's own file, which it alone has open: read once it is stopped. */
async function kept(): Promise<Alert[]> {
  await core.stop();
  const database = new DatabaseSync(join(core.directory, 'core', 'alerts.db'), { readOnly: true });
  const rows = database.prepare('SELECT document FROM alerts').all();
  database.close();
  return rows.map((row) => JSON.parse(row.document as string) as Alert).filter(({ source }) => source === 'relay');
}
const gauge = (state: string) => {
  const line = new RegExp(`^heliograph_core_alerts\\{state="${state}"\\} (\\d+)`, 'm').exec(core.registry.render());
  return Number(line?.[1]);
};

test("a relay's alert is shown as the relay's until it is handed over, and again when it is taken back", async () => {
  await tell(
    event('alert.firing', 'a'),
    event('alert.firing', 'b'),
    event('alert.firing', 'c'),
    event('alert.firing', 'd'),
  );
  await tell(
    event('alert.notified', 'b', { notified_by: 'core' }),
    event('alert.notified', 'c', { notified_by: 'core' }),
    event('alert.notified', 'c', { notified_by: 'relay' }),
    event('alert.resolved', 'd', { state: 'resolved', ends_at: 2000 }),
    // Late, or once more: what is over begins nothing anew.
    event('alert.firing', 'd'),
  );
  await until('all are in', () => gauge('firing') === 3);
  const all = await kept();
  expect(Object.fromEntries(all.map((alert) => [alert.labels.instance, [alert.state, alert.notifiedBy]]))).toEqual({
    a: ['firing', 'relay-1'],
    b: ['firing', null],
    c: ['firing', 'relay-1'],
    d: ['resolved', 'relay-1'],
  });
  expect(all.map(alertKey)).toEqual(all.map(({ labels }) => `${fingerprintOf(labels)}-1000`));
});

test('a hand-over that waited long is acted upon only when no taking back followed', async () => {
  const old = (one: Event): Event => ({ ...one, time: Date.now() - 60_000 });
  await tell(event('alert.firing', 'a'), old(event('alert.notified', 'a', { notified_by: 'core' })));
  await tell(event('alert.firing', 'b'), old(event('alert.notified', 'b', { notified_by: 'core' })));
  await until('both are in', () => gauge('firing') === 2);
  // A restart in between makes it wait again, and forgets nothing.
  const before = await kept();
  expect(before.map(({ notifiedBy }) => notifiedBy)).toEqual(['relay-1', 'relay-1']);
  await core.start();
  relay = await (await core.relay()).hello('north');
  await tell(event('alert.notified', 'b', { notified_by: 'relay' }));
  await new Promise((resolve) => setTimeout(resolve, 11_500));
  const after = await kept();
  expect(after.map(({ labels, notifiedBy }) => [labels.instance, notifiedBy]).sort()).toEqual([
    ['a', null],
    ['b', 'relay-1'],
  ]);
});

test('what cannot be understood or is said by another is counted, and the others go on', async () => {
  await tell(
    event('alert.firing', 'a', { labels: '[]' }),
    event('alert.firing', 'b', { key: 'another-1000' }),
    event('alert.firing', 'c'),
  );
  await relay.deliver('alert', [new TestHost('web-1').events([event('alert.firing', 'd')])]);
  await until('the good one', () => gauge('firing') === 1);
  expect(core.registry.render()).toMatch(/heliograph_core_refused_total\{code="HG_ALERT_EVENT"\} 2/);
  expect((await kept()).map(({ labels }) => labels.instance)).toEqual(['c']);
});

test('an alert of the same labels that begins anew is a new one, though its end was not heard', async () => {
  await tell(event('alert.firing', 'a'));
  await tell(event('alert.firing', 'a', {}, 5000));
  await until('the new one', () => gauge('firing') === 1);
  const path = join(core.directory, 'core', 'alerts.db');
  expect((await kept()).map(({ activeAt, state }) => [activeAt, state])).toEqual([[5000, 'firing']]);
  const database = new DatabaseSync(path, { readOnly: true });
  const rows = database.prepare('SELECT active_at, resolved_at FROM alert_history ORDER BY active_at').all();
  database.close();
  expect(rows).toMatchObject([
    { active_at: 1000, resolved_at: expect.any(Number) },
    { active_at: 5000, resolved_at: null },
  ]);
});
