import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TLSSocket, connect as tlsConnect } from 'node:tls';
import { generate } from 'mqtt-packet';
import { afterEach, expect, test } from 'vitest';
import { encodeDesired } from '../../proto/desired.ts';
import { until } from '../support/until.ts';
import { WorkersPlace } from './workers-place.ts';

let place: WorkersPlace;
afterEach(() => place.close());

/** Connects as h1, says CONNECT, and goes with a ticket: the one it came with, where that was taken. */
async function visit(session?: Buffer): Promise<{ code: number | undefined; resumed: boolean; session: Buffer }> {
  const files = await place.certificate('h1');
  const chunks: Buffer[] = [];
  let ticket: Buffer | undefined;
  let resumed = false;
  const socket: TLSSocket = tlsConnect({
    host: '127.0.0.1',
    servername: 'localhost',
    port: place.relay!.addresses.mqtt,
    ca: readFileSync(files.ca),
    cert: readFileSync(files.cert),
    key: readFileSync(files.key),
    ...(session ? { session } : {}),
  });
  socket.on('session', (got) => {
    ticket = got;
  });
  socket.on('secureConnect', () => {
    resumed = socket.isSessionReused();
  });
  socket.on('data', (chunk) => chunks.push(chunk));
  socket.on('error', () => undefined);
  socket.write(
    generate({ cmd: 'connect', protocolId: 'MQTT', protocolVersion: 4, clean: true, clientId: 'h1', keepalive: 30 }),
  );
  await until('an answer', () => Buffer.concat(chunks).length >= 4);
  const kept = resumed ? session! : await until('a ticket', () => ticket);
  socket.destroy();
  return { code: Buffer.concat(chunks)[3], resumed, session: kept };
}

test('a ticket of one worker is taken by the other, also after it was started again', async () => {
  place = await new WorkersPlace().open(2);
  // One after the other, connections go round: both give a ticket, and both take both.
  const [one, two] = [await visit(), await visit()];
  for (const { session } of [one, one, two, two]) {
    expect(await visit(session)).toMatchObject({ code: 0, resumed: true });
  }
  const handshakes = 'heliograph_relay_handshakes_total';
  expect(await place.metric(`${handshakes}{kind="resumed"}`)).toBe(4);
  process.kill((await place.health()).workers[0]!.pid!, 'SIGKILL');
  await until('the worker again', async () => {
    const [worker] = (await place.health()).workers;
    return worker!.up && worker!.restarts === 1;
  });
  for (const { session } of [one, one]) expect(await visit(session)).toMatchObject({ resumed: true });
  const keys = JSON.parse(readFileSync(join(place.directory, 'relay', 'ticket-keys.json'), 'utf8'));
  expect(keys.keys).toHaveLength(1);
});

test('what is wanted of a host is known to every worker, whichever the core told', async () => {
  place = await new WorkersPlace().open(2);
  const document = encodeDesired({ levels: { '*': 'error' }, until: null });
  const here = await place.connectAt(0, 'h1');
  await here.listen();
  // To both streams, as the core does not: but to the one that does not have the host, too.
  place.core.send({ desired: { host: 'h1', document } });
  await until('it at the host', () => here.desired.length === 1);
  const there = await place.connectAt(1, 'h1');
  await there.listen();
  await until('it at the other worker', () => there.desired.length === 1);
  expect(there.desired[0]).toMatchObject({ text: Buffer.from(document).toString(), retain: true });
  await place.stop();
  await place.start(2);
  const later = await place.connect('h1');
  await later.listen();
  await until('it after a restart', () => later.desired.length === 1);
});

test('how many hosts may be connected holds for the relay as a whole', async () => {
  place = await new WorkersPlace().open(2, { limits: { connections: 3 } });
  for (const name of ['h1', 'h2', 'h3']) await place.connect(name);
  const over = await place.connect('h4');
  await over.listen();
  await until('the word when to come back', () => over.controls.some(({ comeBackAfterMs }) => comeBackAfterMs));
  expect((await place.health()).connections).toBe(3);
  // One that is there comes again: it takes the place that is its own.
  await place.connect('h2');
  expect((await place.health()).connections).toBe(3);
});
