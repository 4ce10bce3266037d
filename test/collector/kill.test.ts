import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { startBroker, type TestBroker } from '../support/broker.ts';
import { createStation, decodeReceived, type Station, until } from '../support/collector.ts';
import { spawnCollector } from '../support/collector-process.ts';

let station: Station;
let broker: TestBroker;

beforeEach(async () => {
  station = await createStation();
  broker = await startBroker(station.relay);
});
afterEach(async () => {
  await broker.close();
  station.remove();
});

const KILLS = process.env.HELIOGRAPH_LONG ? 40 : 6;
const LEVELS = ['INFO', 'ERROR', 'DEBUG', ''];

it('sends every line once, and leaves no hole in the numbers, however often it is killed', async () => {
  const logs = join(station.directory, 'logs');
  mkdirSync(logs);
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
      logs: [{ paths: [join(logs, '*.log')], level: 'debug' }],
      reconnect: { base: '20ms', cap: '100ms' },
    }),
  );
  let written = 0;
  const writer = setInterval(() => {
    let text = '';
    for (let i = 0; i < 200; i++) {
      text += `${LEVELS[written % LEVELS.length]} line ${written}\n`;
      written++;
    }
    appendFileSync(join(logs, `app-${written % 3}.log`), text);
  }, 10);
  const lines = () =>
    decodeReceived(broker.received).frames.flatMap((frame) => (frame.kind === 'logs' ? frame.lines : []));
  try {
    for (let round = 0; round < KILLS; round++) {
      const collector = spawnCollector(config);
      // Some acknowledgements are held back when the end comes.
      let held = 0;
      broker.hold((packet, acknowledge) => {
        if (packet.topic.endsWith('/definitions') || held++ % 5 !== 4) acknowledge();
      });
      const before = broker.received.length;
      await until(`frames of round ${round}`, () => broker.received.length > before + 10);
      await wait(50 + ((round * 7919) % 300));
      await collector.kill('SIGKILL');
    }
  } finally {
    clearInterval(writer);
  }
  broker.hold(null);
  const last = spawnCollector(config);
  await until('all lines', () => lines().length >= written, 60_000);
  await last.kill('SIGTERM');

  const seen = new Map<string, number>();
  for (const line of lines()) seen.set(line.message, (seen.get(line.message) ?? 0) + 1);
  const wrong: string[] = [];
  for (let i = 0; i < written; i++) {
    const count = seen.get(`${LEVELS[i % LEVELS.length]} line ${i}`) ?? 0;
    if (count !== 1) wrong.push(`${i}: ${count}`);
  }
  expect(wrong).toEqual([]);

  // Every boot's numbers are whole, and each boot names the last number of the one before.
  const { frames } = decodeReceived(broker.received);
  for (const name of ['metric', 'error', 'log', 'debug'] as const) {
    const last = new Map<string, number>();
    for (const boot of new Set(frames.map((frame) => frame.boot))) {
      const numbers = frames.filter((frame) => frame.class === name && frame.boot === boot).map((f) => f.sequence);
      numbers.sort((a, b) => a - b);
      expect(numbers).toEqual(numbers.map((_, i) => i + 1));
      last.set(boot, numbers.length);
    }
    for (const frame of frames.filter((frame) => frame.class === name && frame.sequence === 1)) {
      if (frame.previous !== null) expect(last.get(frame.previous.boot)).toBe(frame.previous.sequence);
    }
  }
});
