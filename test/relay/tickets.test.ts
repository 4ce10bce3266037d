import { appendFileSync, chmodSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type CertificateFiles, createAuthority } from '../../lib/certificates/authority.ts';
import { revoke } from '../../lib/certificates/revocation.ts';
import { until } from '../support/until.ts';
import { Place } from './setup.ts';
import { visitWithTicket } from './visit.ts';

const DAY = 86_400_000;
let place: Place;
let files: CertificateFiles;
let shift = 0;
const clock = { now: () => Date.now() + shift, mono: () => performance.now() };

beforeEach(async () => {
  shift = 0;
  place = await new Place().open({}, { clock });
  files = await place.issue('h1', 'collector');
});
afterEach(() => place.close());

const visit = (session?: Buffer) => visitWithTicket(place.relay.addresses.mqtt, files, session);

const keyFile = () => join(place.directory, 'relay', 'ticket-keys.json');

async function restart(): Promise<void> {
  await place.relay.close();
  await place.startRelay({}, { clock });
}

test('a ticket is good after a restart of the relay, and its file is for the relay alone', async () => {
  const first = await visit();
  expect(first).toMatchObject({ code: 0, resumed: false });
  expect(statSync(keyFile()).mode & 0o777).toBe(0o600);
  await restart();
  expect(await visit(first.session)).toMatchObject({ code: 0, resumed: true });
  expect(await place.metric('heliograph_relay_handshakes_total{kind="resumed"}')).toBe(1);
  // The name comes out of the ticket, and is held against the deny list like any other.
  revoke(place.authority.directory, 'h1', Date.now());
  await restart();
  const refused = await visit(first.session);
  expect(refused).toMatchObject({ code: 5, resumed: true });
});

test('a ticket of yesterday is good while its key is kept: a day after the next key', async () => {
  const first = await visit();
  shift = 1.1 * DAY;
  await until('the next key', () => JSON.parse(readFileSync(keyFile(), 'utf8')).keys.length === 2);
  const today = await visit();
  expect(await visit(first.session)).toMatchObject({ code: 0, resumed: true });
  expect(await visit(today.session)).toMatchObject({ code: 0, resumed: true });
  await restart();
  expect(await visit(first.session)).toMatchObject({ code: 0, resumed: true });
  shift = 2.2 * DAY;
  await until('the first key to go', async () => !(await visit(first.session)).resumed);
  expect(await visit(today.session)).toMatchObject({ code: 0, resumed: true });
});

test('with other authorities no ticket is good any more: it is not checked against them', async () => {
  const first = await visit();
  const other = await createAuthority(join(place.directory, 'other'), Date.now());
  appendFileSync(join(place.authority.directory, 'ca.pem'), readFileSync(join(other.directory, 'ca.pem')));
  await until('new keys', async () => !(await visit(first.session)).resumed);
  const second = await visit();
  expect(await visit(second.session)).toMatchObject({ code: 0, resumed: true });
});

test('keys that others could read, or that are damaged, are not used', async () => {
  const first = await visit();
  await place.relay.close();
  chmodSync(keyFile(), 0o644);
  await place.startRelay({}, { clock });
  expect(statSync(keyFile()).mode & 0o777).toBe(0o600);
  const second = await visit(first.session);
  expect(second).toMatchObject({ code: 0, resumed: false });
  await place.relay.close();
  appendFileSync(keyFile(), 'x');
  await place.startRelay({}, { clock });
  expect(await visit(second.session)).toMatchObject({ code: 0, resumed: false });
});
