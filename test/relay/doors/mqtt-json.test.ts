import { join } from 'node:path';
import type { IClientOptions, MqttClient } from 'mqtt';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { LogPage } from '../../../core/ports/log-store.ts';
import { createToken, revokeToken, type Scope } from '../../../lib/tokens/token-file.ts';
import type { PrometheusAnswer, Vector } from '../../support/core/answers.ts';
import { TwoTiers } from '../../support/two-tiers.ts';
import { until } from '../../support/until.ts';
import { connectDevice, type DeviceLogin, TOPICS } from './devices.ts';

/** A relay whose door for devices asks loopback, too, for TLS and who it is. */
let tiers: TwoTiers;
let ca: string;
let tokens: string;
beforeAll(async () => {
  const mqttJson = { listen: '127.0.0.1:0', tls: true, messageBytes: '4KiB', topics: TOPICS };
  const limits = { requestsPerSecond: 1e6, burst: 1e6, jsonDepth: 5 };
  tiers = await TwoTiers.open({ core: {}, relay: { doors: { mqttJson, limits } } });
  ca = join(tiers.core.directory, 'ca', 'ca.pem');
  tokens = join(tiers.core.directory, 'relay', 'tokens.json');
});
afterAll(() => tiers.close());

const clients: MqttClient[] = [];
afterEach(() => {
  for (const client of clients.splice(0)) client.end(true);
});

function token(name: string, anyHost = false, scopes: Scope[] = ['ingest:metrics', 'ingest:logs']): string {
  return createToken(tokens, { name, anyHost, scopes, created: Date.now(), expires: null });
}

async function device(login: DeviceLogin, options: Partial<IClientOptions> = {}): Promise<MqttClient> {
  // A new token is seen within a second.
  return until('a connection', async () => {
    const client = await connectDevice(tiers.relay.addresses.mqttJson!, { ca, ...login }, options);
    client.on('error', () => undefined);
    clients.push(client);
    return client;
  });
}

async function found(query: string, count = 1): Promise<Vector['result']> {
  let result: Vector['result'] = [];
  await until(`${count} series of ${query}`, async () => {
    result = (await tiers.core.get<PrometheusAnswer<Vector>>('/api/v1/query', { query })).data.result;
    return result.length === count;
  });
  return result;
}

const counter = async (code: string): Promise<number> => {
  const name = `heliograph_relay_door_refused_requests_total{door="mqtt_json",code="${code}"} `;
  const line = (await tiers.relayPage('/metrics')).split('\n').find((text) => text.startsWith(name));
  return line === undefined ? 0 : Number(line.slice(name.length));
};

test('a device with a token for a password: numbers to series, a text to a line', async () => {
  const client = await device({ password: token('gateway', true) });
  const now = Date.now();
  const message = {
    ts: now - 5000,
    unit: 'C',
    temperature: 21.5,
    battery: { level: 80, charging: false },
    level: 'error',
    message: 'bearing hot, card 4111 1111 1111 1111',
  };
  await client.publishAsync('site/north/pump-7/telemetry', JSON.stringify(message), { qos: 1 });
  const [series] = await found('plant_temperature');
  expect(series!.metric).toEqual({
    __name__: 'plant_temperature',
    plant: 'north',
    device: 'pump-7',
    unit: 'C',
    site: 'north',
  });
  expect((await found('timestamp(plant_temperature)'))[0]!.value[1]).toBe(String((now - 5000) / 1000));
  expect((await found('plant_battery_level'))[0]!.value[1]).toBe('80');
  expect((await found('plant_battery_charging'))[0]!.value[1]).toBe('0');
  const line = await until('the line', async () => {
    const { lines } = await tiers.core.get<LogPage>('/api/v1/logs', { host: 'pump-7' });
    return lines[0] ?? null;
  });
  expect(line.message).toMatch(/^bearing hot, card \**/);
  expect(line.message).not.toContain('4111');
  expect((await tiers.relayLedger('error')).in.items).toBe(1);
});

test('a collector’s certificate stands for a password, and what it sends stands under its name', async () => {
  const client = await device({ files: await tiers.core.issue('gear-5', 'collector') });
  await client.publishAsync('raw/speed', '12.5', { qos: 1 });
  expect((await found('speed'))[0]!.metric).toEqual({ __name__: 'speed', instance: 'gear-5', site: 'north' });
});

test('QoS 0 and goodbye at once: it arrives', async () => {
  const client = await device({ password: token('short') });
  for (let i = 0; i < 20; i++) void client.publishAsync(`raw/brief${i}`, `${i}`);
  await client.endAsync();
  await found('{__name__=~"brief.*"}', 20);
});

