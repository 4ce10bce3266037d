import { expect, test } from 'vitest';
import type { LogQuery, LogStore } from '../../core/ports/log-store.ts';
import { allPages, exportLines, logFrame, logLine, logQuery } from './log-frames.ts';

export interface LogStoreUnderTest {
  readonly store: LogStore;
  /** The store's clock, ms. Lines are written around it. */
  readonly now: number;
  /** Lines of any time are kept, where others are refused with a reason. */
  readonly keepsAnyTime?: boolean;
  /** Resolves when what was appended can be searched. */
  visible(): Promise<void>;
  /** Closes the store and opens it again over the same data; null where the data are not ours to reopen. */
  readonly reopen: (() => Promise<LogStore>) | null;
}

const at = (next: string) => ({ topic: 'logs.log', next });

/** What every implementation of LogStore must do. `make` gives an empty store with a retention of at least a day and at most 30. */
export function logStoreContract(name: string, make: () => Promise<LogStoreUnderTest>): void {
  const messages = async (store: LogStore, query: Partial<LogQuery>): Promise<string[]> =>
    (await store.search(logQuery(query))).lines.map((line) => line.message);

  test(`${name}: a line comes back with everything it had`, async () => {
    const { store, now, visible } = await make();
    const line = logLine(now + 0.125, 'order 17 paid', {
      level: 'warn',
      service: 'checkout',
      fields: { 'trace.id': 'ab12', 'kubernetes.pod.name': 'checkout-1' },
    });
    const outcomes = await store.append([logFrame('h1', 5, [logLine(now, 'first'), line])], at('1'));
    expect(outcomes).toEqual([{ written: 2, repeated: 0, dropped: {} }]);
    await visible();
    const page = await store.search(logQuery({ text: 'paid' }));
    expect(page.lines).toEqual([
      {
        id: 'h1/00000001aabbccddeeff0011/log/5/1',
        '@timestamp': new Date(now).toISOString().replace('Z', '125Z'),
        message: 'order 17 paid',
        'log.level': 'warn',
        'service.name': 'checkout',
        'host.name': 'h1',
        site: 'north',
        fields: { 'trace.id': 'ab12', 'kubernetes.pod.name': 'checkout-1' },
      },
    ]);
    expect(page.next).toBeNull();
    await store.close();
  });

  test(`${name}: lines are found and counted by fields, whatever those are called`, async () => {
    const { store, now, visible } = await make();
    const long = 'v'.repeat(20_000);
    const lines = [
      logLine(now - 3, 'a', { fields: { 'http.status': '402', path: '/pay now' } }),
      logLine(now - 2, 'b', { fields: { 'http.status': '402', path: '/' } }),
      logLine(now - 1, 'c', { fields: { 'http.status': '4021', long, '': 'nameless' } }),
    ];
    await store.append([logFrame('h1', 1, lines)], at('1'));
    await visible();
    expect(await messages(store, { fields: [['http.status', '402']] })).toEqual(['b', 'a']);
    expect(
      await messages(store, {
        fields: [
          ['http.status', '402'],
          ['path', '/pay now'],
        ],
      }),
    ).toEqual(['a']);
    expect(await messages(store, { fields: [['long', long]] })).toEqual(['c']);
    expect(await messages(store, { fields: [['', 'nameless']] })).toEqual(['c']);
    expect(await messages(store, { fields: [['http.status', '40']] })).toEqual([]);
    expect(await messages(store, { fields: [['toString', 'x']] })).toEqual([]);
    const range = { start: now - 1_000, end: now + 1_000, step: 2_000, budgetMs: 10_000 };
    const count = { text: '', hosts: [], services: [], levels: [], ...range };
    expect((await store.histogram({ ...count, fields: [['http.status', '402']] })).total).toBe(2);
    expect((await store.histogram({ ...count, fields: [['', 'nameless']] })).total).toBe(1);
    await store.close();
  });

  test(`${name}: a frame that comes again is ignored and counted, also after a restart; the position moves on`, async () => {
    const { store, now, visible, reopen } = await make();
    const frame = logFrame('h1', 1, [logLine(now, 'one'), logLine(now, 'two')]);
    const repeated = { written: 0, repeated: 2, dropped: {} };
    expect(await store.append([frame, frame], at('a'))).toEqual([{ written: 2, repeated: 0, dropped: {} }, repeated]);
    expect(await store.append([frame], at('b'))).toEqual([repeated]);
    await store.append([], { topic: 'logs.debug', next: 'z' });
    await visible();
    const again = reopen ? await reopen() : store;
    expect(await again.positions()).toEqual({ 'logs.log': 'b', 'logs.debug': 'z' });
    expect(await again.append([frame], at('c'))).toEqual([repeated]);
    expect((await exportLines(again)).map((line) => line.message).sort()).toEqual(['one', 'two']);
    expect(await again.sequences()).toMatchObject([{ host: 'h1', class: 'log', ranges: [[1, 1]] }]);
    const totals = await again.totals();
    expect(totals).toMatchObject({ lines: 2, repeated: 6, dropped: {} });
    expect(totals.classes).toEqual({
      log: { written: { frames: 1, items: 2 }, repeated: { frames: 3, items: 6 }, dropped: {} },
    });
    await again.close();
  });

  test(`${name}: words, phrases and filters`, async () => {
    const { store, now, visible } = await make();
    await store.append(
      [
        logFrame('h1', 1, [
          logLine(now - 5_000, 'GET /orders/17 took 120ms user_id=42'),
          logLine(now - 4_000, 'Connection refused by db-1.example:5432', { level: 'error', service: 'db' }),
        ]),
        logFrame('h2', 1, [
          logLine(now - 3_000, 'connection Reset', { level: 'error' }),
          logLine(now - 2_000, 'Größe Straße Sisyphos', { service: 'db' }),
          logLine(now - 1_000, 'reconnection'),
        ]),
      ],
      at('1'),
    );
    await visible();
    expect(await messages(store, { text: 'CONNECTION' })).toEqual([
      'connection Reset',
      'Connection refused by db-1.example:5432',
    ]);
    expect(await messages(store, { text: 'refused connection' })).toEqual(['Connection refused by db-1.example:5432']);
    expect(await messages(store, { text: 'db-1.example' })).toEqual(['Connection refused by db-1.example:5432']);
    expect(await messages(store, { text: 'user_id 42' })).toEqual(['GET /orders/17 took 120ms user_id=42']);
    expect(await messages(store, { text: 'connect' })).toEqual([]);
    expect(await messages(store, { text: 'größe' })).toEqual(['Größe Straße Sisyphos']);
    expect(await messages(store, { text: 'straße' })).toEqual(['Größe Straße Sisyphos']);
    expect(await messages(store, { text: '"onnection re"' })).toEqual([
      'connection Reset',
      'Connection refused by db-1.example:5432',
    ]);
    expect(await messages(store, { text: '"ders/17 took 1"' })).toEqual(['GET /orders/17 took 120ms user_id=42']);
    expect(await messages(store, { text: '"took  120ms"' })).toEqual([]);
    expect(await messages(store, { text: 'orders "12' })).toEqual(['GET /orders/17 took 120ms user_id=42']);
    expect(await messages(store, { text: '-- "" ?!' })).toHaveLength(5);
    expect(await messages(store, { hosts: ['h2'], levels: ['error'] })).toEqual(['connection Reset']);
    expect(await messages(store, { services: ['db'], order: 'oldest' })).toEqual([
      'Connection refused by db-1.example:5432',
      'Größe Straße Sisyphos',
    ]);
    expect(await messages(store, { hosts: ['h1', 'h2'], services: ['db'], text: 'refused' })).toHaveLength(1);
    expect(await messages(store, { hosts: ['h'] })).toEqual([]);
    expect(await messages(store, { start: now - 3_000, end: now - 1_000, order: 'oldest' })).toEqual([
      'connection Reset',
      'Größe Straße Sisyphos',
    ]);
    await store.close();
  });

  test(`${name}: counts by time and level are those of the lines that a search finds`, async () => {
    const { store, now, visible } = await make();
    const start = now - 40_000;
    const lines = Array.from({ length: 40 }, (_, i) =>
      logLine(start + i * 1_000, i % 2 === 0 ? 'even one' : 'odd one', { level: i % 4 === 0 ? 'error' : 'info' }),
    );
    await store.append([logFrame('h1', 1, lines), logFrame('h2', 1, [logLine(start + 39_999, 'even', {})])], at('1'));
    await visible();
    const all = { text: '', hosts: [], services: [], levels: [], start, end: now, step: 15_000, budgetMs: 10_000 };
    const counted = await store.histogram(all);
    expect(counted).toMatchObject({ start, end: now, step: 15_000, total: 41, countedFrom: null });
    expect(counted.levels.error).toEqual([4, 4, 2]);
    expect(counted.levels.info).toEqual([11, 11, 9]);
    const some = await store.histogram({ ...all, text: 'even', hosts: ['h1'], levels: ['info'], end: start + 20_000 });
    expect(some.levels).toEqual({ info: [4, 1] });
    expect(await store.histogram({ ...all, text: 'nothing' })).toMatchObject({ levels: {}, total: 0 });
    // What the budget does not reach is said.
    expect((await store.histogram({ ...all, budgetMs: -1 })).countedFrom).toBeGreaterThanOrEqual(start);
    for (const wrong of [{ step: 0 }, { step: 0.001 }, { end: start }]) {
      await expect(store.histogram({ ...all, ...wrong })).rejects.toMatchObject({ code: 'HG_LOG_QUERY' });
    }
    await store.close();
  });

  test(`${name}: beside a line are its neighbours, also those of its very instant`, async () => {
    const { store, now, visible } = await make();
    const lines = Array.from({ length: 9 }, (_, i) => logLine(now - 1_000 + (i > 5 ? 0.125 : 0), `line ${i}`));
    await store.append([logFrame('h1', 1, lines)], at('1'));
    await visible();
    for (const hit of (await store.search(logQuery({}))).lines) {
      const number = Number(hit.message.slice(5));
      const near = (order: 'newest' | 'oldest') => messages(store, { beside: hit, order, limit: 2 });
      const named = (...numbers: number[]) => numbers.filter((i) => i >= 0 && i < 9).map((i) => `line ${i}`);
      expect(await near('newest')).toEqual(named(number - 1, number - 2));
      expect(await near('oldest')).toEqual(named(number + 1, number + 2));
    }
    const beside = { id: 'nothing', '@timestamp': 'never' };
    await expect(store.search(logQuery({ beside }))).rejects.toMatchObject({ code: 'HG_LOG_QUERY' });
    await store.close();
  });

  test(`${name}: pages follow one another in both directions, and lines that arrive meanwhile neither repeat nor hide any`, async () => {
    const { store, now, visible } = await make();
    const frames = Array.from({ length: 20 }, (_, i) =>
      // Several lines share each instant, so pages end in the middle of one.
      logFrame(
        `h${i % 3}`,
        i + 1,
        Array.from({ length: 37 }, (_line, j) => logLine(now - (j % 5) * 1_000, `${i}/${j}`)),
      ),
    );
    for (const frame of frames) await store.append([frame], at('1'));
    await visible();
    const before = new Set((await exportLines(store)).map((line) => line.id));
    expect(before.size).toBe(740);
    for (const order of ['newest', 'oldest'] as const) {
      let sequence = order === 'newest' ? 100 : 200;
      const lines = await allPages(store, logQuery({ order, limit: 53, text: '' }), async () => {
        sequence++;
        const late = [logLine(now - 2_000, `late ${sequence}`), logLine(now + 5_000, `new ${sequence}`)];
        await store.append([logFrame('h9', sequence, late)], at('2'));
        await visible();
      });
      const ids = lines.map((line) => line.id);
      expect(new Set(ids).size).toBe(ids.length);
      const seen = new Set(ids);
      expect([...before].filter((id) => !seen.has(id))).toEqual([]);
      const times = lines.map((line) => Date.parse(line['@timestamp']));
      expect(times).toEqual([...times].sort((a, b) => (order === 'newest' ? b - a : a - b)));
    }
    await store.close();
  });

  test(`${name}: odd text comes back as it was and can be found`, async () => {
    const { store, now, visible } = await make();
    const odd = [
      'nul\0inside needle',
      '\ud83d\ude80 launched e\u0301tude 東京',
      'tabs\tand\nnew lines\r\n',
      '"quotes" \\ and \u2028 separators',
      '',
      `${'x'.repeat(200)}y end`,
    ];
    await store.append(
      [
        logFrame(
          'h1',
          1,
          odd.map((message, i) => logLine(now - i, message)),
        ),
      ],
      at('1'),
    );
    await visible();
    expect(await messages(store, { limit: 10 })).toEqual(odd);
    expect(await messages(store, { text: 'needle' })).toEqual([odd[0]]);
    expect(await messages(store, { text: '東京 étude' })).toEqual([odd[1]]);
    expect(await messages(store, { text: '"\ud83d\ude80"' })).toEqual([odd[1]]);
    expect(await messages(store, { text: '"new lines"' })).toEqual([odd[2]]);
    expect(await messages(store, { text: `${'x'.repeat(200)}y` })).toEqual([odd[5]]);
    expect(await messages(store, { text: 'x'.repeat(200) })).toEqual([]);
    await store.close();
  });

  test(`${name}: a line of 10 MB`, async () => {
    const { store, now, visible } = await make();
    const big = `${'word '.repeat(2_000_000)}needle ${'y'.repeat(1_000)}`;
    await store.append([logFrame('h1', 1, [logLine(now, big), logLine(now, 'small')])], at('1'));
    await visible();
    const page = await store.search(logQuery({ text: 'needle' }));
    expect(page.lines.length).toBe(1);
    expect(page.lines[0]!.message === big).toBe(true);
    await store.close();
  });

  test(`${name}: late lines land in their time; what is outside of it is refused with a reason`, async () => {
    const { store, now, visible, keepsAnyTime } = await make();
    const lines = [
      logLine(now, 'now'),
      logLine(now - 5 * 3_600_000, 'late'),
      logLine(now - 40 * 86_400_000, 'too late'),
      logLine(now + 40 * 86_400_000, 'too early'),
      logLine(Number.NaN, 'never'),
    ];
    const dropped = { bad_time: 1, ...(keepsAnyTime ? {} : { outside_retention: 1, future: 1 }) };
    expect(await store.append([logFrame('h1', 1, lines)], at('1'))).toEqual([
      { written: keepsAnyTime ? 4 : 2, repeated: 0, dropped },
    ]);
    await visible();
    const kept = keepsAnyTime ? ['too late', 'late', 'now', 'too early'] : ['late', 'now'];
    expect(await messages(store, { order: 'oldest' })).toEqual(kept);
    expect(await messages(store, { start: now - 6 * 3_600_000, end: now - 4 * 3_600_000 })).toEqual(['late']);
    expect((await store.totals()).dropped).toEqual(dropped);
    await store.close();
  });

  test(`${name}: lines left out before the store are dropped with their reason, and the others keep their places`, async () => {
    const { store, now, visible } = await make();
    const left = { filtered: 3 };
    const frame = logFrame('h1', 1, [logLine(now, 'second'), logLine(now, 'fifth')], { places: [1, 4], left });
    expect(await store.append([frame], at('1'))).toEqual([{ written: 2, repeated: 0, dropped: left }]);
    expect(await store.append([frame], at('2'))).toEqual([{ written: 0, repeated: 5, dropped: {} }]);
    await visible();
    const [first, second] = (await store.search(logQuery({ order: 'oldest' }))).lines;
    expect([first!.id, second!.id].map((id) => id.split('/').at(-1))).toEqual(['1', '4']);
    expect((await store.totals()).dropped).toEqual(left);
    await store.close();
  });

  test(`${name}: export gives every line of [start, end) once`, async () => {
    const { store, now, visible } = await make();
    const lines = Array.from({ length: 2_500 }, (_, i) => logLine(now - i * 4_000, `line ${i}`));
    await store.append([logFrame('h1', 1, lines)], at('1'));
    await visible();
    const got = await exportLines(store, now - 2_000 * 4_000, now - 4_000);
    expect(got.map((line) => line.message).sort()).toEqual(
      lines
        .slice(2, 2_001)
        .map((line) => line.message)
        .sort(),
    );
    await store.close();
  });

  test(`${name}: a cursor nobody gave out and a limit of nothing are errors`, async () => {
    const { store } = await make();
    await expect(store.search(logQuery({ cursor: 'bm9uc2Vuc2U' }))).rejects.toMatchObject({ code: 'HG_LOG_QUERY' });
    await expect(store.search(logQuery({ limit: 0 }))).rejects.toMatchObject({ code: 'HG_LOG_QUERY' });
    await store.close();
  });
}
