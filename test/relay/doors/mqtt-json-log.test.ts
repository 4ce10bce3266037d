import type { MqttClient } from 'mqtt';
import { afterEach, expect, test } from 'vitest';
import { silentLog } from '../../../lib/log.ts';
import { Place } from '../setup.ts';
import { connectDevice, TOPICS } from './devices.ts';

let place: Place;
let client: MqttClient | undefined;
afterEach(async () => {
  client?.end(true);
  await place.close();
});

const TOKEN = `hgt_${'x4T'.repeat(14)}z`;

test('what a device sent in the wrong place does not stand in the relay’s log', async () => {
  const logged: string[] = [];
  const keep = (message: string, facts?: object) => void logged.push(JSON.stringify({ message, ...facts }));
  place = await new Place().open(
    { doors: { mqttJson: { listen: '127.0.0.1:0', topics: TOPICS } } },
    { log: { ...silentLog, info: keep, warn: keep, error: keep } },
  );
  const port = place.relay.addresses.mqttJson!;
  await expect(
    connectDevice(port, {}, { username: TOKEN, password: 'wrong', clientId: 'hunter2-1' }),
  ).rejects.toMatchObject({ code: 4 });
  const device = await connectDevice(port, {}, { username: TOKEN, clientId: TOKEN });
  client = device;
  const send = (topic: string, payload: string) => device.publishAsync(topic, payload, { qos: 1 });
  await send('raw/bad', '{"user":"u","password":hunter2-2 }');
  await send('site/a/b/telemetry', JSON.stringify({ ts: `password is hunter2-3`, v: 1 }));
  await send(`elsewhere/password=hunter2-4`, '1');
  await send('raw/deep', '['.repeat(200));
  const codes = logged.flatMap((line) => /HG_\w+/.exec(/"error.code":"\w+"/.exec(line)?.[0] ?? '') ?? []);
  expect(codes).toEqual(['HG_DOOR_TOKEN', 'HG_DOOR_SYNTAX', 'HG_ITEM_TIME', 'HG_MQTT_TOPIC', 'HG_DOOR_DEPTH']);
  const text = logged.join('\n');
  expect(text).not.toContain('hunter2');
  expect(text).not.toContain(TOKEN);
  // Who it was stands there all the same.
  expect(text).toContain('"client":"local/****');
  expect(text).toContain('"address":"127.0.0.1"');
});
