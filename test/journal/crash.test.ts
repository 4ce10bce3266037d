import { spawn } from 'node:child_process';
import { mkdtemp, open, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Journal } from '../../lib/journal/journal.ts';
import { SEGMENT_HEADER_BYTES } from '../../lib/journal/record.ts';
import { balanceOf } from './balance.ts';
import { crashPayload } from './crash-payload.ts';
import { pick, type Random, seeded } from './random.ts';
import { journalOptions, readAll } from './setup.ts';

const LONG = process.env.HELIOGRAPH_LONG === '1';
const SEEDS = LONG ? 1000 : 12;
const FIRST = Number(process.env.HELIOGRAPH_SEED ?? 1);
const WRITER = new URL('./crash-writer.ts', import.meta.url).pathname;

/** Starts the writer, kills it after so many lines, and gives all the lines it wrote. */
function killedWriter(directory: string, seed: number, firstKey: number, afterLines: number): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [WRITER, directory, String(seed), String(firstKey)], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let out = '';
    let err = '';
    let lines = 0;
    child.stdout.on('data', (data: Buffer) => {
      out += data.toString();
      for (const byte of data) if (byte === 10) lines++;
      if (lines >= afterLines) child.kill('SIGKILL');
    });
    child.stderr.on('data', (data: Buffer) => {
      err += data.toString();
    });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (signal === 'SIGKILL') resolve(out.slice(0, out.lastIndexOf('\n')).split('\n'));
      else reject(new Error(`the writer ended with ${code}: ${err}`));
    });
  });
}

interface Hurt {
  /** In positions of the chain. */
  readonly from: number;
  readonly to: number;
}

/** Flips bytes and cuts files at random offsets. Gives the damaged parts of the chain. */
async function damage(directory: string, random: Random): Promise<Hurt[]> {
  const hurt: Hurt[] = [];
  const names = (await readdir(join(directory, 'log'))).sort();
  for (let i = 1 + pick(random, 4); i > 0 && names.length > 0; i--) {
    const name = names[pick(random, names.length)]!;
    const path = join(directory, 'log', name);
    const size = (await stat(path)).size;
    const start = Number(name.slice(0, 16));
    const at = pick(random, size);
    const file = await open(path, 'r+');
    if (random() < 0.3) {
      await file.truncate(at);
      hurt.push({ from: start + Math.max(0, at - SEGMENT_HEADER_BYTES), to: start + size });
    } else {
      const bytes = Buffer.alloc(Math.min(1 + pick(random, 40), Math.max(0, size - at)));
      await file.read(bytes, 0, bytes.length, at);
      for (let byte = 0; byte < bytes.length; byte++) bytes[byte]! ^= 1 + pick(random, 255);
      await file.write(bytes, 0, bytes.length, at);
      if (at + bytes.length > SEGMENT_HEADER_BYTES) {
        hurt.push({
          from: start + Math.max(0, at - SEGMENT_HEADER_BYTES),
          to: start + at + bytes.length - SEGMENT_HEADER_BYTES,
        });
      }
    }
    await file.close();
  }
  if (random() < 0.3) {
    const path = join(directory, `cursors-${pick(random, 2)}.log`);
    const file = await open(path, 'r+');
    const at = pick(random, 20_000);
    await file.write(Buffer.from([1, 2, 3, 4, 5]), 0, 5, at);
    await file.close();
  }
  return hurt;
}

async function oneSeed(seed: number): Promise<void> {
  const random = seeded(seed);
  const directory = await mkdtemp(join(tmpdir(), 'heliograph-crash-'));
  try {
    const durable = new Set<number>();
    const done = new Set<number>();
    let next = 1;
    for (let kills = 1 + pick(random, 3); kills > 0; kills--) {
      for (const line of await killedWriter(directory, pick(random, 1e9), next, 1 + pick(random, 600))) {
        const key = Number(line.slice(2));
        if (line.startsWith('a ')) durable.add(key);
        else if (line.startsWith('d ')) done.add(key);
        next = Math.max(next, key + 1);
      }
      next += 100;
    }
    // Once without damage: everything is there.
    const where = new Map<number, readonly [number, number]>();
    let journal = await Journal.open(journalOptions(directory));
    let before = 0;
    for (const { key, bytes, start, end } of await readAll(journal.reader('log', 'main'), 0)) {
      expect(key).toBeGreaterThan(before);
      before = key;
      expect(Buffer.compare(bytes, crashPayload(key))).toBe(0);
      where.set(key, [start, end]);
    }
    const missing = [...durable].filter((key) => !where.has(key) && !done.has(key));
    expect(missing, `seed ${seed}: lost by the kill`).toEqual([]);
    expect(balanceOf(journal.totals('log', 'main'))).toEqual([]);
    expect(journal.totals('log', 'main').queued.records).toBe(where.size);
    await journal.close();
    // Then with damage: everything outside of it is there.
    const hurt = await damage(directory, random);
    let told = 0;
    journal = await Journal.open(journalOptions(directory, { onDamage: () => told++ }));
    const after = new Set<number>();
    before = 0;
    for (const { key, bytes } of await readAll(journal.reader('log', 'main'), 0)) {
      expect(key, `seed ${seed}: order`).toBeGreaterThan(before);
      before = key;
      expect(Buffer.compare(bytes, crashPayload(key))).toBe(0);
      after.add(key);
    }
    let lost = 0;
    for (const [key, [start, end]] of where) {
      const inside = hurt.some(({ from, to }) => from < end && to > start);
      if (!inside)
        expect(after.has(key), `seed ${seed}: record ${key} at ${start} is lost outside the damage`).toBe(true);
      if (!after.has(key)) lost++;
    }
    const totals = journal.totals('log', 'main');
    expect(balanceOf(totals), `seed ${seed}`).toEqual([]);
    expect(totals.queued.records, `seed ${seed}`).toBe(after.size);
    if (lost > 0) {
      expect(told, `seed ${seed}`).toBeGreaterThan(0);
      expect(totals.dropped.corrupt?.records ?? 0, `seed ${seed}`).toBe(lost);
    }
    // It takes new records, and the position of an old one is never used again.
    const position = await journal.appendDurably('log', { bytes: crashPayload(1e6), items: 1, key: 1e6 });
    for (const [, end] of where.values()) expect(position, `seed ${seed}`).toBeGreaterThanOrEqual(end);
    expect((await readAll(journal.reader('log', 'main'), 0)).at(-1)?.key).toBe(1e6);
    await journal.close();
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

test(`kill -9, then cut files and flipped bytes: seeds ${FIRST} to ${FIRST + SEEDS - 1}`, {
  timeout: 3_600_000,
}, async () => {
  for (let seed = FIRST; seed < FIRST + SEEDS; seed++) {
    await oneSeed(seed).catch((error) => {
      throw new Error(`seed ${seed}: ${error}`, { cause: error });
    });
  }
});
