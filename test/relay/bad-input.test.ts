import { afterEach, expect, test } from 'vitest';
import { makeBoot } from '../../proto/hash.ts';
import { LIMITS } from '../../proto/limits.ts';
import { until } from '../support/until.ts';
import { BOOT, definitions, eventFrame, type Host, metricFrame, Place, statusMessage } from './setup.ts';

let place: Place;
let host: Host;
afterEach(() => place.close());

async function open(settings: Record<string, unknown> = {}): Promise<void> {
  place = await new Place().open(settings);
  host = await place.connect('h1');
  await host.listen();
}

const refused = (code: string): Promise<number> => place.metric(`heliograph_relay_refused_total{code="${code}"}`);

/** After whatever came, the same connection still carries good frames to the core. */
async function stillWorks(sequence: number): Promise<void> {
  await host.publish('alert', eventFrame(sequence));
  await until('the good frame', () => place.core.sequences('h1', 'alert').includes(sequence));
  expect(host.closed).toBe(false);
}

test('garbage, torn and oversized payloads are acknowledged, refused by code, counted and told', async () => {
  await open();
  const good = eventFrame(1);
  await host.publish('alert', new Uint8Array([1, 2, 3]));
  await host.publish('alert', new Uint8Array(0));
  for (let cut = 1; cut < good.length; cut += 7) await host.publish('alert', good.subarray(0, cut));
  await host.publish('alert', new Uint8Array(LIMITS.frameBytes + 10));
  await host.publish('log', eventFrame(1));
  await host.publish('definitions', new Uint8Array([0x83, 1, 7, 0]));
  await host.publish('definitions', new Uint8Array(LIMITS.definitionBytes + 1));
  await host.publish('status', new Uint8Array([0xff]));
  expect(await refused('HG_RELAY_CLASS')).toBe(1);
  expect(await refused('HG_WIRE_LIMIT')).toBe(1);
  expect(await refused('HG_RELAY_OVERSIZED')).toBe(1);
  expect(await refused('HG_WIRE_TORN')).toBeGreaterThan(0);
  expect(await refused('HG_WIRE_MALFORMED')).toBeGreaterThan(0);
  await until('told', () => host.controls.some((control) => control.refused?.code === 'HG_RELAY_CLASS'));
  await stillWorks(2);
  expect(place.core.sequences('h1', 'alert')).toEqual([2]);
});

test('a foreign topic is refused and the connection goes on; foreign subscriptions get nothing', async () => {
  await open();
  await host.client.publishAsync('fleet/h2/alert', Buffer.from(eventFrame(1)), { qos: 1 });
  await host.client.publishAsync('fleet/h1/desired', Buffer.from('{}'), { qos: 1 });
  await host.client.publishAsync('$SYS/x', Buffer.from('x'), { qos: 1 });
  expect(await refused('HG_RELAY_TOPIC')).toBe(3);
  for (const filter of ['fleet/+/control', 'fleet/h2/desired', '#', 'fleet/h1/status']) {
    await expect(host.client.subscribeAsync(filter, { qos: 1 })).rejects.toThrow();
  }
  await stillWorks(1);
  expect(place.core.frames.every((frame) => frame.host !== 'h2')).toBe(true);
});

test('a packet that announces more than the limit ends its connection before it fills the memory', async () => {
  await open();
  const other = await place.connect('h2');
  host.client.publish('fleet/h1/alert', Buffer.alloc(3 * LIMITS.frameBytes), { qos: 1 });
  await until('the end', () => host.closed);
  expect(await place.metric('heliograph_relay_oversized_packets_total')).toBe(1);
  await other.publish('alert', eventFrame(1, {}, 'h2'));
});

test('frames that name a definition wait unacknowledged, are asked for, and hold nothing else up', async () => {
  await open();
  const defs = definitions(20);
  const waiting: Promise<unknown>[] = [];
  let acknowledged = 0;
  for (let i = 1; i <= 40; i++) {
    waiting.push(
      host.publish('metric', metricFrame(i, defs, 20)).then(() => {
        acknowledged++;
      }),
    );
  }
  await stillWorks(1);
  await until('need', () => host.controls.some((control) => control.need?.includes(defs.pageHash)));
  let pong = false;
  host.client.on('packetreceive', (packet) => {
    if (packet.cmd === 'pingresp') pong = true;
  });
  host.client.sendPing();
  await until('PINGRESP', () => pong);
  expect(acknowledged).toBe(0);
  // A definition under another name does not help.
  await host.publish('definitions', definitions(20, 'other').page);
  await host.publish('definitions', defs.page);
  await stillWorks(2);
  expect(acknowledged).toBe(0);
  await host.publish('definitions', defs.base);
  await Promise.all(waiting);
  await until('all at the core', () => place.core.sequences('h1', 'metric').length === 40);
  expect(await place.metric('heliograph_relay_held_bytes')).toBe(0);
});

