import type { MqttClient } from 'mqtt';
import { afterEach, expect, test } from 'vitest';
import { until } from '../../support/until.ts';
import { fillable } from '../fillable-disk.ts';
import { Place } from '../setup.ts';
import { connectDevice, TOPICS } from './devices.ts';

let place: Place;
let client: MqttClient | undefined;
afterEach(async () => {
  client?.end(true);
  await place.close();
});

const DOOR = { listen: '127.0.0.1:0', topics: TOPICS };

test('nothing is acknowledged that the journal does not have: on a full disk messages wait, pings are answered, and then all come', async () => {
  const disk = fillable('/journal/');
  place = await new Place().open({ doors: { mqttJson: DOOR } }, { files: disk.files });
  const device = await connectDevice(place.relay.addresses.mqttJson!, {});
  client = device;
  await device.publishAsync('raw/first', '1', { qos: 1 });
  disk.full = true;
  let acknowledged = 0;
  const sent = Array.from({ length: 50 }, (_, i) =>
    device.publishAsync(`raw/next${i}`, `${i}`, { qos: 1 }).then(() => {
      acknowledged++;
    }),
  );
  await until('it was tried', async () => {
    const name = 'heliograph_relay_journal_trouble{kind="disk-errors"}';
    return (await place.metric(name)) > 1;
  });
  let pong = false;
  device.on('packetreceive', (packet) => {
    if (packet.cmd === 'pingresp') pong = true;
  });
  device.sendPing();
  await until('PINGRESP', () => pong);
  expect(acknowledged).toBe(0);
  disk.full = false;
  await Promise.all(sent);
  expect(await place.metric('heliograph_relay_door_accepted_total{door="mqtt_json",kind="metric"}')).toBe(51);
  expect(await place.metric('heliograph_relay_door_waiting_bytes')).toBe(0);
});

test('a device that goes while its messages wait has them given up and counted; the relay can stop meanwhile', async () => {
  const disk = fillable('/journal/');
  place = await new Place().open({ doors: { mqttJson: DOOR } }, { files: disk.files });
  const device = await connectDevice(place.relay.addresses.mqttJson!, {});
  client = device;
  disk.full = true;
  void device.publishAsync('raw/lost', '1', { qos: 1 }).catch(() => undefined);
  await until('it waits', async () => (await place.metric('heliograph_relay_door_waiting_bytes')) > 0);
  device.end(true);
  await until('it is given up', async () => (await place.metric('heliograph_relay_door_waiting_bytes')) === 0);
  disk.full = false;
  expect(await place.metric('heliograph_relay_door_devices')).toBe(0);
});

test('a device that sends faster than it may waits and loses nothing', async () => {
  const limits = { requestsPerSecond: 5, burst: 2 };
  place = await new Place().open({ doors: { mqttJson: DOOR, limits } });
  const device = await connectDevice(place.relay.addresses.mqttJson!, {});
  client = device;
  for (let i = 0; i < 6; i++) await device.publishAsync('raw/slow', `${i}`, { qos: 1 });
  const accepted = await place.metric('heliograph_relay_door_accepted_total{door="mqtt_json",kind="metric"}');
  expect(accepted).toBe(6);
  const code = 'heliograph_relay_door_refused_requests_total{door="mqtt_json",code="HG_DOOR_RATE"}';
  expect(await place.metric(code)).toBeGreaterThan(0);
});
