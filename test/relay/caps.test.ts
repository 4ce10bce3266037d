import { afterEach, expect, test } from 'vitest';
import { type Amount, imbalance, type LedgerEntry } from '../../lib/ledger.ts';
import { decodeFrame } from '../../proto/frame.ts';
import { until } from '../support/until.ts';
import { eventFrame, type Host, Place } from './setup.ts';

let place: Place;
afterEach(() => place.close());

const SMALL = {
  journal: { maxBytes: '64KiB', segmentBytes: '8KiB' },
  forward: { blockBytes: '1KiB', window: '4KiB', linger: '10ms' },
};

/** Until the journal gives up frames, twice over. */
async function fill(hosts: readonly Host[]): Promise<void> {
  for (let sequence = 1; sequence <= 600; sequence++) {
    for (const host of hosts) await host.publish('log', eventFrame(sequence, { class: 'log' }, host.name));
  }
}

async function hostEntries(): Promise<Record<string, LedgerEntry>> {
  const { hosts } = JSON.parse(await place.page('/ledger.json?hosts=1'));
  const logs = Object.entries(hosts as Record<string, LedgerEntry[]>).map(
    ([host, entries]) => [host, entries.find((entry) => entry.class === 'log')] as const,
  );
  return Object.fromEntries(logs.filter(([, entry]) => entry && entry.in.frames > 0)) as Record<string, LedgerEntry>;
}

const sum = (entries: readonly LedgerEntry[], pick: (entry: LedgerEntry) => Amount | undefined): number =>
  entries.reduce((all, entry) => all + (pick(entry)?.frames ?? 0), 0);

test('frames given up are counted exactly, told with their number, and named by host; those that arrived all the same are not among them', async () => {
  place = await new Place().open(SMALL);
  place.core.answer = (dataClass) => (dataClass === 'log' ? 'silence' : 'acknowledge');
  const hosts = [await place.connect('h1'), await place.connect('h2')];
  await fill(hosts);
  const before: LedgerEntry = await place.ledger('log');
  expect(before.dropped.cap!.frames).toBeGreaterThan(100);
  expect(imbalance(before)).toEqual({ frames: 0, items: 0 });
  const events = await until('the events', () => {
    const told = place.core.frames
      .filter((frame) => frame.host === 'relay1')
      .flatMap(({ frame }) => {
        const decoded = decodeFrame(frame, {});
        return decoded.kind === 'events' ? decoded.events : [];
      })
      .filter((event) => event.type === 'frames_dropped');
    const frames = told.reduce((all, event) => all + Number(event.facts.frames), 0);
    return frames === before.dropped.cap!.frames ? told : null;
  });
  expect(events[0]!.facts).toMatchObject({ class: 'log', reason: 'cap' });

  // The core had some of them in hand all the time: they are not lost.
  place.core.answer = () => 'acknowledge';
  const inHand = [...new Set(place.core.frames.filter((frame) => frame.class === 'log').map((frame) => frame.block))];
  expect(inHand.length).toBeGreaterThan(0);
  place.core.send({ acknowledged: { ids: inHand } });
  const after = await until('an empty queue', async () => {
    const entry: LedgerEntry = await place.ledger('log');
    return entry.queued.frames === 0 ? entry : null;
  });
  expect(imbalance(after)).toEqual({ frames: 0, items: 0 });
  const arrived = place.core.sequences('h1', 'log').length + place.core.sequences('h2', 'log').length;
  expect(after.out.frames).toBe(arrived);
  expect(after.in.frames).toBe(1200);
  expect(after.dropped.cap!.frames).toBe(1200 - arrived);

  const byHost = Object.values(await hostEntries());
  expect(byHost).toHaveLength(2);
  for (const entry of byHost) expect(entry.queued).toEqual({ frames: 0, items: 0 });
  expect(sum(byHost, (entry) => entry.in)).toBe(1200);
  expect(sum(byHost, (entry) => entry.out)).toBe(arrived);
  expect(sum(byHost, (entry) => entry.dropped.cap)).toBe(after.dropped.cap!.frames);
});

test('the account by host outlives a stop', async () => {
  place = await new Place().open();
  const host = await place.connect('h1');
  for (const sequence of [1, 2, 3, 3]) await host.publish('log', eventFrame(sequence, { class: 'log' }));
  await until('an empty queue', async () => (await place.ledger('log')).queued.frames === 0);
  const { h1 } = await hostEntries();
  expect(h1).toMatchObject({ in: { frames: 4 }, out: { frames: 3 }, repeated: { frames: 1 }, queued: { frames: 0 } });
  await place.relay.close();
  await place.startRelay();
  expect((await hostEntries()).h1).toEqual(h1);
});
