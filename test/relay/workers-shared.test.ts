import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { encodeDesired } from '../../proto/desired.ts';
import { until } from '../support/until.ts';
import { visitWithTicket } from './visit.ts';
import { WorkersPlace } from './workers-place.ts';

let place: WorkersPlace;
afterEach(() => place.close());

const visit = async (session?: Buffer) =>
  visitWithTicket(place.relay!.addresses.mqtt, await place.certificate('h1'), session);

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
