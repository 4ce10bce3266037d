import { readFileSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import { ReturningHost } from '../../bench/relay/returning-host.ts';
import type { Clock } from '../../lib/clock.ts';
import { seededRandom } from '../../simulator/random.ts';
import { Place } from '../relay/setup.ts';
import { until } from '../support/until.ts';

const HOSTS = 80;
const SLOW = { handshakesPerSecond: 50, leastHandshakesPerSecond: 10, handshakeBurst: 5 };

let place: Place;
let hosts: ReturningHost[] = [];
/** Of the relay: while it stands still, nobody more is let in to the handshake, however long the machine takes for the rest. */
let still: number | null = null;
const clock: Clock = { now: () => Date.now(), mono: () => still ?? performance.now() };
afterEach(async () => {
  still = null;
  for (const host of hosts) host.leave();
  hosts = [];
  await place.close();
});

async function connected(): Promise<void> {
  place = await new Place().open({ limits: SLOW }, { clock });
  const random = seededRandom(1);
  for (let index = 0; index < HOSTS; index++) {
    const name = `h${index}`;
    const { ca, cert, key } = await place.issue(name, 'collector');
    const tls = { ca: readFileSync(ca), cert: readFileSync(cert), key: readFileSync(key) };
    const port = place.relay.addresses.mqtt;
    hosts.push(new ReturningHost({ name, index, port, tls, random, onAcknowledged: () => undefined }));
  }
  for (const host of hosts) host.connect();
  await until('everybody', () => hosts.every((host) => host.up), { withinMs: 60_000 });
  for (const host of hosts) host.tell();
  await until('acknowledged', () => hosts.every((host) => host.queued === 0));
}

/** Restarts the relay on its port; meanwhile each host has something to say. */
async function restart(): Promise<void> {
  const port = place.relay.addresses.mqtt;
  const closing = place.relay.close();
  for (const host of hosts) host.tell();
  await closing;
  await place.startRelay({ limits: SLOW, mqtt: { listen: `127.0.0.1:${port}` } });
}

test('after a restart everybody is back by a ticket, in time, and no frame is lost', async () => {
  await connected();
  const began = performance.now();
  await restart();
  await until('everybody back and current', () => hosts.every((host) => host.up && host.queued === 0), {
    withinMs: 30_000,
  });
  console.log(`${HOSTS} hosts back and current after ${Math.round(performance.now() - began)} ms`);
  expect(hosts.filter(({ resumed }) => resumed)).toHaveLength(HOSTS);
  // As many frames as were told, each once; what came twice, because its acknowledgement did not get through, is a repeat.
  await until('all of them at the core', async () => (await place.ledger('log')).queued.frames === 0);
  const taken = await place.ledger('log');
  expect(taken.out.frames).toBe(2 * HOSTS);
  expect(taken.in.frames - taken.repeated.frames).toBe(2 * HOSTS);
  expect(taken.dropped).toEqual({});
  expect(await place.metric('heliograph_relay_handshakes_total{kind="resumed"}')).toBeGreaterThanOrEqual(HOSTS);
});

test('who is connected is served while the others wait for their handshake', async () => {
  await connected();
  const waiting = () => place.metric('heliograph_relay_handshakes_waiting');
  const [one, ...others] = hosts;
  for (const host of others) host.leave();
  await until('only one', async () => (await place.metric('heliograph_relay_connections')) === 1);
  still = clock.mono();
  for (const host of others) host.connect();
  await until('a crowd at the door', async () => (await waiting()) > 50);
  let served = 0;
  let counted = 0;
  for (let before = HOSTS; !others.every((host) => host.up); ) {
    one!.tell();
    // Nobody is let in meanwhile: an acknowledgement that stood behind them would never come.
    await until('the acknowledgement', () => one!.queued === 0, { everyMs: 5 });
    const now = await waiting();
    if (now > 0) served++;
    if (now < before) counted++;
    before = now;
    still += 100;
  }
  // They came in some at a time, each time after one that was served.
  expect(served).toBeGreaterThan(10);
  expect(counted).toBeGreaterThan(10);
});
