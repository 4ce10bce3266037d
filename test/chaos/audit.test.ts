import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { audit } from '../../cli/commands/ledger.ts';
import { createMqttUplink } from '../../collector/node/mqtt-uplink.ts';
import type { Finding } from '../../lib/audit.ts';
import { encodeEventsBody } from '../../proto/event.ts';
import { encodeFrame } from '../../proto/frame.ts';
import { makeBoot } from '../../proto/hash.ts';
import { createFleet, type Fleet } from '../support/fleet.ts';
import { until } from '../support/until.ts';

// Each test does at one hop what must never happen (a disk that is gone, a journal read twice) and the audit, which
// believes no counter, has to name it: the hop, the host and the sequences.

let fleet: Fleet;
beforeEach(async () => {
  fleet = await createFleet({ collectors: 1, interval: '1s' });
  await fleet.core.start();
  await fleet.relay.start();
});
afterEach(() => fleet.close());

const findings = () => audit(fleet.coreUrl.href, [fleet.relayUrl.href]);
/** Of metric frames: what a machine has to say of itself at its start is lost with a relay's disk, too. */
const found =
  (kind: Finding['kind'], hop: string, host: string, of: Finding['class'] = 'metric') =>
  (all: Finding[]) =>
    all.find((one) => one.kind === kind && one.hop === hop && one.host === host && one.class === of);

/** Sequences of the collector's metric frames that the core has. */
async function stored(): Promise<number> {
  const { stored } = (await (await fetch(new URL('/api/v1/ledger/sequences', fleet.coreUrl))).json()) as {
    stored: { host: string; class: string; ranges: [number, number][] }[];
  };
  const ranges = stored.filter((one) => one.host === 'host-0' && one.class === 'metric').flatMap((one) => one.ranges);
  return ranges.reduce((sum, [from, to]) => sum + to - from + 1, 0);
}

test('nothing wrong: nothing found', { timeout: 300_000 }, async () => {
  await fleet.collectors[0]!.start();
  await until('frames in the store', async () => (await stored()) >= 3);
  expect(await findings()).toEqual([]);
});

test('from collector to relay: a relay that loses its disk after it acknowledged is found', {
  timeout: 300_000,
}, async () => {
  await fleet.collectors[0]!.start();
  await until('frames in the store', async () => (await stored()) >= 2);
  await fleet.core.stop();
  const acknowledged = await until('frames that only the relay has', async () => {
    const text = await (await fetch(new URL('/ledger.json', fleet.relayUrl))).text();
    const ledger = JSON.parse(text) as { entries: { class: string; queued: { frames: number } }[] };
    return ledger.entries.find((entry) => entry.class === 'metric')!.queued.frames >= 2;
  });
  expect(acknowledged).toBe(true);
  await fleet.relay.kill();
  rmSync(join(fleet.directory, 'relay'), { recursive: true });
  await fleet.relay.start();
  await fleet.core.start();
  const finding = await until('the loss', async () => found('lost', 'collector to relay', 'host-0')(await findings()), {
    withinMs: 40_000,
  });
  expect(finding.class).toBe('metric');
  expect(finding.ranges.length).toBeGreaterThan(0);
});

test('from collector to relay: a frame that comes twice is found', { timeout: 300_000 }, async () => {
  const tls = await fleet.authority.issue({ name: 'twice', role: 'collector', days: 1 });
  const frame = encodeFrame(
    {
      class: 'alert',
      boot: makeBoot(1, new Uint8Array(8)),
      sequence: 1,
      floor: 1,
      created: Date.now(),
      count: 1,
      previous: null,
      kind: 'events',
    },
    encodeEventsBody([{ time: Date.now(), type: 'test', host: 'twice', facts: {} }]),
  );
  const uplink = createMqttUplink(tls);
  await new Promise<void>((done, fail) => {
    uplink.connect(
      {
        relay: fleet.relayAddress,
        clientId: 'twice',
        keepAliveSeconds: 30,
        lastWill: { topic: 'fleet/twice/status', payload: new Uint8Array(), retain: true },
        subscribe: ['fleet/twice/control'],
      },
      { onOpen: done, onMessage: () => undefined, onClose: (reason) => fail(new Error(reason)) },
    );
  });
  for (let i = 0; i < 2; i++) {
    await new Promise<void>((done, fail) => {
      uplink.publish('fleet/twice/alert', frame, { retain: false }, (error) =>
        error === null ? done() : fail(new Error(error)),
      );
    });
  }
  const finding = await until('the repeat', async () =>
    found('repeated', 'collector to relay', 'twice', 'alert')(await findings()),
  );
  expect(finding.ranges).toEqual([[1, 1]]);
  await new Promise<void>((done) => uplink.close(done));
});

test('from relay to core: a store that is gone is found', { timeout: 300_000 }, async () => {
  await fleet.collectors[0]!.start();
  await until('frames in the store', async () => (await stored()) >= 3);
  await fleet.collectors[0]!.stop();
  await fleet.core.kill();
  rmSync(join(fleet.directory, 'core', 'metrics'), { recursive: true });
  await fleet.core.start();
  const finding = await until('the loss', async () => found('lost', 'relay to core', 'host-0')(await findings()));
  expect(finding.class).toBe('metric');
});

test('from relay to core: blocks that are sent twice are found, and the store has their samples once', {
  timeout: 300_000,
}, async () => {
  await fleet.collectors[0]!.start();
  await until('frames in the store', async () => (await stored()) >= 3);
  await fleet.collectors[0]!.stop();
  await fleet.relay.kill();
  // The cursors say what the core has; without them, and without the memory of sequences, everything is sent again.
  for (const file of ['cursors-0.log', 'cursors-1.log']) rmSync(join(fleet.directory, 'relay', 'journal', file));
  rmSync(join(fleet.directory, 'relay', 'sequences-metric.snapshot'), { force: true });
  const count = async () => {
    const url = new URL('/api/v1/query', fleet.coreUrl);
    url.searchParams.set('query', 'count_over_time(node_load1{instance="host-0"}[10m])');
    const answer = (await (await fetch(url)).json()) as { data: { result: { value: [number, string] }[] } };
    return answer.data.result[0]?.value[1];
  };
  const before = await count();
  await fleet.relay.start();
  const finding = await until('the repeat', async () => found('repeated', 'relay to core', 'host-0')(await findings()));
  expect(finding.class).toBe('metric');
  expect(await count()).toBe(before);
});
