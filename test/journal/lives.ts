import { crc32 } from 'node:zlib';
import type { JournalOptions, JournalRecord } from '../../lib/journal/contract.ts';
import { Journal } from '../../lib/journal/journal.ts';
import { balanceOf } from './balance.ts';
import { pick, type Random, seeded } from './random.ts';
import { readAll } from './setup.ts';
import { Life, type Refusal, SimulatedDisk } from './simulated-disk.ts';

const NAMES = ['error', 'log'] as const;

/** What the world outside knows of one chain: whom the journal gave its word. */
class Known {
  readonly payloads = new Map<number, number>();
  /** Their `done` came, or they were read after a restart: they must never be missing. */
  readonly durable = new Set<number>();
  /** In memory mode: their `done` came, no flush did yet. */
  readonly inMemory = new Set<number>();
  readonly acknowledged = new Set<number>();
  /** Acknowledged before a flush that was answered: they must never come again. */
  readonly finished = new Set<number>();
}

export interface LivesResult {
  readonly problems: string[];
  readonly sites: ReadonlySet<string>;
}

export interface LivesOptions {
  /** What the disk refuses, in all lives but the last. */
  readonly refusal?: (random: Random) => Refusal;
  /** A small cap, and `log` drops its oldest. */
  readonly cap?: boolean;
  /** Memory mode: only what was flushed is promised. */
  readonly memory?: boolean;
}

/**
 * Runs several lives of a journal on one simulated disk. Each ends at a random moment, by a kill or a power cut. After each it is
 * checked that nothing the journal gave its word for is missing, that nothing comes twice or in another order, and that the account balances.
 */
export async function runLives(
  seed: number,
  ignoredSite: string | null,
  more: LivesOptions = {},
): Promise<LivesResult> {
  const random = seeded(seed);
  const disk = new SimulatedDisk();
  const known = new Map(NAMES.map((name) => [name as string, new Known()]));
  const problems: string[] = [];
  const sites = new Set<string>();
  const state = { set: 0, flushed: 0 };
  let key = 1;
  let time = 1_000_000;
  const lives = 2 + pick(random, 5);
  for (let round = 0; round <= lives; round++) {
    const last = round === lives;
    const life = new Life(disk, random, time, ignoredSite, last ? undefined : more.refusal?.(random));
    try {
      key = await oneLife(life, random, known, state, problems, key, last, more);
    } catch (error) {
      problems.push(`life ${round}: ${String(error)}`);
    }
    for (const site of life.sites) sites.add(site);
    time = life.time + 1000;
    if (problems.length > 0) break;
    if (random() < 0.5) disk.powerCut(random);
  }
  return { problems: problems.map((problem) => `seed ${seed}: ${problem}`), sites };
}

