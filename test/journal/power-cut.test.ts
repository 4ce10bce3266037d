import { describe, expect, test } from 'vitest';
import { runLives } from './lives.ts';
import type { Random } from './random.ts';

const LONG = process.env.HELIOGRAPH_LONG === '1';
const SEEDS = LONG ? 1000 : 60;
/** How many seeds a missing sync may hide in. */
const HUNT = LONG ? 5000 : 2000;
const FIRST = Number(process.env.HELIOGRAPH_SEED ?? 1);

describe('power cut and kill at random moments', () => {
  test(`seeds ${FIRST} to ${FIRST + SEEDS - 1}: nothing acknowledged is lost, doubled or out of order`, {
    timeout: 1_800_000,
  }, async () => {
    for (let seed = FIRST; seed < FIRST + SEEDS; seed++) expect((await runLives(seed, null)).problems).toEqual([]);
  });

  test(`the same under a cap: what is missing is in a durable drop record`, { timeout: 1_800_000 }, async () => {
    for (let seed = FIRST; seed < FIRST + SEEDS; seed++) {
      expect((await runLives(seed, null, { cap: true })).problems).toEqual([]);
    }
  });

  test('in memory mode what was flushed is kept', { timeout: 1_800_000 }, async () => {
    for (let seed = FIRST; seed < FIRST + SEEDS; seed++) {
      expect((await runLives(seed, null, { memory: true })).problems).toEqual([]);
    }
  });

  test('the same on a disk that is full or fails at random', { timeout: 1_800_000 }, async () => {
    const refusal = (random: Random) => {
      const rate = random() * 0.2;
      return () =>
        random() < rate ? Object.assign(new Error('refused'), { code: random() < 0.5 ? 'ENOSPC' : 'EIO' }) : null;
    };
    for (let seed = FIRST; seed < FIRST + SEEDS; seed++) {
      expect((await runLives(seed, null, { refusal })).problems).toEqual([]);
      expect((await runLives(seed, null, { refusal, cap: true })).problems).toEqual([]);
      expect((await runLives(seed, null, { refusal, cap: true, memory: true })).problems).toEqual([]);
    }
  });

  test('without any one sync the same test finds a loss', { timeout: 3_600_000 }, async () => {
    const sites = new Set<string>();
    for (let seed = 1; seed <= 20; seed++) for (const site of (await runLives(seed, null)).sites) sites.add(site);
    expect(sites.size).toBeGreaterThanOrEqual(8);
    const found: Record<string, string> = {};
    for (const site of sites) {
      for (let seed = 1; seed <= HUNT && !found[site]; seed++) {
        const { problems } = await runLives(seed, site);
        if (problems.length > 0) found[site] = problems[0]!;
      }
    }
    console.log([...sites].map((site) => `without ${site}: ${found[site] ?? 'no loss found'}`).join('\n'));
    expect([...sites].filter((site) => !found[site])).toEqual([]);
  });
});
