import { readFileSync } from 'node:fs';
import { connect } from 'node:tls';
import mqttPacket from 'mqtt-packet';
import { afterEach, expect, test } from 'vitest';
import { until } from '../support/until.ts';
import { fillable } from './fillable-disk.ts';
import { definitions, eventFrame, metricFrame, Place } from './setup.ts';

let place: Place;
afterEach(() => place.close());

test('a full disk pushes back without an error; with room again everything is acknowledged', async () => {
  const disk = fillable('/journal/');
  place = await new Place().open({}, { files: disk.files });
  const host = await place.connect('h1');
  await host.publish('alert', eventFrame(1));
  disk.full = true;
  let acknowledged = 0;
  const sent = Array.from({ length: 49 }, (_, i) =>
    host.publish('alert', eventFrame(i + 2)).then(() => {
      acknowledged++;
    }),
  );
  await until('frames are held', async () => (await place.metric('heliograph_relay_held_bytes')) > 0);
  let pong = false;
  host.client.on('packetreceive', (packet) => {
    if (packet.cmd === 'pingresp') pong = true;
  });
  host.client.sendPing();
  await until('PINGRESP', () => pong);
  expect(acknowledged).toBe(0);
  disk.full = false;
  await Promise.all(sent);
  await until('all at the core', () => new Set(place.core.sequences('h1', 'alert')).size === 50);
  expect(host.closed).toBe(false);
});

test('a single frame that is refused again and again holds nothing up', async () => {
  const disk = fillable('/journal/log');
  place = await new Place().open({}, { files: disk.files });
  const host = await place.connect('h1');
  disk.full = true;
  const sent = host.publish('log', eventFrame(1, { class: 'log' }));
  await until('it waits', async () => (await place.metric('heliograph_relay_held_bytes')) > 0);
  const errors = () => place.metric('heliograph_relay_journal_trouble{kind="disk-errors"}');
  const before = await errors();
  await until('it was tried again', async () => (await errors()) > before + 3);
  await host.publish('alert', eventFrame(1));
  disk.full = false;
  await sent;
});

test('a full disk under the definitions pushes them back, with the frames that name them, and nothing else', async () => {
  const disk = fillable('/definitions/');
  place = await new Place().open({}, { files: disk.files });
  const host = await place.connect('h1');
  await host.listen();
  const defs = definitions(20);
  disk.full = true;
  let acknowledged = 0;
  const sent = [
    host.publish('definitions', defs.page),
    host.publish('definitions', defs.base),
    ...Array.from({ length: 20 }, (_, i) => host.publish('metric', metricFrame(i + 1, defs, 20))),
  ].map((each) =>
    each.then(() => {
      acknowledged++;
    }),
  );
  await until('they wait', async () => (await place.metric('heliograph_relay_held_bytes')) > 0);
  for (let sequence = 1; sequence <= 20; sequence++) await host.publish('alert', eventFrame(sequence));
  await until('alerts pass', () => place.core.sequences('h1', 'alert').length === 20);
  expect(acknowledged).toBe(0);
  disk.full = false;
  await Promise.all(sent);
  await until('the metrics', () => place.core.sequences('h1', 'metric').length === 20);
  expect(place.core.undefinedFrames).toBe(0);
  expect(host.closed).toBe(false);
  await until('nothing waits', async () => (await place.metric('heliograph_relay_held_bytes')) === 0);
});

test('segments that the core has go from a full disk, or there would never be room again', async () => {
  const disk = fillable('.snapshot');
  place = await new Place().open({ journal: { maxBytes: '1MiB', segmentBytes: '4KiB' } }, { files: disk.files });
  disk.full = true;
  const host = await place.connect('h1');
  for (let sequence = 1; sequence <= 300; sequence++) await host.publish('alert', eventFrame(sequence));
  await until('the core has all', async () => (await place.ledger('alert')).queued.frames === 0);
  await until('room', async () => (await place.metric('heliograph_relay_journal_bytes')) < 12 * 1024);
  disk.full = false;
});

test('who sends and never reads is read no further; others go on', async () => {
  place = await new Place().open();
  const files = await place.issue('deaf', 'collector');
  const other = await place.connect('h2');
  const socket = connect({
    port: place.relay.addresses.mqtt,
    host: '127.0.0.1',
    ca: readFileSync(files.ca),
    cert: readFileSync(files.cert),
    key: readFileSync(files.key),
  });
  socket.on('error', () => undefined);
  await new Promise((resolve) => socket.once('secureConnect', resolve));
  const send = (packet: mqttPacket.Packet): boolean => socket.write(mqttPacket.generate(packet));
  send({ cmd: 'connect', protocolId: 'MQTT', protocolVersion: 4, clean: false, clientId: 'deaf', keepalive: 60 });
  await new Promise((resolve) => socket.once('data', resolve));
  const subscriptions = [{ topic: 'fleet/deaf/control', qos: 1 as const }];
  send({ cmd: 'subscribe', messageId: 1, subscriptions });
  await until('it listens', async () => (await place.metric('heliograph_relay_connections')) === 2);
  socket.pause();
  const publish = (messageId: number) =>
    send({
      cmd: 'publish',
      topic: 'fleet/deaf/log',
      qos: 1,
      dup: false,
      retain: false,
      messageId,
      payload: Buffer.alloc(100),
    });
  let number = 0;
  const pushed = () => {
    // The kernel's buffers on both sides are full when nothing of ours goes out any more.
    while (socket.writableLength < 1 << 20) publish((number++ % 65_535) + 1);
  };
  const refused = async () => {
    const text = await place.page('/metrics');
    const lines = text.split('\n').filter((line) => line.startsWith('heliograph_relay_refused_total{'));
    return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
  };
  let last = -1;
  await until(
    'it is read no further',
    async () => {
      pushed();
      const now = await refused();
      const stands = now > 0 && now === last;
      last = now;
      return stands;
    },
    { everyMs: 500, withinMs: 60_000 },
  );
  for (let sequence = 1; sequence <= 20; sequence++) await other.publish('alert', eventFrame(sequence, {}, 'h2'));
  // It reads again, and is read again.
  socket.resume();
  await until('it goes on', async () => (await refused()) > last);
  socket.destroy();
}, 300_000);

test('a page of renamed series that the disk does not take holds its frames up, not those of other classes, until it does', async () => {
  const disk = fillable('/definitions/');
  const relabel = [{ source_labels: ['__name__'], regex: '(m_.*)', target_label: '__name__', replacement: 'new_$1' }];
  place = await new Place().open({ relabel }, { files: disk.files });
  const host = await place.connect('h1');
  const defs = definitions(3);
  await host.publish('definitions', defs.page);
  await host.publish('definitions', defs.base);
  disk.full = true;
  for (const sequence of [1, 2]) await host.publish('metric', metricFrame(sequence, defs, 3));
  await host.publish('alert', eventFrame(1));
  await until('the alert', () => place.core.sequences('h1', 'alert').length === 1);
  expect(place.core.sequences('h1', 'metric')).toEqual([]);
  disk.full = false;
  await until('the frames', () => place.core.sequences('h1', 'metric').length === 2);
  expect(place.core.undefinedFrames).toBe(0);
  expect((await place.ledger('metric')).dropped).toEqual({});
});