async function oneLife(
  life: Life,
  random: Random,
  known: Map<string, Known>,
  state: { set: number; flushed: number },
  problems: string[],
  firstKey: number,
  last: boolean,
  { cap = false, memory = false }: LivesOptions,
): Promise<number> {
  // A chain may come later, as when a configuration names a new one.
  const all = random() < 0.5 || [...known.values()].slice(1).some((of) => of.payloads.size > 0);
  const chains = all ? NAMES : NAMES.slice(0, 1);
  const options: JournalOptions = {
    directory: '/journal',
    files: life.files,
    chains: chains.map((name, rank) => ({
      name,
      rank,
      policy: cap && name === 'log' ? 'drop-oldest' : 'push-back',
      readers: ['main'],
    })),
    now: life.now,
    crc32,
    timer: life.timer,
    segmentBytes: 800,
    maxBytes: cap ? 6_000 : 1_000_000,
    lingerMs: pick(random, 3),
    mode: memory ? 'memory' : 'disk',
    memoryBytes: 2_000,
    cursorMs: 5,
  };
  let key = firstKey;
  let stopAt = last ? Number.POSITIVE_INFINITY : 5 + pick(random, random() < 0.4 ? 40 : 400);
  let journal: Journal | null = null;
  const opening = Journal.open(options).then(
    (opened) => {
      journal = opened;
    },
    (error) => {
      // A disk that refuses is allowed to refuse the opening.
      if ((error as { code?: string }).code !== 'HG_JOURNAL_DISK') problems.push(`open: ${error}`);
      stopAt = 0;
    },
  );
  for (; stopAt > 0 && !journal; stopAt--) await life.tick();
  if (!journal) {
    life.end();
    return key;
  }
  await opening;
  // Typescript does not see the assignment in the callback.
  const open = journal as Journal;
  for (const name of chains) await check(life, open, name, known.get(name)!, problems);
  const blob = open.state('n');
  const found = blob === undefined ? 0 : blob[0]! + blob[1]! * 256;
  if (found < state.flushed || found > state.set)
    problems.push(`state ${found}, flushed ${state.flushed}, set ${state.set}`);
  state.flushed = found;
  state.set = found;
  if (last || problems.length > 0) {
    await life.until(open.close());
    return key;
  }
  const waiting = new Map<string, JournalRecord[]>(chains.map((name) => [name, []]));
  const positions = new Map<string, number>(chains.map((name) => [name, 0]));
  const reading = new Set<string>();
  for (; stopAt > 0; stopAt--) {
    const name = chains[pick(random, chains.length)]!;
    const of = known.get(name)!;
    const dice = random();
    if (dice < 0.3) {
      const own = key++;
      const size = 4 + pick(random, 300);
      of.payloads.set(own, size);
      open.append(name, { bytes: payload(own, size), items: (own % 7) + 1, key: own }, (error) => {
        if (!error) (memory ? of.inMemory : of.durable).add(own);
      });
    } else if (dice < 0.4 && !reading.has(name)) {
      reading.add(name);
      open
        .reader(name, 'main')
        .read(positions.get(name)!, 500)
        .then(
          ({ records, next }) => {
            reading.delete(name);
            positions.set(name, next);
            waiting.get(name)!.push(...records);
          },
          (error) => problems.push(`read: ${error}`),
        );
    } else if (dice < 0.5) {
      const list = waiting.get(name)!;
      if (list.length > 0) {
        const record = list.splice(random() < 0.7 ? 0 : pick(random, list.length), 1)[0]!;
        open.reader(name, 'main').acknowledge(record, random() < 0.9 ? 'out' : 'repeated');
        of.acknowledged.add(record.key);
      }
    } else if (dice < 0.53) {
      state.set++;
      open.setState('n', new Uint8Array([state.set & 0xff, state.set >>> 8]));
    } else if (dice < 0.56) {
      const set = state.set;
      const done = chains.map((chain) => [...known.get(chain)!.acknowledged]);
      const kept = chains.map((chain) => [...known.get(chain)!.inMemory]);
      open.flush().then(
        () => {
          state.flushed = Math.max(state.flushed, set);
          chains.forEach((chain, i) => {
            for (const each of done[i]!) known.get(chain)!.finished.add(each);
            for (const each of kept[i]!) known.get(chain)!.durable.add(each);
          });
        },
        (error) => {
          if ((error as { code?: string }).code !== 'HG_JOURNAL_DISK') problems.push(`flush: ${error}`);
        },
      );
    }
    await life.tick();
  }
  life.end();
  return key;
}

function payload(key: number, size: number): Uint8Array {
  return new Uint8Array(size).map((_, i) => key * 31 + i);
}

async function check(life: Life, journal: Journal, name: string, known: Known, problems: string[]): Promise<void> {
  const reader = journal.reader(name, 'main');
  const records = await life.until(readAll(reader, 0, 700));
  const seen = new Set<number>();
  const drops = journal.drops().filter((drop) => drop.chain === name);
  let before = 0;
  for (const { key, bytes, items } of records) {
    if (key <= before) problems.push(`${name}: ${key} comes after ${before}`);
    before = key;
    seen.add(key);
    const size = known.payloads.get(key);
    if (size === undefined || Buffer.compare(bytes, payload(key, size)) !== 0 || items !== (key % 7) + 1) {
      problems.push(`${name}: ${key} is not what was appended`);
    }
    if (known.finished.has(key)) problems.push(`${name}: ${key} comes again although it was done durably`);
    // Whoever sees it now relies on it, whether its `done` came or not.
    known.durable.add(key);
  }
  for (const key of known.durable) {
    if (drops.some((drop) => drop.firstKey <= key && key <= drop.lastKey)) {
      if (seen.has(key)) problems.push(`${name}: ${key} is dropped and there`);
    } else if (!seen.has(key) && !known.acknowledged.has(key)) problems.push(`${name}: ${key} is lost`);
  }
  known.inMemory.clear();
  // What came again is to be acknowledged again; what did not is done for good.
  for (const key of [...known.acknowledged]) {
    if (seen.has(key)) known.acknowledged.delete(key);
    else known.finished.add(key);
  }
  problems.push(...balanceOf(journal.totals(name, 'main')).map((problem) => `${name}: ${problem}`));
  if (journal.totals(name, 'main').queued.records !== records.length) {
    problems.push(
      `${name}: ${records.length} readable, ${journal.totals(name, 'main').queued.records} counted as queued`,
    );
  }
}
