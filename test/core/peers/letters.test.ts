import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { AllDesks } from '../../../core/letters/all-desks.ts';
import type { Away, LetterDesk, LetterShown, LetterView } from '../../../core/letters/desk.ts';
import { imbalance, type Ledger } from '../../../lib/ledger.ts';
import { TestCore } from '../../support/core/core.ts';
import { TestHost } from '../../support/core/host.ts';
import { TestRelay } from '../../support/core/relay.ts';
import { runCli } from '../../support/run-cli.ts';
import { until } from '../../support/until.ts';

/** Two cores that set letters aside, and a console that asks both. */
let first: TestCore;
let second: TestCore;
let console: TestCore;
let relays: TestRelay[];

beforeEach(async () => {
  const started = { peers: { listen: '127.0.0.1:0' }, limits: { definitionWait: '100ms' } };
  first = await (await TestCore.make()).start({ name: 'gateway-1', ...started });
  const part = async (name: string, more: object) => {
    const core = await TestCore.make();
    const files = await first.issue(name, 'core');
    const tls = { ...files, revoked: join(first.directory, 'ca', 'revoked.txt') };
    return core.start({ name, tls, ...more });
  };
  second = await part('gateway-2', started);
  console = await part('console-1', { peers: { ask: [first, second].map(({ peers }) => `127.0.0.1:${peers.port}`) } });
  const files = await first.issue('relay-2', 'relay');
  relays = [await first.relay('relay-1'), new TestRelay(second.port, 'relay-2', files)];
  for (const relay of relays) await relay.hello('north');
  await until('both are heard', async () => (await console.get<{ well: boolean }>('/healthz')).well);
});
afterEach(async () => {
  for (const relay of relays ?? []) relay.close();
  for (const core of [console, second, first]) await core?.remove();
});

interface Page {
  letters: LetterView[];
  next: string | null;
  groups: { letters: number; items: number }[];
  bytes: number;
  away: Away[];
}
const list = (parameters: Record<string, string> = {}) => console.get<Page>('/api/v1/deadletters', parameters);

async function post<T>(what: string, body: object): Promise<T> {
  const headers = { 'content-type': 'application/json' };
  const url = console.url(`/api/v1/deadletters/${what}`);
  return (await (await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })).json()) as T;
}

test('the console lists, shows, replays and purges the letters of all, says where each lies, and names who is away', async () => {
  const pages = [];
  for (const [i, relay] of relays.entries()) {
    const host = new TestHost(`web-${i}`);
    const page = host.page([{ name: `lost_${i}` }]);
    pages.push(page);
    for (const n of [1, 2]) await relay.deliver('metric', [host.metrics(page, [[Date.now() - n, [n]]])]);
  }
  const { letters, groups, away, bytes } = await list();
  expect(away).toEqual([]);
  expect(letters.map(({ process, host }) => [process, host]).sort()).toEqual([
    ['gateway-1', 'web-0'],
    ['gateway-1', 'web-0'],
    ['gateway-2', 'web-1'],
    ['gateway-2', 'web-1'],
  ]);
  expect(groups).toMatchObject([{ letters: 4, items: 4 }]);
  expect(bytes).toBe(letters.reduce((sum, letter) => sum + letter.bytes, 0));
  const seen: string[] = [];
  for (let cursor: string | null = null; ; ) {
    const page: Page = await list({ limit: '1', order: 'oldest', ...(cursor === null ? {} : { cursor }) });
    seen.push(...page.letters.map(({ id }) => id));
    cursor = page.next;
    if (cursor === null) break;
  }
  expect(seen).toEqual(letters.map(({ id }) => id).reverse());

  const there = letters.find(({ process }) => process === 'gateway-2')!;
  const shown = await console.get<LetterShown>(`/api/v1/deadletters/${there.id}`);
  expect(shown).toMatchObject({ process: 'gateway-2', relay: 'relay-2', kept: true });
  const bytesThere = await fetch(console.url(`/api/v1/deadletters/${there.id}`, { form: 'bytes' }));
  expect((await bytesThere.arrayBuffer()).byteLength).toBe(there.bytes);

  // Two at the second are taken, over several steps; two at the first fail again.
  relays[1]!.define('web-1', pages[1]!);
  const failed: { process: string }[] = [];
  let replayed = 0;
  for (let cursor: string | null = null; ; ) {
    const step: { replayed: number; failed: typeof failed; next: string | null; away: Away[] } = await post('replay', {
      filter: { all: true },
      limit: 1,
      cursor,
    });
    expect(step.away).toEqual([]);
    replayed += step.replayed;
    failed.push(...step.failed);
    cursor = step.next;
    if (cursor === null) break;
  }
  expect(replayed).toBe(2);
  expect(failed.map(({ process }) => process)).toEqual(['gateway-1', 'gateway-1']);
  const { data } = await second.get<{ data: { result: unknown[] } }>('/api/v1/query', { query: 'lost_1' });
  expect(data.result).toHaveLength(1);
  const { tiers } = await second.get<{ tiers: Ledger[] }>('/api/v1/ledger');
  for (const entry of tiers.at(-1)!.entries) expect(imbalance(entry)).toEqual({ frames: 0, items: 0 });

  await second.stop();
  const rest = await list();
  expect(rest.letters.map(({ process }) => process)).toEqual(['gateway-1', 'gateway-1']);
  expect(rest.away).toMatchObject([{ process: 'gateway-2', why: expect.stringContaining('HG_PEER') }]);
  const cli = (...args: string[]) => runCli(['deadletters', ...args, '--core', console.url('/').href]);
  const ls = await cli('ls');
  expect(ls.code).toBe(0);
  expect(ls.out).toMatch(/ PROCESS *\n/);
  expect(ls.out).toMatch(/unknown_definition +HG_FRAME_DEFINITION +gateway-1/);
  expect(ls.err).toContain('gateway-2 could not be asked');
  const missing = await console.get<{ error: string }>(`/api/v1/deadletters/frame-${'0'.repeat(32)}`);
  expect(missing.error).toContain('gateway-2 could not be asked');
  const purged = await cli('purge', '--all', '--yes');
  expect(purged.out).toContain('2 dead letters');
  expect(purged.err).toContain('gateway-2 could not be asked');
  expect(purged.code).toBe(1);
  expect((await list()).letters).toEqual([]);
});

test('letters of the very same place in two processes stay on one page', async () => {
  const letter = (id: string, process: string) => ({ id, time: 5, process }) as LetterView;
  const desk = (process: string, ids: string[]): LetterDesk =>
    ({
      find: async ({ limit }) => ({
        letters: ids.slice(0, limit).map((id) => letter(id, process)),
        more: ids.length > limit,
        groups: [],
        bytes: 0,
        maxBytes: 0,
        away: [],
      }),
    }) as Partial<LetterDesk> as LetterDesk;
  const other = { address: 'a:1', name: () => 'two', desk: desk('two', ['frame-a', 'frame-b']) };
  const all = new AllDesks(desk('one', ['frame-a', 'frame-b']), [other], 'one');
  const found = await all.find({ filter: {}, order: 'oldest', limit: 1, after: null });
  expect(found.letters.map(({ id, process }) => [id, process])).toEqual([
    ['frame-a', 'one'],
    ['frame-a', 'two'],
  ]);
  expect(found.more).toBe(true);
});
