import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { readEvents, type ServerEvent } from '../../cli/event-stream.ts';
import { followLogs } from '../../cli/log-follow.ts';
import type { StoredLine } from '../../core/ports/log-store.ts';
import { until } from '../support/until.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** A server on loopback that answers as told; its address. */
async function serve(answer: (path: string, response: ServerResponse) => void): Promise<URL> {
  const server = createServer((request, response) => answer(request.url ?? '', response));
  servers.push(server);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
}

const never = new AbortController().signal;

test('events come whole, however they are cut; comments are none; the end of the stream is the end', async () => {
  const url = await serve(async (_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const part of [
      'retry: 2000\n: hello\n\nid: 1\nda',
      'ta: {"a":"Grü',
      'ße"}\n',
      '\nevent: skipped\ndata: {"lines":3}\n\ndata: cut off',
    ]) {
      response.write(part);
      await new Promise((next) => setTimeout(next, 5));
    }
    response.end();
  });
  const events: ServerEvent[] = [];
  let opened = 0;
  const open = async () => void opened++;
  expect(await readEvents(url, open, (event) => events.push(event), never)).toBe(true);
  expect(opened).toBe(1);
  expect(events).toEqual([
    { event: 'message', data: '{"a":"Grüße"}' },
    { event: 'skipped', data: '{"lines":3}' },
  ]);
});

test('no such stream, a refusal, nobody there, a connection that breaks, a signal', async () => {
  const open = async () => undefined;
  const take = () => undefined;
  const missing = await serve((_, response) => response.writeHead(404).end());
  expect(await readEvents(missing, open, take, never)).toBe(false);
  const busy = await serve((_, response) => response.writeHead(503).end('too many'));
  await expect(readEvents(busy, open, take, never)).rejects.toMatchObject({
    code: 'HG_CORE_ANSWER',
    facts: { status: 503 },
  });
  const nobody = new URL('http://127.0.0.1:1/');
  await expect(readEvents(nobody, open, take, never)).rejects.toMatchObject({ code: 'HG_CORE_UNREACHABLE' });
  const breaking = await serve((_, response) => {
    response.writeHead(200);
    response.write('data: 1\n\n', () => response.destroy());
  });
  expect(await readEvents(breaking, open, take, never)).toBe(true);
  const silent = await serve((_, response) => response.writeHead(200).flushHeaders());
  const stop = new AbortController();
  const reading = readEvents(silent, async () => stop.abort(), take, stop.signal);
  expect(await reading).toBe(true);
});

test('a line that comes by the stream and by the search is shown once; what the core left out is searched for', async () => {
  const stored: StoredLine[] = [];
  const streams: ServerResponse[] = [];
  const store = (id: number): string => {
    const line = { id: `${id}`, '@timestamp': new Date().toISOString(), message: `line ${id}` } as StoredLine;
    stored.push(line);
    return `data: ${JSON.stringify(line)}\n\n`;
  };
  const url = await serve((path, response) => {
    if (path.startsWith('/api/v1/logs/tail')) {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      streams.push(response.on('close', () => streams.splice(streams.indexOf(response), 1)));
      response.write(': hello\n\n');
    } else response.end(JSON.stringify({ lines: stored.toReversed(), next: null, scanned: { blocks: 0, lines: 0 } }));
  });
  const shown: string[] = [];
  const stop = new AbortController();
  const following = followLogs({
    filter: { core: url.href, words: '', hosts: [], services: [], levels: [] },
    shown: [],
    since: Date.now(),
    show: (line) => shown.push(line.id),
    remark: () => undefined,
    now: Date.now,
    signal: stop.signal,
  });
  await until('a stream', () => streams.length === 1);
  streams[0]!.write(store(1));
  await until('the line', () => shown.length === 1);
  store(2);
  streams[0]!.write('event: skipped\ndata: {"lines":1}\n\n');
  await until('what was left out', () => shown.length === 2);
  await until('a stream again', () => streams.length === 1);
  streams[0]!.write(store(3));
  await until('the line after', () => shown.length === 3);
  stop.abort();
  await following;
  expect(shown).toEqual(['1', '2', '3']);
});
