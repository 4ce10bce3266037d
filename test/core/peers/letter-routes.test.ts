import fastify from 'fastify';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { LetterDesk } from '../../../core/letters/desk.ts';
import type { LetterFilter } from '../../../core/letters/list.ts';
import { addLetterRoutes } from '../../../core/peers/letters.ts';
import { silentLog } from '../../../lib/log.ts';

let app: ReturnType<typeof fastify>;
const purged: LetterFilter[] = [];
const lines: [string, unknown][] = [];

beforeEach(() => {
  app = fastify({ logger: false });
  const desk: Partial<LetterDesk> = {
    purge: async (filter) => {
      purged.push(filter);
      return { letters: 1, bytes: 2, groups: [], away: [] };
    },
    replay: async () => ({ replayed: 1, failed: [], next: null, stopped: null, away: [] }),
  };
  const log = { ...silentLog, info: (message: string, facts?: unknown) => lines.push([message, facts]) };
  addLetterRoutes(app, desk as LetterDesk, log, () => 'console-1');
});
afterEach(async () => {
  await app.close();
  purged.length = 0;
  lines.length = 0;
});

const post = (what: string, payload: object) =>
  app.inject({ method: 'POST', url: `/peer/v1/letters/${what}`, payload });

test('a condition or a key that is not known here is refused, and nothing is purged', async () => {
  for (const body of [
    { filter: { hosts: ['web-1'], sites: ['north'] }, dryRun: false },
    { filter: { hosts: ['web-1'] }, dryRun: false, before: 5 },
    { filter: {}, dryRun: false, all: true },
  ]) {
    const answer = await post('purge', body);
    expect(answer.statusCode).toBe(400);
    expect((answer.json() as { error: string }).error).toMatch(/sites|before|all/);
  }
  expect((await post('replay', { filter: {}, limit: 1, place: null, at: '' })).statusCode).toBe(400);
  expect(purged).toEqual([]);
  expect(lines).toEqual([]);
});

test('a replay and a purge leave a line that says whose certificate asked for what; a dry run leaves none', async () => {
  const filter = { hosts: ['web-1'] };
  expect((await post('purge', { filter, dryRun: true })).statusCode).toBe(200);
  expect(lines).toEqual([]);
  await post('purge', { filter, dryRun: false });
  await post('replay', { filter, limit: 5, place: null });
  expect(purged).toEqual([filter, filter]);
  expect(lines).toEqual([
    [expect.stringContaining('purge'), { peer: 'console-1', asked: JSON.stringify({ filter, dryRun: false }) }],
    [
      expect.stringContaining('replay'),
      { peer: 'console-1', asked: JSON.stringify({ filter, limit: 5, place: null }) },
    ],
  ]);
});