test('a base row belongs to its host; a page to everybody', async () => {
  await open();
  const defs = definitions(5);
  await host.publish('definitions', defs.page);
  await host.publish('definitions', defs.base);
  await host.publish('metric', metricFrame(1, defs, 5));
  const other = await place.connect('h2');
  await other.listen();
  const sent = other.publish('metric', metricFrame(1, defs, 5));
  await until('need', () => other.controls.some((control) => control.need));
  expect(other.controls.find((control) => control.need)!.need).toEqual([defs.baseHash]);
  await other.publish('definitions', defs.base);
  await sent;
});

test('too many bytes waiting end the connection, unacknowledged', async () => {
  await open({ limits: { heldBytes: '2KiB' } });
  const defs = definitions(20);
  for (let i = 1; i <= 200; i++) host.publish('metric', metricFrame(i, defs, 20)).catch(() => undefined);
  await until('the end', () => host.closed);
  expect(await place.metric('heliograph_relay_held_overflow_total')).toBe(1);
  await until('nothing held', async () => (await place.metric('heliograph_relay_held_bytes')) === 0);
});

test('a quota of definitions is refused by name', async () => {
  await open({ limits: { definitions: 3 } });
  for (let i = 0; i < 5; i++) await host.publish('definitions', definitions(3, `d${i}`).page);
  expect(await refused('HG_RELAY_QUOTA')).toBe(2);
  await stillWorks(1);
});

test('clocks of 1970 and of ten years ahead are told and measured; the frames are taken', async () => {
  await open();
  await host.publish('status', statusMessage({ time: 0 }));
  await host.publish('alert', eventFrame(1, { created: 0 }));
  await host.publish('status', statusMessage({ time: Date.now() + 3650 * 86_400_000 }));
  await host.publish('alert', eventFrame(2, { created: Date.now() + 3650 * 86_400_000 }));
  await until('both', () => place.core.sequences('h1', 'alert').length === 2);
  // Once a minute of one host: the events of others must not drown in its.
  expect(await place.metric('heliograph_relay_events_total{type="clock_skew"}')).toBe(1);
  expect(await place.metric('heliograph_relay_events_untold_total{type="clock_skew"}')).toBe(1);
  const [first, second] = place.core.frames.filter((frame) => frame.host === 'h1');
  expect(first!.skew).toBeLessThan(-1e12);
  expect(second!.skew).toBeGreaterThan(3e11);
  expect(host.controls.some((control) => Math.abs((control.time ?? 0) - Date.now()) < 10_000)).toBe(true);
});

test('a replayed old life is repeats, counted; nothing of it goes on twice', async () => {
  await open();
  for (let i = 1; i <= 10; i++) await host.publish('alert', eventFrame(i, { created: 5 }));
  await until('the first time', () => place.core.sequences('h1', 'alert').length === 10);
  for (let i = 1; i <= 10; i++) await host.publish('alert', eventFrame(i, { created: 5 }));
  await until('repeats', async () => (await place.ledger('alert')).repeated.frames === 10);
  expect(place.core.sequences('h1', 'alert')).toHaveLength(10);
});

test('two lives of one host that interleave are a cloned image', async () => {
  await open();
  const other = makeBoot(8, new Uint8Array(8));
  await host.publish('status', statusMessage({ boot: BOOT }));
  await host.publish('status', statusMessage({ boot: other }));
  expect(await place.metric('heliograph_relay_events_total{type="cloned_image"}')).toBe(0);
  await host.publish('status', statusMessage({ boot: BOOT }));
  expect(await place.metric('heliograph_relay_events_total{type="cloned_image"}')).toBe(1);
  const twin = await place.connect('h2');
  await twin.publish('status', statusMessage({ boot: BOOT }));
  await twin.publish('status', statusMessage({ boot: makeBoot(7, new Uint8Array(8).fill(9)) }));
  expect(await place.metric('heliograph_relay_events_total{type="cloned_image"}')).toBe(2);
});

test('a topic that is subscribed to again at another QoS ends nothing', async () => {
  await open();
  const topic = 'fleet/h1/control';
  for (const qos of [0, 1, 0] as const) {
    const [granted] = await host.client.subscribeAsync(topic, { qos });
    expect(granted).toMatchObject({ topic, qos });
  }
  await stillWorks(1);
});
