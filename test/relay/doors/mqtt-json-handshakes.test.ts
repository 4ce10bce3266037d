import { connect as connectTcp } from 'node:net';
import { connect } from 'node:tls';
import { afterEach, expect, test } from 'vitest';
import { until } from '../../support/until.ts';
import { Place } from '../setup.ts';
import { TOPICS } from './devices.ts';

let place: Place;
afterEach(() => place.close());

const SLOW = {
  handshakesPerSecond: 4,
  leastHandshakesPerSecond: 4,
  mostHandshakesPerSecond: 4,
  handshakeBurst: 1,
};

test('devices that come back at once wait for their handshakes in turn, and those of collectors do not wait for them', async () => {
  const doors = { mqttJson: { listen: '127.0.0.1:0', tls: true, topics: TOPICS } };
  place = await new Place().open({ doors, limits: SLOW });
  const port = place.relay.addresses.mqttJson!;
  const begun = performance.now();
  const secured: number[] = [];
  const sockets = Array.from({ length: 8 }, () => {
    const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false }, () =>
      secured.push(performance.now() - begun),
    );
    return socket.on('error', () => undefined);
  });
  await until('some wait', async () => {
    return (await place.metric('heliograph_relay_door_device_handshakes_waiting')) >= 4;
  });
  expect(await place.metric('heliograph_relay_handshakes_waiting')).toBe(0);
  await until('all of them', () => secured.length === 8);
  // One at once, and each of the others a quarter of a second later.
  expect(secured.at(-1)! - secured[0]!).toBeGreaterThan(1200);
  for (const socket of sockets) socket.destroy();
});

test('the door closes while some wait', async () => {
  const doors = { mqttJson: { listen: '127.0.0.1:0', tls: true, topics: TOPICS } };
  place = await new Place().open({ doors, limits: SLOW });
  const port = place.relay.addresses.mqttJson!;
  const ended = Array.from({ length: 20 }, () => {
    const socket = connectTcp(port, '127.0.0.1');
    socket.on('error', () => undefined);
    return new Promise<void>((resolve) => socket.once('close', () => resolve()));
  });
  await until('some wait', async () => {
    return (await place.metric('heliograph_relay_door_device_handshakes_waiting')) >= 10;
  });
  await place.relay.close();
  await Promise.all(ended);
  await place.startRelay();
});
