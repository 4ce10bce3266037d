import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type FrameRows, RefusedSamples } from '../../../core/engines/victoriametrics/job.ts';
import { Account } from '../../../core/ledger/account.ts';
import { DeadLetters } from '../../../core/ledger/dead-letters.ts';
import { RefusedLines } from '../../../core/ledger/refused-lines.ts';
import { RefusedSeries } from '../../../core/ledger/refused-series.ts';
import { LetterBudget } from '../../../core/letters/budget.ts';
import type { Letter, LetterGroup } from '../../../core/letters/list.ts';
import { FolderObjects } from '../../../core/objects/folder.ts';
import { openState } from '../../../core/state.ts';
import { imbalance, type Ledger } from '../../../lib/ledger.ts';
import type { BlockEntry } from '../../../proto/block.ts';
import { decodeHeader } from '../../../proto/frame.ts';
import { logFrame, logLine } from '../../contracts/log-frames.ts';
import { metricFrame, pageOf, rowsOf } from '../../contracts/metric-frames.ts';
import type { PrometheusAnswer, Vector } from '../../support/core/answers.ts';
import { TestCore } from '../../support/core/core.ts';
import { TestHost } from '../../support/core/host.ts';
import type { TestRelay } from '../../support/core/relay.ts';
import { runCli } from '../../support/run-cli.ts';
import { until } from '../../support/until.ts';

let core: TestCore;
let relay: TestRelay;
const LIMITS = { limits: { definitionWait: '300ms' } };

beforeEach(async () => {
  core = await (await TestCore.make()).start(LIMITS);
  relay = await (await core.relay()).hello('north');
});
afterEach(() => core.remove());

interface Page {
  letters: (Letter & { kept: boolean })[];
  next: string | null;
  groups: LetterGroup[];
  bytes: number;
}

const list = (parameters: Record<string, string | string[]> = {}) => core.get<Page>('/api/v1/deadletters', parameters);

