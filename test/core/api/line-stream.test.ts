import { createServer, get, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, expect, test } from 'vitest';
import { LineStream } from '../../../core/api/line-stream.ts';
import type { StoredLine } from '../../../core/ports/log-store.ts';

let server: Server | undefined;
afterEach(() => server?.close());

const place = (number: number) => ({ run: 'r', number, time: number });
const line = (number: number) =>
  ({ '@timestamp': '2026-01-01T00:00:00.000Z', message: `${number} ${'x'.repeat(2_000)}` }) as StoredLine;

/** Gives lines while nobody reads, and then all that a reader gets. */
async function unread(lines: number): Promise<string> {
  let stream: LineStream | undefined;
  let end: () => unknown = () => undefined;
  server = createServer((_, answer) => {
    stream = new LineStream(answer);
    end = () => answer.end();
  }).listen(0, '127.0.0.1');
  await new Promise((ready) => server!.once('listening', ready));
  const { port } = server.address() as AddressInfo;
  const answer = await new Promise<IncomingMessage>((done) => get({ port, host: '127.0.0.1' }, done));
  for (let number = 1; number <= lines; number++) stream!.line(place(number), line(number));
  // The very last comes when the rest is on its way, and is not left out either.
  let last = false;
  answer.on('data', () => {
    if (last) return;
    last = true;
    stream!.line(place(lines + 1), line(lines + 1));
  });
  const all = text(answer);
  const seen = new Promise<void>((done) => {
    answer.on('data', (chunk: Buffer) => {
      if (String(chunk).includes(`"message":"${lines + 1} `)) done();
    });
  });
  await seen;
  end();
  return all;
}

test('who does not read misses lines in the middle, is told how many, and gets the newest', async () => {
  const events = (await unread(10_000)).split('\n\n');
  const numbers = events.flatMap((event) => /"message":"(\d+) /.exec(event)?.[1] ?? []).map(Number);
  const skipped = events.flatMap((event) => /"lines":(\d+)/.exec(event)?.[1] ?? []).map(Number);
  expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
  expect(numbers.at(-1)).toBe(10_001);
  expect(skipped).toHaveLength(1);
  expect(numbers.length + skipped[0]!).toBe(10_001);
  // Told where they are missing.
  const hole = events.findIndex((event) => event.includes('event: skipped'));
  expect(events.slice(hole + 1).filter((event) => event.includes('data:')).length).toBeGreaterThan(100);
});

test('who reads gets all of it', async () => {
  const events = (await unread(500)).split('\n\n');
  expect(events.filter((event) => event.includes('"message"'))).toHaveLength(501);
  expect(events.some((event) => event.includes('skipped'))).toBe(false);
});
