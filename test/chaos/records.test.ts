import { appendFileSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Frame } from '../../proto/frame.ts';
import { startBroker, type TestBroker } from '../support/broker.ts';
import { createStation, decodeReceived, type Station } from '../support/collector.ts';
import { spawnCollector } from '../support/collector-process.ts';
import { until } from '../support/until.ts';

let station: Station;
let broker: TestBroker;
let writer: NodeJS.Timeout;

beforeEach(async () => {
  station = await createStation();
  broker = await startBroker(station.relay);
});
afterEach(async () => {
  clearInterval(writer);
  await broker.close();
  station.remove();
});

const MOST_LINES = process.env.HELIOGRAPH_LONG ? 1_000_000 : 100_000;
const KILLS = process.env.HELIOGRAPH_LONG ? 40 : 6;
const LEVELS = ['INFO', 'ERROR', 'DEBUG', ''];
const POD = 'shop_web-1_11111111-2222-3333-4444-555555555555';

it('gives every line of containers and traces once, however often it is killed and files are rotated', async () => {
  const pods = join(station.directory, 'pods', POD, 'web');
  const docker = join(station.directory, 'docker', 'a'.repeat(64));
  const plain = join(station.directory, 'plain');
  for (const folder of [pods, docker, plain]) mkdirSync(folder, { recursive: true });
  const config = join(station.directory, 'collector.json');
  writeFileSync(
    config,
    JSON.stringify({
      relays: [`127.0.0.1:${broker.port}`],
      tls: { ca: station.host.ca, cert: station.host.cert, key: station.host.key },
      dataDir: join(station.directory, 'data'),
      interval: '100ms',
      logLinger: '20ms',
      logPoll: '20ms',
      logs: [{ paths: [join(plain, '*.log*')], level: 'debug', multiline: { preset: 'java', wait: '200ms' } }],
      containers: {
        paths: [join(pods, '../../*/*/*.log*'), join(docker, '*-json.log*')],
        level: 'debug',
        multiline: { preset: 'all', wait: '200ms' },
      },
      reconnect: { base: '20ms', cap: '100ms' },
    }),
  );
  const files = [join(plain, 'app.log'), join(pods, '0.log'), join(docker, `${'a'.repeat(64)}-json.log`)];
  const time = () => new Date().toISOString().replace('Z', '000001Z');
  const cri = (stream: string, tag: string, text: string) => `${time()} ${stream} ${tag} ${text}\n`;
  const json = (stream: string, log: string) => `${JSON.stringify({ log, stream, time: time() })}\n`;
  /** Both streams of a container write a line at a time, in two pieces each, mixed. */
  const mixed = [
    (a: string, b: string) => `${a}\n${b}\n`,
    (a: string, b: string) =>
      cri('stdout', 'P', a.slice(0, 4)) +
      cri('stderr', 'P', b.slice(0, 3)) +
      cri('stdout', 'F', a.slice(4)) +
      cri('stderr', 'F', b.slice(3)),
    (a: string, b: string) =>
      json('stderr', a.slice(0, 5)) +
      json('stdout', b.slice(0, 2)) +
      json('stderr', `${a.slice(5)}\n`) +
      json('stdout', `${b.slice(2)}\n`),
  ];
  let written = 0;
  let turns = 0;
  const line = (): string => {
    const i = written++;
    // Every line of which the number is one more than one of ten is a frame of a trace.
    return i % 10 < 7 ? `${LEVELS[i % LEVELS.length]} line ${i}` : `\tat frame ${i}`;
  };
  const write = (): void => {
    if (written >= MOST_LINES) return;
    const turn = turns++;
    files.forEach((file, form) => {
      let text = '';
      for (let i = 0; i < 35; i++) text += mixed[form]!(line(), line());
      appendFileSync(file, text);
      // As the kubelet and Docker do it: the file is renamed, and a new one made.
      if (turn % 60 === 59 - form * 7) {
        for (let i = 40; i >= 1; i--) if (existsSync(`${file}.${i}`)) renameSync(`${file}.${i}`, `${file}.${i + 1}`);
        renameSync(file, `${file}.1`);
        writeFileSync(file, '');
      }
    });
  };
  writer = setInterval(write, 10);
  const messages = (frames: readonly Frame[]) =>
    frames.flatMap((frame) => (frame.kind === 'logs' ? frame.lines.map(({ message }) => message) : []));
  const numbers = () =>
    messages(decodeReceived(broker.received).frames)
      .flatMap((message) => message.split('\n'))
      .map((one) => Number(/(\d+)$/.exec(one)?.[1]));
  try {
    for (let round = 0; round < KILLS; round++) {
      const collector = spawnCollector(config);
      let held = 0;
      broker.hold((packet, acknowledge) => {
        if (packet.topic.endsWith('/definitions') || held++ % 5 !== 4) acknowledge();
      });
      const before = broker.received.length;
      await until(`frames of round ${round}`, () => broker.received.length > before + 10, {
        withinMs: 45_000,
        everyMs: 10,
      });
      await wait(50 + ((round * 7919) % 300));
      await collector.kill('SIGKILL');
    }
  } finally {
    clearInterval(writer);
  }
  broker.hold(null);
  // What ends the last record of each stream, and of each file.
  const last = spawnCollector(config);
  await until('all lines', () => numbers().length >= written, { withinMs: 120_000, everyMs: 500 });
  await last.kill('SIGTERM');
  rmSync(config);
  const count = new Uint8Array(written);
  for (const number of numbers()) {
    expect(number).toBeLessThan(written);
    count[number]!++;
  }
  const wrong = [...count.keys()].filter((i) => count[i] !== 1).map((i) => `${i}: ${count[i]}`);
  expect(wrong).toEqual([]);
  const all = messages(decodeReceived(broker.received).frames);
  expect(all.filter((message) => message.includes('\n')).length).toBeGreaterThan(500);
  expect(written).toBeGreaterThan(10_000);
}, 300_000);
