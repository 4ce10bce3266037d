import { connect } from 'node:net';
import type { MqttClient } from 'mqtt';
import mqttPacket from 'mqtt-packet';
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

test('what cannot be read is refused once, however often the messages beside it are tried', async () => {
  const disk = fillable('/journal/');
  place = await new Place().open({ doors: { mqttJson: DOOR } }, { files: disk.files });
  const device = await connectDevice(place.relay.addresses.mqttJson!, {});
  client = device;
  disk.full = true;
  const sent = ['1', '{"a":', '2', '[[', '3'].map((payload, i) =>
    device.publishAsync(`raw/next${i}`, payload, { qos: 1 }),
  );
  await until('it was tried again', async () => {
    return (await place.metric('heliograph_relay_journal_trouble{kind="disk-errors"}')) > 2;
  });
  disk.full = false;
  await Promise.all(sent);
  const refused = 'heliograph_relay_door_refused_requests_total{door="mqtt_json",code="HG_DOOR_SYNTAX"}';
  expect(await place.metric(refused)).toBe(2);
  expect(await place.metric('heliograph_relay_door_accepted_total{door="mqtt_json",kind="metric"}')).toBe(3);
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

test('who goes before CONNACK, says nonsense, or is cut in the middle of a packet ends for himself', async () => {
  place = await new Place().open({ doors: { mqttJson: DOOR } });
  const port = place.relay.addresses.mqttJson!;
  const hello = mqttPacket.generate({ cmd: 'connect', clientId: 'c', protocolVersion: 4, clean: true, keepalive: 0 });
  const will = { topic: 'raw/will', payload: Buffer.from('1'), qos: 1, retain: true } as const;
  const dying = mqttPacket.generate({
    cmd: 'connect',
    clientId: 'w',
    protocolVersion: 4,
    clean: true,
    keepalive: 0,
    will,
  });
  const message = mqttPacket.generate({
    cmd: 'publish',
    topic: 'raw/cut',
    payload: '1',
    qos: 1,
    messageId: 1,
    dup: false,
    retain: false,
  });
  /** @param end how the client ends it; 'relay': the relay does */
  const say = (bytes: Buffer, end: 'reset' | 'end' | 'relay') =>
    new Promise<void>((resolve) => {
      const socket = connect(port, '127.0.0.1', () =>
        socket.write(bytes, () => {
          if (end === 'reset') socket.resetAndDestroy();
          else if (end === 'end') socket.end();
        }),
      );
      socket.resume();
      socket.on('error', () => undefined);
      socket.on('close', () => resolve());
    });
  const nonsense = [Buffer.alloc(100, 0xff), Buffer.from('GET / HTTP/1.1\r\n\r\n'), Buffer.concat([hello, hello])];
  const cut = Buffer.concat([hello, message.subarray(0, 7)]);
  // It is ended for the second packet before anybody has looked at the first.
  const huge = Buffer.concat([hello, Buffer.from([0x30, 0xff, 0xff, 0xff, 0x7f])]);
  for (let i = 0; i < 20; i++) {
    const left = [hello, dying, cut, ...nonsense];
    await Promise.all([...left.map((bytes) => say(bytes, 'reset')), ...left.map((bytes) => say(bytes, 'end'))]);
    await say(huge, 'relay');
  }
  expect(
    await place.metric('heliograph_relay_door_refused_requests_total{door="mqtt_json",code="HG_MQTT_PACKET"}'),
  ).toBe(20);
  const device = await connectDevice(port, {});
  client = device;
  await device.publishAsync('raw/alive', '1', { qos: 1 });
  await until('one device', async () => (await place.metric('heliograph_relay_door_devices')) === 1);
  // A last will is nobody's message.
  expect(await place.metric('heliograph_relay_door_accepted_total{door="mqtt_json",kind="metric"}')).toBe(1);
});
