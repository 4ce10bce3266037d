import { readFileSync } from 'node:fs';
import { type TLSSocket, connect as tlsConnect } from 'node:tls';
import { generate } from 'mqtt-packet';
import { afterEach, expect, test } from 'vitest';
import { type CertificateFiles, createAuthority } from '../../lib/certificates/authority.ts';
import { revoke } from '../../lib/certificates/revocation.ts';
import { until } from '../support/until.ts';
import { eventFrame, Place } from './setup.ts';

let place: Place;
afterEach(() => place.close());

interface Raw {
  readonly socket: TLSSocket;
  readonly bytes: () => Buffer;
  readonly closed: () => boolean;
  readonly session: () => Buffer | undefined;
}

/** A TLS connection without an MQTT library on it. */
function raw(files: Partial<CertificateFiles>, session?: Buffer): Raw {
  const chunks: Buffer[] = [];
  let closed = false;
  let ticket: Buffer | undefined;
  const socket = tlsConnect({
    host: '127.0.0.1',
    port: place.relay.addresses.mqtt,
    ca: readFileSync(`${place.authority.directory}/ca.pem`),
    ...(files.cert ? { cert: readFileSync(files.cert), key: readFileSync(files.key!) } : {}),
    ...(session ? { session } : {}),
  });
  socket.on('data', (chunk) => chunks.push(chunk));
  socket.on('session', (got) => {
    ticket = got;
  });
  socket.on('error', () => undefined);
  socket.on('close', () => {
    closed = true;
  });
  return { socket, bytes: () => Buffer.concat(chunks), closed: () => closed, session: () => ticket };
}

function connectPacket(clientId: string): Buffer {
  return generate({ cmd: 'connect', protocolId: 'MQTT', protocolVersion: 4, clean: true, clientId, keepalive: 30 });
}

/** Says CONNECT and waits for an answer or the end; the return code, or null if there was no CONNACK. */
async function attempt(files: Partial<CertificateFiles>, clientId: string, session?: Buffer): Promise<number | null> {
  const one = raw(files, session);
  one.socket.write(connectPacket(clientId));
  await until('an answer', () => one.bytes().length >= 4 || one.closed());
  const code = one.bytes().length >= 4 ? one.bytes()[3]! : null;
  one.socket.destroy();
  return code;
}

test('only a certificate of our authority gets in', async () => {
  place = await new Place().open();
  const good = await place.issue('h1', 'collector');
  expect(await attempt(good, 'h1')).toBe(0);
  expect(await attempt({}, 'h1')).toBe(null);
  const other = await createAuthority(`${place.directory}/other`, Date.now());
  expect(await attempt(await other.issue({ name: 'h1', role: 'collector', days: 5 }), 'h1')).toBe(null);
  await until(
    'the counter',
    async () => (await place.metric('heliograph_relay_handshakes_refused_total{reason="handshake"}')) === 2,
  );
});

test('the client id must be the name in the certificate', async () => {
  place = await new Place().open();
  const files = await place.issue('h1', 'collector');
  expect(await attempt(files, 'h2')).toBe(2);
  expect(await attempt(files, '')).toBe(2);
  expect(await attempt(files, '__proto__')).toBe(2);
  expect(await place.metric('heliograph_relay_connections_refused_total{reason="client-id"}')).toBe(3);
  expect(await attempt(await place.issue('r2', 'relay'), 'r2')).toBe(5);
});

test('a revoked certificate loses its connection, and does not come back, not even on a resumed session', async () => {
  place = await new Place().open();
  const files = await place.issue('h1', 'collector');
  const first = raw(files);
  first.socket.write(connectPacket('h1'));
  await until('CONNACK', () => first.bytes().length >= 4);
  const session = await until('a session ticket', () => first.session());
  const again = raw(files, session);
  again.socket.write(connectPacket('h1'));
  await until('CONNACK', () => again.bytes().length >= 4);
  // The proof that the next attempt is a resumed one as well.
  expect(again.socket.isSessionReused()).toBe(true);
  expect(again.bytes()[3]).toBe(0);
  revoke(place.authority.directory, 'h1', Date.now());
  await until('the connection to end', () => again.closed());
  expect(await attempt(files, 'h1')).toBe(5);
  expect(await attempt(files, 'h1', session)).toBe(5);
  expect(await place.metric('heliograph_relay_connections_refused_total{reason="revoked"}')).toBe(2);
  await until('the core knows', () => place.core.hosts.get('h1')?.reason === 'revoked');
});

test('a certificate that runs out ends its connection', async () => {
  let shift = 0;
  const clock = { now: () => Date.now() + shift, mono: () => performance.now() };
  place = await new Place().open({}, { clock });
  const files = await place.issue('h1', 'collector', 1);
  const host = await place.connectWith(files, 'h1');
  const ticket = raw(files);
  const session = await until('a session ticket', () => ticket.session());
  shift = 2 * 86_400_000;
  await until('the connection to end', () => host.closed);
  expect(await attempt(files, 'h1', session)).toBe(5);
  expect(await place.metric('heliograph_relay_connections_refused_total{reason="expired"}')).toBe(1);
});

test('the newer connection of a host takes over, and the will of the older says nothing', async () => {
  place = await new Place().open();
  const files = await place.issue('h1', 'collector');
  const will = { topic: 'fleet/h1/status', payload: Buffer.from([0]), qos: 1 as const, retain: true };
  const first = await place.connectWith(files, 'h1', { will });
  const second = await place.connectWith(files, 'h1', { will });
  const third = await place.connectWith(files, 'h1', { will });
  await until('the older to be closed', () => first.closed && second.closed);
  await third.publish('alert', eventFrame(1));
  await until('the counter', async () => (await place.metric('heliograph_relay_late_wills_total')) === 2);
  expect(third.closed).toBe(false);
  expect(await place.metric('heliograph_relay_connections')).toBe(1);
  expect(await place.metric('heliograph_relay_events_total{type="host_down"}')).toBe(0);
});
