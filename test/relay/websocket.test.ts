import { generate } from 'mqtt-packet';
import { afterEach, expect, test } from 'vitest';
import type { CertificateFiles } from '../../lib/certificates/authority.ts';
import { LIMITS } from '../../proto/limits.ts';
import { until } from '../support/until.ts';
import { definitions, eventFrame, type Host, metricFrame, Place } from './setup.ts';
import { clientFrame, hostOverWebSocket, OPCODE, RawClient, upgradeRequest } from './websocket-setup.ts';

let place: Place;
let files: CertificateFiles;
const hosts: Host[] = [];
afterEach(async () => {
  for (const { client } of hosts.splice(0)) client.end(true);
  await place.close();
});

async function open(websocket: object = { listen: '127.0.0.1:0' }): Promise<void> {
  place = await new Place().open({ websocket });
  files = await place.issue('h1', 'collector');
}

async function overWebSocket(name: string, its: CertificateFiles): Promise<Host> {
  const host = await hostOverWebSocket(place.relay.addresses.websocket, its, name);
  hosts.push(host);
  return host;
}

const raw = () => RawClient.open(place.relay.addresses.websocket, files);
const refused = (reason: string) => place.metric(`heliograph_relay_websocket_refused_total{reason="${reason}"}`);
const breaches = (kind: string) => place.metric(`heliograph_relay_websocket_breaches_total{kind="${kind}"}`);
const ended = (reason: string) => place.metric(`heliograph_relay_connections_ended_total{reason="${reason}"}`);

/** A host that has said CONNECT over a WebSocket made by hand. */
async function connected(): Promise<RawClient> {
  const client = await raw();
  client.write(upgradeRequest());
  await until('the WebSocket', () => client.status === 'HTTP/1.1 101 Switching Protocols');
  const hello = { cmd: 'connect', protocolId: 'MQTT', protocolVersion: 4, clean: true, clientId: 'h1' } as const;
  client.write(clientFrame(generate({ ...hello, keepalive: 30 })));
  await until('CONNACK', () => client.frames.length >= 6);
  return client;
}

/** Another host, who was there before, still gets its frames acknowledged. */
async function othersGoOn(other: Host, sequence: number): Promise<void> {
  await other.publish('alert', eventFrame(sequence, {}, other.name));
  await until('its frame', () => place.core.sequences(other.name, 'alert').includes(sequence));
  expect(other.closed).toBe(false);
}

const publish = (sequence: number) =>
  generate({
    cmd: 'publish',
    topic: 'fleet/h1/alert',
    payload: Buffer.from(eventFrame(sequence)),
    qos: 1,
    messageId: sequence,
    dup: false,
    retain: false,
  });

test('frames, definitions and what comes down go over WebSocket as they go over TLS, on either port', async () => {
  await open();
  const host = await overWebSocket('h1', files);
  await host.listen();
  const defs = definitions(20);
  const waiting = host.publish('metric', metricFrame(1, defs, 20));
  await until('need', () => host.controls.some((control) => control.need?.includes(defs.pageHash)));
  await host.publish('definitions', defs.page);
  await host.publish('definitions', defs.base);
  await waiting;
  await Promise.all(Array.from({ length: 200 }, (_, i) => host.publish('alert', eventFrame(i + 1))));
  await until('all at the core', () => place.core.sequences('h1', 'alert').length === 200);
  await until('another class', () => place.core.sequences('h1', 'metric').length === 1);
  // Straight over TLS on the port for WebSocket, and the other way round: the first byte says which it is.
  const straight = await place.connect('h2');
  await othersGoOn(straight, 1);
  expect(place.relay.addresses.websocket).not.toBe(place.relay.addresses.mqtt);
  const other = await RawClient.open(place.relay.addresses.mqtt, files);
  other.write(upgradeRequest());
  await until('a WebSocket there', () => other.status.startsWith('HTTP/1.1 101'));
  other.socket.destroy();
  host.client.end();
  await until('a clean goodbye', async () => (await ended('disconnected')) === 1);
});

test('without an address of its own it is served at mqtt.listen, and without its section nowhere', async () => {
  await open({ path: '/fleet' });
  expect(place.relay.addresses.websocket).toBe(place.relay.addresses.mqtt);
  const client = await raw();
  client.write(upgradeRequest('/fleet?x=1'));
  await until('the WebSocket', () => client.status.startsWith('HTTP/1.1 101'));
  client.socket.destroy();
  await place.relay.close();
  await place.startRelay();
  expect(place.relay.addresses.websocket).toBe(0);
  const unserved = await RawClient.open(place.relay.addresses.mqtt, files);
  unserved.write(upgradeRequest('/fleet'));
  await until('the end', () => unserved.closed);
  expect(unserved.received.length).toBe(0);
});

test('the gate is the same: a name that is not the certificate’s is refused, a newer connection takes over', async () => {
  await open();
  await expect(overWebSocket('h9', files)).rejects.toThrow(/[Ii]dentifier rejected/);
  expect(await place.metric('heliograph_relay_connections_refused_total{reason="client-id"}')).toBe(1);
  const first = await overWebSocket('h1', files);
  const second = await place.connectWith(files, 'h1');
  await until('the older one to end', () => first.closed);
  expect(await ended('replaced')).toBe(1);
  await othersGoOn(second, 1);
  const third = await overWebSocket('h1', files);
  await until('the older one to end', () => second.closed);
  await othersGoOn(third, 2);
});