test('what is bad is acknowledged, counted by its code and not kept; the connection lives', async () => {
  const client = await device({ password: token('clumsy') });
  let ended = false;
  client.on('close', () => {
    ended = true;
  });
  const send = (topic: string, payload: string | Buffer, retain = false) =>
    client.publishAsync(topic, payload, { qos: 1, retain });
  await send('raw/bad', '{"a":');
  await send('raw/bad', '');
  await send('raw/bad', Buffer.from([0x22, 0xff, 0x22]));
  await send('raw/bad', '[[[[[[1]]]]]]');
  await send('raw/bad', `"${'x'.repeat(5000)}"`);
  await send('elsewhere/x', '1');
  await send('$SYS/x', '1');
  await send('raw/kept', '1', true);
  expect(await Promise.all(['SYNTAX', 'DEPTH', 'BODY'].map((code) => counter(`HG_DOOR_${code}`)))).toEqual([3, 1, 1]);
  expect(await Promise.all(['TOPIC', 'UNSERVED'].map((code) => counter(`HG_MQTT_${code}`)))).toEqual([2, 1]);
  // Of one message the good beside the bad.
  const now = Date.now();
  const mixed = [
    { ts: now, ok: 1 },
    { ts: 1000, ok: 2 },
    { ts: 'x', ok: 3 },
    { ts: now, unit: 'm', words: 'two' },
  ];
  await send('site/a/b/telemetry', JSON.stringify(mixed));
  await found('plant_ok');
  const page = await tiers.relayPage('/metrics');
  const items = (code: string) => `heliograph_relay_door_refused_total{door="mqtt_json",kind="metric",code="${code}"}`;
  expect(page).toContain(`${items('HG_ITEM_TIME')} 2\n`);
  expect(page).toContain(`${items('HG_ITEM_TEXT')} 1\n`);
  expect(ended).toBe(false);
});

test('devices publish only: subscriptions are refused, QoS 2 and packets beyond all measure end the connection', async () => {
  const password = token('wants-more');
  const client = await device({ password });
  const before = await counter('HG_MQTT_UNSERVED');
  for (const filter of ['#', 'site/+/x', 'raw/speed']) {
    await expect(client.subscribeAsync(filter, { qos: 1 })).rejects.toThrow();
  }
  await client.publishAsync('raw/after', '1', { qos: 1 });
  expect(await counter('HG_MQTT_UNSERVED')).toBe(before + 3);
  const ends = (one: MqttClient) => new Promise<void>((resolve) => one.once('close', () => resolve()));
  const end = ends(client);
  void client.publishAsync('raw/twice', '1', { qos: 2 }).catch(() => undefined);
  await end;
  expect(await counter('HG_RELAY_QOS')).toBe(1);
  const large = await device({ password });
  const over = ends(large);
  void large.publishAsync('raw/large', Buffer.alloc(20_000), { qos: 1 }).catch(() => undefined);
  await over;
  expect(await counter('HG_MQTT_PACKET')).toBe(1);
});

test('who is not known does not come in, and whose token is revoked goes', async () => {
  const port = tiers.relay.addresses.mqttJson!;
  const refused = (login: DeviceLogin, options: Partial<IClientOptions> = {}) =>
    connectDevice(port, { ca, ...login }, options).then(
      () => null,
      (error: { code?: number }) => error.code,
    );
  expect(await refused({})).toBe(5);
  expect(await refused({ password: 'hgt_wrong' })).toBe(4);
  expect(await refused({ files: await tiers.core.issue('relay-9', 'relay') })).toBe(5);
  // In the form that version 5 has: unsupported protocol version.
  expect(await refused({ password: 'hgt_wrong' }, { protocolVersion: 5 })).toBe(0x84);
  expect(await counter('HG_MQTT_VERSION')).toBe(1);
  const client = await device({ password: token('fired') });
  await client.publishAsync('raw/hired', '1', { qos: 1 });
  const end = new Promise<void>((resolve) => client.once('close', () => resolve()));
  revokeToken(tokens, 'fired');
  let acknowledged = 0;
  await until('it goes', async () => {
    void client.publishAsync('raw/hired', '1', { qos: 1 }).then(
      () => acknowledged++,
      () => undefined,
    );
    return !client.connected;
  });
  await end;
});

test('a token for lines only brings no samples', async () => {
  const client = await device({ password: token('reader', false, ['ingest:logs']) });
  const message = { ts: Date.now(), secret: 1, message: 'only this' };
  await client.publishAsync('site/x/y/telemetry', JSON.stringify(message), { qos: 1 });
  await until('the line', async () => {
    const { lines } = await tiers.core.get<LogPage>('/api/v1/logs', { host: 'reader' });
    return lines.length === 1;
  });
  expect(await counter('HG_DOOR_SCOPE')).toBe(1);
});

test('many messages of one device are acknowledged in order and stand in few frames', async () => {
  const client = await device({ password: token('busy') });
  const order: number[] = [];
  client.on('packetreceive', (packet) => {
    if (packet.cmd === 'puback') order.push(packet.messageId!);
  });
  const sent: number[] = [];
  client.on('packetsend', (packet) => {
    if (packet.cmd === 'publish') sent.push(packet.messageId!);
  });
  const { frames } = (await tiers.relayLedger('metric')).in;
  const begin = Date.now() - 10_000;
  const publish = (i: number) => {
    const message = JSON.stringify({ ts: begin + i, n: i });
    return client.publishAsync('site/s/flood/telemetry', message, { qos: 1 });
  };
  await Promise.all(Array.from({ length: 3000 }, (_, i) => publish(i)));
  expect(order).toEqual(sent);
  await until('all of them', async () => {
    const { data } = await tiers.core.get<PrometheusAnswer<Vector>>('/api/v1/query', {
      query: 'count_over_time(plant_n{device="flood"}[1m])',
    });
    return data.result[0]?.value[1] === '3000';
  });
  expect((await tiers.relayLedger('metric')).in.frames - frames).toBeLessThan(1000);
});
