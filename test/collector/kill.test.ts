import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
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

/** A slow machine takes longer for the rounds, and must not get more to look through for it. */
const MOST_LINES = process.env.HELIOGRAPH_LONG ? 1_000_000 : 150_000;
const KILLS = process.env.HELIOGRAPH_LONG ? 40 : 6;
const CLASSES = ['metric', 'error', 'log', 'debug'] as const;
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
  writer = setInterval(() => {
    if (written >= MOST_LINES) return;
    let text = '';
    for (let i = 0; i < 200; i++) {
      text += `${LEVELS[written % LEVELS.length]} line ${written}\n`;
      written++;
    }
    appendFileSync(join(logs, `app-${written % 3}.log`), text);
  }, 10);
  const linesOf = (frames: readonly Frame[]) => frames.flatMap((frame) => (frame.kind === 'logs' ? frame.lines : []));
  try {
    for (let round = 0; round < KILLS; round++) {
      const collector = spawnCollector(config);
      // Some acknowledgements are held back when the end comes.
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
  const last = spawnCollector(config);
  // Lines and numbers both: a class that is behind fills its holes later.
  const all = () => {
    const { frames } = decodeReceived(broker.received);
    return linesOf(frames).length >= written && holes(frames).length === 0;
  };
  await until('all lines and no hole', all, { withinMs: 120_000, everyMs: 500 });
  await last.kill('SIGTERM');

  const seen = new Map<string, number>();
  for (const line of linesOf(decodeReceived(broker.received).frames))
    seen.set(line.message, (seen.get(line.message) ?? 0) + 1);
  const wrong: string[] = [];
  for (let i = 0; i < written; i++) {
    const count = seen.get(`${LEVELS[i % LEVELS.length]} line ${i}`) ?? 0;
    if (count !== 1) wrong.push(`${i}: ${count}`);
  }
  expect(wrong).toEqual([]);

  // Every boot's numbers are whole (see above), and each boot names the last number of the one before.
  const { frames } = decodeReceived(broker.received);
  expect(holes(frames)).toEqual([]);
  for (const name of CLASSES) {
    const last = new Map<string, number>();
    for (const frame of frames) {
      if (frame.class === name) last.set(frame.boot, Math.max(last.get(frame.boot) ?? 0, frame.sequence));
    }
    for (const frame of frames.filter((frame) => frame.class === name && frame.sequence === 1)) {
      if (frame.previous !== null) expect(last.get(frame.previous.boot)).toBe(frame.previous.sequence);
    }
  }
}, 600_000);

/** Numbers below the highest of a boot and class that no frame has. */
function holes(frames: readonly Frame[]): string[] {
  const numbers = new Map<string, Set<number>>();
  for (const { class: name, boot, sequence } of frames) {
    const key = `${name} of ${boot}`;
    numbers.set(key, (numbers.get(key) ?? new Set()).add(sequence));
  }
  return [...numbers].flatMap(([key, had]) =>
    Array.from({ length: Math.max(...had) }, (_, i) => i + 1)
      .filter((sequence) => !had.has(sequence))
      .map((sequence) => `${key}: ${sequence}`),
  );
}