test('requests for anything else get a status, an end and a counter', async () => {
  await open();
  const other = await overWebSocket('h2', await place.issue('h2', 'collector'));
  const ask = async (request: string | Buffer) => {
    const client = await raw();
    client.write(request);
    await until(`the end after ${String(request).slice(0, 40)}`, () => client.closed);
    return client.status;
  };
  const bad = 'HTTP/1.1 400 Bad Request';
  expect(await ask(upgradeRequest('/other'))).toBe('HTTP/1.1 404 Not Found');
  expect(await refused('path')).toBe(1);
  expect(await ask(upgradeRequest('/mqtt', { 'Sec-WebSocket-Protocol': null }))).toBe(bad);
  expect(await ask(upgradeRequest('/mqtt', { 'Sec-WebSocket-Protocol': 'mqttx, chat' }))).toBe(bad);
  expect(await refused('subprotocol')).toBe(2);
  expect(await ask(upgradeRequest('/mqtt', { 'Sec-WebSocket-Key': null }))).toBe(bad);
  expect(await ask(upgradeRequest('/mqtt', { 'Sec-WebSocket-Version': '7' }))).toBe(bad);
  expect(await ask('GET /mqtt HTTP/1.1\r\nHost: relay\r\n\r\n')).toBe('HTTP/1.1 426 Upgrade Required');
  expect(await ask('G\u0000arbage\r\n\r\n')).toBe(bad);
  // What is still to be read of it may take the answer with it.
  await ask(upgradeRequest('/mqtt', { Filler: 'x'.repeat(20_000) }));
  expect(await refused('request')).toBe(5);
  await othersGoOn(other, 1);
});

test('huge, text and malformed frames, and messages in too many parts, end with a status, a counter and nothing lost', async () => {
  await open();
  const other = await overWebSocket('h2', await place.issue('h2', 'collector'));
  const part = Buffer.alloc(1);
  const huge = 2 * LIMITS.frameBytes + 1;
  const cases: [string, number, Buffer][] = [
    ['size', 1009, clientFrame(part, { announced: huge })],
    ['size', 1009, clientFrame(part, { announced: 2 ** 54 })],
    ['text', 1003, clientFrame(Buffer.from('hello'), { opcode: OPCODE.text })],
    ['parts', 1008, manyParts(300)],
    ['protocol', 1002, Buffer.concat([clientFrame(part, { last: false }), clientFrame(part)])],
    ['protocol', 1002, clientFrame(part, { opcode: 5 })],
    // Not masked.
    ['protocol', 1002, Buffer.from([0x82, 1, 0])],
  ];
  let sequence = 0;
  const seen = new Map<string, number>();
  for (const [kind, status, bytes] of cases) {
    const client = await connected();
    client.write(clientFrame(publish(++sequence)));
    await until('its PUBACK', () => client.frames.length >= 6 + 6);
    client.write(bytes);
    await until(`the end for ${kind}`, () => client.closed);
    expect(client.closeStatus).toBe(status);
    seen.set(kind, (seen.get(kind) ?? 0) + 1);
    expect(await breaches(kind)).toBe(seen.get(kind));
  }
  await until('all counted', async () => (await ended('websocket')) === cases.length);
  await until('what was acknowledged', () => place.core.sequences('h1', 'alert').length === cases.length);
  await othersGoOn(other, 1);
});

test('packets may be cut anywhere by frames and share them, and a ping in between is answered', async () => {
  await open();
  const client = await connected();
  const packets = Buffer.concat([publish(1), publish(2), publish(3)]);
  for (let at = 0; at < packets.length; at += 7) client.write(clientFrame(packets.subarray(at, at + 7)));
  const two = Buffer.concat([publish(4), publish(5)]);
  client.write(clientFrame(two.subarray(0, 30), { last: false }));
  client.write(clientFrame(Buffer.from('hi'), { opcode: OPCODE.ping }));
  client.write(clientFrame(Buffer.alloc(0), { opcode: OPCODE.continued, last: false }));
  client.write(clientFrame(two.subarray(30), { opcode: OPCODE.continued }));
  await until('all of them', () => place.core.sequences('h1', 'alert').length === 5);
  await until('the pong', () => client.frames.includes(Buffer.from([0x8a, 2, 0x68, 0x69])));
  // A packet that announces too much, in frames that are each small enough.
  client.write(clientFrame(Buffer.concat([Buffer.from([0x32, 0xff, 0xff, 0xff, 0x7f]), Buffer.alloc(100)])));
  await until('the end', () => client.closed);
  expect(await ended('oversized')).toBe(1);
});

test('who pings and takes no answer makes no pile of pongs', async () => {
  await open();
  const client = await connected();
  client.socket.pause();
  const ping = clientFrame(Buffer.alloc(100), { opcode: OPCODE.ping });
  // More answers than sockets hold.
  const pings = 200_000;
  const batch = Buffer.concat(Array.from({ length: 1000 }, () => ping));
  for (let sent = 0; sent < pings; sent += 1000) {
    await new Promise<void>((resolve) => client.socket.write(batch, () => resolve()));
  }
  // All of them were read by then; and the connection still works.
  client.write(clientFrame(publish(1)));
  await until('its frame', () => place.core.sequences('h1', 'alert').length === 1);
  client.socket.resume();
  await until('PUBACK', () => client.frames.includes(Buffer.from([0x40, 2, 0, 1])));
  const pongs = Math.floor(client.frames.length / 102);
  expect(pongs).toBeGreaterThan(0);
  expect(pongs).toBeLessThan(pings);
});

/** One message in so many fragments. */
function manyParts(parts: number): Buffer {
  const one = Buffer.alloc(1);
  const first = clientFrame(one, { last: false });
  return Buffer.concat([
    first,
    ...Array.from({ length: parts }, () => clientFrame(one, { opcode: OPCODE.continued, last: false })),
  ]);
}