async function post(path: string, body: unknown, headers: Record<string, string> = {}) {
  const answer = await fetch(core.url(`/api/v1/deadletters/${path}`), {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
}

/** A frame of which only the envelope is good. */
function garbage(host: TestHost): BlockEntry {
  const body = Buffer.concat([Buffer.from([0x83, 0x00, 0x18, 0x64, 0x58, 0x64]), randomBytes(100)]);
  return host.broken('log', 'logs', 7, body);
}

async function entryOf(dataClass: string) {
  const { tiers } = await core.get<{ tiers: Ledger[] }>('/api/v1/ledger');
  return tiers.at(-1)!.entries.find((entry) => entry.class === dataClass)!;
}

async function restart(): Promise<void> {
  await core.stop();
  await core.start(LIMITS);
}

test('a frame without its definition: its bytes are shown, it fails again, and is taken when the relay knows the definition', async () => {
  const host = new TestHost('web-1');
  const page = host.page([{ name: 'lost_metric' }]);
  const frame = host.metrics(page, [[Date.now(), [42]]]);
  await relay.deliver('metric', [frame]);
  const { letters, groups } = await list();
  expect(letters).toMatchObject([
    { kind: 'frame', class: 'metric', host: 'web-1', reason: 'unknown_definition', items: 1, kept: true, tries: 0 },
  ]);
  expect(letters[0]!.message).toContain(page.hash);
  expect(groups).toMatchObject([{ reason: 'unknown_definition', letters: 1, items: 1 }]);
  const { id } = letters[0]!;
  const shown = await core.get<{ data: string; relay: string }>(`/api/v1/deadletters/${id}`);
  expect(Buffer.from(shown.data, 'base64').equals(Buffer.from(frame.frame))).toBe(true);
  expect(shown.relay).toBe('relay-1');
  const raw = await fetch(core.url(`/api/v1/deadletters/${id}`, { form: 'bytes' }));
  expect(Buffer.from(await raw.arrayBuffer()).equals(Buffer.from(frame.frame))).toBe(true);

  const asked = relay.received.filter((message) => message.need).length;
  expect((await post('replay', { filter: { ids: [id] } })).body).toMatchObject({
    replayed: 0,
    failed: [{ id, reason: 'unknown_definition', code: 'HG_FRAME_DEFINITION' }],
    next: null,
  });
  expect(relay.received.filter((message) => message.need).length).toBeGreaterThan(asked);
  expect((await list()).letters).toMatchObject([{ id, tries: 1 }]);

  relay.define('web-1', page);
  expect((await post('replay', { filter: { host: ['web-1'] } })).body).toMatchObject({ replayed: 1, failed: [] });
  expect((await list()).letters).toEqual([]);
  const found = await core.get<PrometheusAnswer<Vector>>('/api/v1/query', { query: 'lost_metric' });
  expect(found.data.result[0]).toMatchObject({
    metric: { instance: 'web-1', site: 'north' },
    value: [expect.anything(), '42'],
  });
  const after = await entryOf('metric');
  expect(after).toMatchObject({ in: { frames: 1, items: 1 }, out: { frames: 1, items: 1 }, dropped: {} });
  await restart();
  expect(await entryOf('metric')).toMatchObject({ in: after.in, out: after.out, dropped: {} });
  expect(readdirSync(join(core.directory, 'core', 'objects', 'dead-letters', 'metric'))).toEqual([]);
});

test('garbage stays garbage; a purge takes the bytes of what fits and leaves the neighbours and the account', async () => {
  const [one, two] = [new TestHost('web-1'), new TestHost('web-2')];
  const keep = garbage(two);
  await relay.deliver('log', [garbage(one), keep, garbage(one)]);
  await until('three letters', async () => (await list()).letters.length === 3);
  expect((await list({ host: 'web-2' })).letters).toHaveLength(1);
  expect((await list({ reason: 'undecodable', kind: 'frame' })).letters).toHaveLength(3);
  expect((await list({ reason: 'unknown_definition' })).letters).toEqual([]);
  expect((await list({ end: '1' })).letters).toEqual([]);
  const first = await list({ limit: '2' });
  const rest = await list({ limit: '2', cursor: first.next! });
  expect(new Set([...first.letters, ...rest.letters].map(({ id }) => id)).size).toBe(3);
  expect(rest.next).toBe(null);

  const again = await post('replay', { filter: { all: true }, limit: 2 });
  expect(again.body).toMatchObject({ replayed: 0, next: expect.any(String) });
  const more = await post('replay', { filter: { all: true }, limit: 2, cursor: again.body.next });
  expect(more.body).toMatchObject({ replayed: 0, next: null });
  const dropped = (await entryOf('log')).dropped;
  expect(Object.values(dropped)).toEqual([{ frames: 3, items: 21 }]);

  const dry = await post('purge', { filter: { host: ['web-1'] }, dryRun: true });
  expect(dry.body).toMatchObject({ letters: 2, dryRun: true });
  expect((await list()).letters).toHaveLength(3);
  expect((await post('purge', { filter: { host: ['web-1'] } })).body).toMatchObject({ letters: 2, dryRun: false });
  const left = (await list()).letters;
  expect(left).toMatchObject([{ host: 'web-2' }]);
  const shown = await core.get<{ data: string }>(`/api/v1/deadletters/${left[0]!.id}`);
  expect(Buffer.from(shown.data, 'base64').equals(Buffer.from(keep.frame))).toBe(true);
  const folder = join(core.directory, 'core', 'objects', 'dead-letters', 'log');
  const kept = Buffer.concat(readdirSync(folder).map((name) => readFileSync(join(folder, name))));
  expect(kept.includes(Buffer.from('web-2'))).toBe(true);
  expect(kept.includes(Buffer.from('web-1'))).toBe(false);
  await restart();
  expect((await entryOf('log')).dropped).toEqual(dropped);
  expect(imbalance(await entryOf('log'))).toEqual({ frames: 0, items: 0 });
});

test('lines of a frame that can be read after all are found; a kill between store and letter doubles nothing', async () => {
  const host = new TestHost('web-3');
  const { frame, received } = host.lines('log', [{ message: 'late but here' }, { message: 'and its neighbour' }]);
  await core.stop();
  const data = join(core.directory, 'core');
  const state = openState(data);
  const letters = new DeadLetters(
    new FolderObjects(join(data, 'objects')),
    state,
    Date.now,
    new LetterBudget(state, 1e6),
  );
  const { boot, sequence, class: dataClass } = decodeHeader(frame);
  const letter = {
    class: 'log' as const,
    host: 'web-3',
    relay: 'relay-1',
    site: 'north',
    received,
    skew: 0,
    lane: 'live' as const,
    id: { host: 'web-3', boot, class: dataClass, sequence },
    items: 2,
    reason: 'undecodable',
    code: 'HG_CORE_FAULT',
    message: 'a fault that was mended',
    frame,
  };
  const totals = { written: 0, repeated: 0 };
  const nothing = { samples: 0, repeated: 0, dropped: {}, frames: totals, bytes: 0, series: 0 };
  const account = new Account('x', {
    metrics: nothing as never,
    logs: { classes: {} } as never,
    waiting: new Map(),
    aside: { dropped: [], repeated: [] },
  });
  await letters.put([letter], account);
  state.close();
  await core.start(LIMITS);
  expect((await post('replay', { filter: { all: true } })).body).toMatchObject({ replayed: 1, failed: [] });
  const search = () => core.get<{ lines: { message: string }[] }>('/api/v1/logs', { q: 'neighbour' });
  await until('the lines', async () => (await search()).lines.length === 1);
  await until('its account', async () => (await entryOf('log')).out.items === 2);
  expect(await entryOf('log')).toMatchObject({ in: { frames: 1, items: 2 }, dropped: {} });

  // As if the core had been killed before the letter was taken away.
  await core.stop();
  const after = openState(data);
  await new DeadLetters(new FolderObjects(join(data, 'objects')), after, Date.now, new LetterBudget(after, 1e6)).put(
    [letter],
    account,
  );
  after.close();
  await core.start(LIMITS);
  expect((await post('replay', { filter: { all: true } })).body).toMatchObject({ replayed: 1 });
  await until('a repeat', async () => (await entryOf('log')).repeated.frames === 1);
  expect((await search()).lines).toHaveLength(1);
  expect((await list()).letters).toEqual([]);
});

test('lines that an engine refused: shown with their service, and kept when the store in use is another', async () => {
  await core.stop();
  const data = join(core.directory, 'core');
  const state = openState(data);
  const refused = new RefusedLines(
    new FolderObjects(join(data, 'objects')),
    state,
    Date.now,
    new LetterBudget(state, 1e6),
  );
  const frame = logFrame('web-4', 3, [logLine(1, 'good'), logLine(2, 'bad', { service: 'till' })]);
  await refused.put([{ frame, at: 1, reason: 'mapper_parsing_exception: no such day' }]);
  state.close();
  await core.start(LIMITS);
  const { letters } = await list({ service: 'till', reason: 'mapper_parsing_exception' });
  expect(letters).toMatchObject([{ kind: 'line', service: 'till', place: 1, reason: 'refused_by_store' }]);
  const shown = await core.get<{ line: { message: string } }>(`/api/v1/deadletters/${letters[0]!.id}`);
  expect(shown.line.message).toBe('bad');
  expect((await post('replay', { filter: { all: true } })).body).toMatchObject({
    replayed: 0,
    stopped: { code: 'HG_LOG_RESTORE' },
  });
  expect((await list()).letters).toMatchObject([{ message: 'mapper_parsing_exception: no such day', tries: 0 }]);
  expect((await post('purge', { filter: { kind: ['line'] } })).body).toMatchObject({ letters: 1 });
  expect((await list()).letters).toEqual([]);
});

test('letters past their age are purged by themselves; more bytes than may be kept are counted only', async () => {
  await core.stop();
  await core.start({ limits: { deadLetterBytes: '1KiB' }, retention: { deadLetters: '1s', every: '100ms' } });
  relay = await (await core.relay()).hello('north');
  const host = new TestHost('web-5');
  await relay.deliver(
    'log',
    Array.from({ length: 20 }, () => garbage(host)),
  );
  const all = await until('the letters', async () => {
    const page = await list();
    return page.letters.length === 20 ? page : null;
  });
  expect(all.letters.filter((letter) => letter.kept).length).toBeLessThan(10);
  expect(all.bytes).toBeLessThanOrEqual(1024);
  const without = all.letters.find((letter) => !letter.kept)!;
  expect((await post('replay', { filter: { ids: [without.id] } })).body).toMatchObject({
    failed: [{ reason: 'no_bytes' }],
  });
  await until('none', async () => (await list()).letters.length === 0);
  expect((await list()).bytes).toBe(0);
  expect((await entryOf('log')).dropped).toEqual({ undecodable: { frames: 20, items: 140 } });
});

test('only this machine, only JSON, and never everything by mistake', async () => {
  const evil = { origin: 'https://evil.example' };
  expect((await post('purge', { filter: { all: true } }, evil)).status).toBe(403);
  expect((await post('replay', { filter: { all: true } }, evil)).status).toBe(403);
  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  expect((await post('purge', { filter: { all: true } }, form)).status).toBe(400);
  expect((await post('purge', { filter: { all: true } }, { 'content-type': 'text/plain' })).status).toBe(400);
  expect((await post('purge', { filter: {} })).body.error).toContain('"all": true');
  expect((await post('purge', {})).status).toBe(400);
  expect((await post('purge', { filter: { hosts: ['web-1'] } })).status).toBe(400);
  expect((await post('replay', { filter: { all: true }, cursor: 'x' })).status).toBe(400);
  expect((await post('replay', { filter: { end: 'yesterday' } })).status).toBe(400);
  expect((await fetch(core.url(`/api/v1/deadletters/frame-${'0'.repeat(32)}`))).status).toBe(404);
});

test('series that an engine refused: listed with reason, series, samples and time, shown with labels, purged; without values no replay', async () => {
  await core.stop();
  const data = join(core.directory, 'core');
  const objects = new FolderObjects(join(data, 'objects'));
  const put = async (host: string, maxBytes: number, leftOut: string[]) => {
    const state = openState(data);
    const budget = new LetterBudget(state, maxBytes);
    const series = new RefusedSeries(
      objects,
      state,
      () => 5_000,
      budget,
      (id) => leftOut.push(id.host),
    );
    const page = pageOf([
      ['temperature', { room: 'a' }],
      ['temperature', { room: 'b' }],
      ['good', {}],
    ]);
    const frame = metricFrame(host, 1, [
      rowsOf(
        page,
        [1_000, 2_000],
        [
          [1, 2, 3],
          [4, 5, 6],
        ],
      ),
    ]);
    const refused = new RefusedSamples();
    const rows = { page, times: frame.rows[0]!.times, mask: null } as FrameRows;
    for (const column of [0, 1]) refused.refuse(rows, column, '400 label too odd');
    await series.put(frame, refused);
    await series.put(frame, refused);
    state.close();
  };
  const leftOut: string[] = [];
  await put('web-6', 1e6, leftOut);
  await put('web-7', 0, leftOut);
  expect(leftOut).toEqual(['web-7']);
  // As an earlier version left it: an object, and no row.
  const [name] = readdirSync(join(data, 'objects', 'dead-letters', 'series'));
  const state = openState(data);
  state.exec("DELETE FROM refused_series WHERE host = 'web-6'");
  state.close();
  await core.start(LIMITS);

  const { letters, groups } = await list({ kind: 'series', reason: 'refused_by_store' });
  expect(groups).toMatchObject([{ kind: 'series', reason: 'refused_by_store', code: '400', letters: 2, items: 8 }]);
  const of = (host: string) => letters.find((letter) => letter.host === host)!;
  expect(of('web-6')).toMatchObject({ id: `series-${name}`, class: 'metric', series: 2, items: 4, kept: true });
  expect(of('web-7')).toMatchObject({ series: 2, items: 4, kept: false, bytes: 0, time: 5_000 });
  const shown = await core.get<{ refused: unknown[] }>(`/api/v1/deadletters/${of('web-6').id}`);
  expect(shown.refused).toEqual(
    ['a', 'b'].map((room) => ({
      labels: { __name__: 'temperature', room, instance: 'web-6', site: 'north' },
      why: '400 label too odd',
      samples: 2,
    })),
  );
  const cli = (...args: string[]) => runCli(['deadletters', ...args, '--core', core.url('/').href]);
  expect((await cli('show', of('web-6').id)).out).toContain('temperature{instance="web-6", room="b", site="north"}');
  expect((await cli('ls', '--kind', 'series')).out).toContain('2 frames with refused series of class metric');

  const { id } = of('web-7');
  expect((await post('replay', { filter: { ids: [id] } })).body).toMatchObject({
    replayed: 0,
    failed: [{ id, reason: 'no_bytes', message: expect.stringContaining('were not kept') }],
  });
  expect((await list({ host: 'web-7' })).letters).toMatchObject([{ message: '400 label too odd' }]);
  // The embedded store refuses no series, so it is not the one to give them to.
  expect((await post('replay', { filter: { host: ['web-6'] } })).body).toMatchObject({
    replayed: 0,
    stopped: { code: 'HG_METRIC_RESTORE' },
  });
  expect((await post('purge', { filter: { kind: ['series'] } })).body).toMatchObject({ letters: 2 });
  expect((await list()).letters).toEqual([]);
  expect(readdirSync(join(data, 'objects', 'dead-letters', 'series'))).toEqual([]);
  await restart();
  expect(await list()).toMatchObject({ letters: [], bytes: 0 });
});
