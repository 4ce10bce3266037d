import { afterEach, expect, test } from 'vitest';
import { until } from '../support/until.ts';
import { eventFrame, type Host } from './setup.ts';
import { hostOverWebSocket } from './websocket-setup.ts';
import { WorkersPlace } from './workers-place.ts';

let place: WorkersPlace;
const hosts: Host[] = [];
afterEach(async () => {
  for (const { client } of hosts.splice(0)) client.end(true);
  await place.close();
});

async function overWebSocket(name: string): Promise<Host> {
  const host = await hostOverWebSocket(place.relay!.addresses.websocket, await place.certificate(name), name);
  hosts.push(host);
  return host;
}

test('all workers share the port for WebSocket, and a host that changes worker or way is taken over with its numbers', async () => {
  place = await new WorkersPlace().open(2, { websocket: { listen: '127.0.0.1:0' } });
  const { mqtt, websocket } = place.relay!.addresses;
  expect(websocket).not.toBe(0);
  expect(websocket).not.toBe(mqtt);
  await Promise.all(['h1', 'h2', 'h3', 'h4'].map((name) => overWebSocket(name)));
  // In turn, but past one that is busy.
  const connections = (await place.health()).workers.map((worker) => worker.connections);
  expect(connections.reduce((sum, count) => sum + count, 0)).toBe(4);
  expect(Math.min(...connections)).toBeGreaterThan(0);
  await Promise.all(hosts.map((host) => host.publish('alert', eventFrame(1, {}, host.name))));
  // The next connection goes to the other worker than the last one; the older one ends wherever it is.
  const older = hosts.find(({ name }) => name === 'h1')!;
  const again = await overWebSocket('h1');
  await until('the older one to end', () => older.closed);
  await again.publish('alert', eventFrame(1, {}, 'h1'));
  await again.publish('alert', eventFrame(2, {}, 'h1'));
  const straight = await place.connect('h1');
  await until('the older one to end', () => again.closed);
  await straight.publish('alert', eventFrame(2, {}, 'h1'));
  await straight.publish('alert', eventFrame(3, {}, 'h1'));
  const atCore = () =>
    place.core.frames
      .filter(({ host, class: name }) => host === 'h1' && name === 'alert')
      .map(({ sequence }) => sequence)
      .sort();
  await until('its frames', () => atCore().length >= 3);
  await until('all counted', async () => (await place.ledger('alert')).out.frames >= 6);
  expect(atCore()).toEqual([1, 2, 3]);
});
