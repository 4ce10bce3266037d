import { generate, type Packet, parser } from 'mqtt-packet';
import { expect, test } from 'vitest';
import { PacketReader } from '../../relay/packet-reader.ts';
import { upward } from '../../relay/topics.ts';
import { Random, seeds } from '../proto/random.ts';

/** What a parser made of some bytes, one line for each packet; an error is the last. */
type Told = string[];

function said(packet: Packet): string {
  if (packet.cmd !== 'publish') return `${packet.cmd} ${packet.messageId ?? ''}`;
  const payload = Buffer.from(packet.payload).toString('hex');
  return `publish ${packet.qos} ${packet.topic} ${packet.qos > 0 ? packet.messageId : ''} ${payload}`;
}

/** The broker's parser, with nothing in front of it. */
function brokersParser(told: Told): { parse(bytes: Buffer): void; over(): boolean; lateVersion(): boolean } {
  let over = false;
  let late = false;
  const read = parser();
  read.on('packet', (packet) => {
    if (!over) told.push(said(packet));
    if (packet.cmd === 'connect') late = packet.protocolVersion === 5;
  });
  read.on('error', (error) => {
    if (!over) told.push(`error ${error.message}`);
    over = true;
  });
  return { parse: (bytes) => void read.parse(bytes), over: () => over, lateVersion: () => late };
}

interface Both {
  readonly broker: Told;
  readonly ours: Told;
  /** PUBLISH packets that did not go by the broker's parser. */
  direct: number;
}

function readBoth(chunks: readonly Buffer[], open: () => boolean = () => true): Both {
  const both: Both = { broker: [], ours: [], direct: 0 };
  const alone = brokersParser(both.broker);
  const behind = brokersParser(both.ours);
  const reader = new PacketReader({
    get open() {
      // The broker lets nobody in who speaks MQTT 5, where a PUBLISH looks different.
      return open() && !behind.lateVersion();
    },
    get over() {
      return behind.over();
    },
    publish: (topic, messageId, payload) => {
      // As the relay does: what is none of its topics is left to the broker.
      if (upward('fleet/h1/', topic) === null) return false;
      both.direct++;
      both.ours.push(
        `publish ${messageId === undefined ? 0 : 1} ${topic} ${messageId ?? ''} ${payload.toString('hex')}`,
      );
      return true;
    },
    pass: (bytes) => behind.parse(bytes),
  });
  for (const chunk of chunks) reader.read(chunk);
  // Byte by byte: where a packet is shorter than its parts, the broker's parser reads on behind it, if something is there.
  for (const chunk of chunks) for (const byte of chunk) if (!alone.over()) alone.parse(Buffer.from([byte]));
  return both;
}

const publish = (topic: string, payload: Buffer, qos: 0 | 1 | 2 = 1, more: object = {}): Buffer =>
  generate({ cmd: 'publish', topic, payload, qos, messageId: 7, dup: false, retain: false, ...more });

/** Every kind of packet that a collector, or somebody who is none, sends. */
const PACKETS: readonly Buffer[] = [
  publish('fleet/h1/metric', Buffer.alloc(300, 7)),
  publish('fleet/h1/log', Buffer.alloc(0)),
  publish('fleet/h1/status', Buffer.from('x'), 0, { retain: true }),
  publish('fleet/h1/alert', Buffer.alloc(1000, 1), 1, { dup: true, messageId: 65_535 }),
  publish('fleet/h2/metric', Buffer.from('somebody else')),
  publish('fleet/h1/metric', Buffer.from('two'), 2),
  publish('fleet/ü/metric', Buffer.from('no ASCII')),
  generate({ cmd: 'pingreq' }),
  generate({ cmd: 'subscribe', messageId: 9, subscriptions: [{ topic: 'fleet/h1/control', qos: 1 }] }),
  generate({ cmd: 'puback', messageId: 3 }),
  generate({ cmd: 'connect', protocolId: 'MQTT', protocolVersion: 4, clean: true, clientId: 'h1', keepalive: 60 }),
  generate({ cmd: 'disconnect' }),
  Buffer.from([0x30, 0]),
  Buffer.from([0x32, 3, 0, 1, 0x61]),
  Buffer.from([0x36, 2, 0, 0]),
  Buffer.from([0x30, 0x80, 0x80, 0x80, 0x80, 1]),
  Buffer.from([0x30, 0x83, 0x80, 0x80, 0, 0, 1, 0x61]),
  Buffer.from('GET / HTTP/1.1\r\n\r\n'),
];

/** In pieces: of a few bytes, or of many. */
function cut(bytes: Buffer, random: Random): Buffer[] {
  const chunks: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const next = at + 1 + random.below(random.pick([3, 40, 2 * bytes.length]));
    chunks.push(bytes.subarray(at, next));
    at = next;
  }
  return chunks;
}

test('with or without the reader in front, the same packets come in the same order, and the same error', () => {
  let direct = 0;
  let errors = 0;
  const all = seeds(3000);
  for (const seed of all) {
    const random = new Random(seed);
    const bytes = Buffer.concat(Array.from({ length: 1 + random.below(6) }, () => random.pick(PACKETS)));
    for (let hits = random.below(4); hits > 1; hits--) {
      // Where the headers are, most of the time.
      bytes[random.below(random.pick([Math.min(24, bytes.length), bytes.length]))] = random.below(256);
    }
    const both = readBoth(cut(bytes, random));
    expect(both.ours, `seed ${seed}`).toEqual(both.broker);
    direct += both.direct;
    if (both.broker.at(-1)?.startsWith('error')) errors++;
  }
  // One seed alone is a search for what went wrong with it.
  if (all.length === 1) return;
  expect(direct).toBeGreaterThan(all.length / 4);
  expect(errors).toBeGreaterThan(all.length / 10);
});

test('every cut of a packet into two and into single bytes is the same packet', () => {
  const frame = publish('fleet/h1/metric', Buffer.alloc(300, 7));
  const whole = readBoth([frame]).ours;
  expect(whole).toHaveLength(1);
  expect(whole[0]).toMatch(/^publish 1 fleet\/h1\/metric 7 (07){300}$/);
  for (let at = 1; at < frame.length; at++) {
    expect(readBoth([frame.subarray(0, at), frame.subarray(at)])).toMatchObject({ ours: whole, direct: 1 });
  }
  const single = Array.from(frame, (byte) => Buffer.from([byte]));
  expect(readBoth([...single, ...single])).toMatchObject({ ours: [...whole, ...whole], direct: 2 });
});

test('before the broker has let the client in, all of it goes to the broker', () => {
  let open = false;
  const frame = publish('fleet/h1/metric', Buffer.from('x'));
  expect(readBoth([frame, frame], () => open).direct).toBe(0);
  let asked = 0;
  const both = readBoth([frame, frame.subarray(0, 9), frame.subarray(9), frame], () => {
    open = ++asked > 2;
    return open;
  });
  expect(both.direct).toBe(1);
  expect(both.ours).toEqual(both.broker);
});

test('what announces much and sends little takes little memory', () => {
  const passed: Buffer[] = [];
  const reader = new PacketReader({
    open: true,
    over: false,
    publish: () => true,
    pass: (bytes) => passed.push(bytes),
  });
  // 2 MiB announced.
  reader.read(Buffer.from([0x32, 0x80, 0x80, 0x80, 1]));
  const before = process.memoryUsage().arrayBuffers;
  reader.read(Buffer.alloc(10));
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * 1024);
  expect(reader.announced).toBe(5 + 2 * 1024 * 1024);
  expect(passed).toEqual([]);
});
