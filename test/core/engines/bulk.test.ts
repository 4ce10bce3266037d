import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Client } from '@opensearch-project/opensearch';
import { afterEach, expect, test } from 'vitest';
import { BulkWriter } from '../../../core/engines/opensearch/bulk.ts';
import { BulkAnswers } from '../../../core/engines/opensearch/bulk-answers.ts';
import type { BulkLine } from '../../../core/engines/opensearch/document.ts';

/** An HTTP server that answers bulks as a test says, in place of an engine in a state that is hard to bring about. */
let server: Server;
let client: Client;
afterEach(async () => {
  await client.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

type Answer = {
  status: number;
  headers?: Record<string, string>;
  items?: { status: number; error?: { type: string; reason?: string } }[];
};

async function writer(answer: (docs: string[]) => Answer) {
  const sizes: number[] = [];
  const pauses: number[] = [];
  const clock = { now: 0 };
  server = createServer(async (request, response) => {
    const docs = (await bodyOf(request)).split('\n').filter((line) => line.startsWith('{"n"'));
    sizes.push(docs.length);
    const { status, headers, items } = answer(docs);
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    const error = { error: { type: 'es_rejected_execution_exception', reason: 'queue is full' } };
    response.end(JSON.stringify(items ? { took: 1, items: items.map((create) => ({ create })) } : error));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  client = new Client({ node: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, maxRetries: 0 });
  const bulk = new BulkWriter({
    client,
    engine: 'the engine',
    mostBytes: 1e6,
    mostLines: 1000,
    random: () => 0,
    sleep: async (ms) => {
      pauses.push(ms);
    },
    now: () => clock.now,
  });
  return { bulk, sizes, pauses, clock };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
}

const lines = (count: number): BulkLine[] =>
  Array.from({ length: count }, (_, n) => ({
    frame: 0,
    at: n,
    text: `{"create":{"_index":"logs","_id":"${n}"}}\n{"n":${n}}\n`,
  }));
const all = (docs: string[], status = 201) => ({ status: 200, items: docs.map(() => ({ status })) });

test('each line is judged by itself: there already is good, busy comes again alone, refused is final', async () => {
  const tried = new Map<number, number>();
  const { bulk, sizes } = await writer((docs) => ({
    status: 200,
    items: docs.map((doc) => {
      const { n } = JSON.parse(doc) as { n: number };
      tried.set(n, (tried.get(n) ?? 0) + 1);
      if (n === 3) return { status: 409, error: { type: 'version_conflict_engine_exception' } };
      if (n === 5 && tried.get(n)! < 3) return { status: 429, error: { type: 'es_rejected_execution_exception' } };
      if (n === 6 && tried.get(n)! < 2) return { status: 403, error: { type: 'cluster_block_exception' } };
      if (n === 7) return { status: 400, error: { type: 'mapper_parsing_exception' } };
      return { status: 201 };
    }),
  }));
  const refused = await bulk.write(lines(10));
  expect(refused.map(({ line, reason }) => [line.at, reason])).toEqual([[7, 'mapper_parsing_exception: ']]);
  expect(sizes).toEqual([10, 2, 1]);
  expect(tried.get(0)).toBe(1);
});

test('a bulk that is too much is halved, waits as long as it is told, and grows again', async () => {
  let busy = 2;
  const { bulk, sizes, pauses } = await writer((docs) =>
    busy-- > 0 ? { status: 429, headers: { 'retry-after': '3' } } : all(docs),
  );
  await bulk.write(lines(2000));
  expect(sizes.slice(0, 3)).toEqual([1000, 500, 250]);
  expect(sizes.slice(2).reduce((sum, size) => sum + size, 0)).toBe(2000);
  expect(sizes.at(-2)!).toBeGreaterThan(250);
  expect(pauses).toEqual([3000, 3000]);
});

test('one line that is too large for the engine is refused, its neighbours are not', async () => {
  const { bulk } = await writer((docs) => (docs.some((doc) => doc === '{"n":4}') ? { status: 413 } : all(docs)));
  const refused = await bulk.write(lines(20));
  expect(refused.map(({ line }) => line.at)).toEqual([4]);
});

test('a day whose index cannot be made is not the fault of its lines', async () => {
  const error = { type: 'validation_exception', reason: 'maximum shards open' };
  const { bulk } = await writer((docs) => ({ status: 200, items: docs.map(() => ({ status: 400, error })) }));
  await expect(bulk.write(lines(3))).rejects.toThrow(/HG_ENGINE_DOWN.*maximum shards open/);
});

test('an engine that takes nothing gives the batch back after some tries; one that says who are you does at once', async () => {
  const { bulk, sizes } = await writer((docs) => all(docs, 503));
  await expect(bulk.write(lines(3))).rejects.toMatchObject({ code: 'HG_ENGINE_DOWN' });
  expect(sizes).toEqual([3, 3, 3, 3, 3, 3]);
  await client.close();
  server.closeAllConnections();
  const other = await writer(() => ({ status: 401 }));
  await expect(other.bulk.write(lines(3))).rejects.toMatchObject({ code: 'HG_ENGINE_LOGIN' });
  expect(other.sizes).toEqual([3]);
});

test('lines are made as bulks are filled, and those that come again go before them', async () => {
  let made = 0;
  let first = true;
  const seen: number[][] = [];
  const { bulk, sizes } = await writer((docs) => {
    seen.push(docs.map((doc) => (JSON.parse(doc) as { n: number }).n));
    const busy = first;
    first = false;
    return { status: 200, items: docs.map((_, i) => ({ status: busy && i === 1 ? 429 : 201 })) };
  });
  const madeAt: number[] = [];
  function* coming() {
    for (const line of lines(2_500)) {
      made++;
      if (made % 500 === 0) madeAt.push(sizes.length);
      yield line;
    }
  }
  await expect(bulk.write(coming())).resolves.toEqual([]);
  expect(seen[0]).toHaveLength(1_000);
  expect(seen[1]!.slice(0, 2)).toEqual([1, 1_000]);
  expect(new Set(seen.flat())).toEqual(new Set(Array.from({ length: 2_500 }, (_, n) => n)));
  // The last of them were not there when the first bulk went.
  expect(madeAt.at(-1)).toBeGreaterThan(0);
});

test('a bulk of which all was taken leaves nothing to do', async () => {
  server = createServer((request, response) => {
    request.resume();
    request.on('end', () => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end('{"took":1,"errors":false,"items":[{"create":{"status":201}},{"create":{"status":201}}]}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  client = new Client({ node: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, Serializer: BulkAnswers });
  const counted: object[] = [];
  const bulk = new BulkWriter({
    client,
    engine: 'the engine',
    mostBytes: 1e6,
    mostLines: 1000,
    random: () => 0,
    sleep: () => Promise.reject(new Error('nothing to wait for')),
    now: () => 0,
    onAnswer: (counts) => counted.push(counts),
  });
  await expect(bulk.write(lines(2))).resolves.toEqual([]);
  expect(counted).toEqual([{ lines: 2, there: 0, again: 0 }]);
});

test('a line on which the engine fails again and again while it takes others is final after ten minutes; a failing engine is not', async () => {
  let broken = false;
  const { bulk, clock } = await writer((docs) => ({
    status: 200,
    items: docs.map((doc) => {
      const { n } = JSON.parse(doc) as { n: number };
      return n === 2 || broken
        ? { status: 500, error: { type: 'null_pointer_exception', reason: 'oh' } }
        : { status: 201 };
    }),
  }));
  // The bus gives the batch again after each of these.
  const untilRefused = async () => {
    for (let tries = 1; ; tries++) {
      const refused = await bulk.write(lines(4)).catch(({ code }: { code: string }) => code);
      if (Array.isArray(refused)) return { tries, refused };
      expect(refused).toBe('HG_ENGINE_DOWN');
      if (tries === 100) return { tries, refused: [] };
      clock.now += 60_000;
    }
  };
  const { tries, refused } = await untilRefused();
  expect(refused.map(({ line, reason }) => [line.at, reason])).toEqual([
    [2, 'the engine failed on it 11 times in 10 minutes, while it took others: null_pointer_exception: oh'],
  ]);
  expect(tries).toBe(11);
  broken = true;
  expect((await untilRefused()).refused).toEqual([]);
});

test('two such lines that were first seen apart are both set aside, though the batch comes again for the one while the other is judged', async () => {
  let alsoFour = false;
  const { bulk, clock } = await writer((docs) => ({
    status: 200,
    items: docs.map((doc) => {
      const { n } = JSON.parse(doc) as { n: number };
      const bad = n === 2 || (alsoFour && n === 4);
      return bad ? { status: 500, error: { type: 'null_pointer_exception' } } : { status: 201 };
    }),
  }));
  let refused: readonly { line: BulkLine }[] | null = null;
  for (let tries = 0; refused === null && tries < 60; tries++) {
    alsoFour = tries >= 5;
    refused = await bulk.write(lines(6)).catch(() => null);
    clock.now += 60_000;
  }
  expect(refused?.map(({ line }) => line.at).sort()).toEqual([2, 4]);
});
