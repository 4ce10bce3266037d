import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { JournalRecord } from '../../lib/journal/contract.ts';
import { Journal } from '../../lib/journal/journal.ts';
import { ledgerEntry } from '../../lib/journal/ledger-entry.ts';
import { imbalance } from '../../lib/ledger.ts';
import { balanceOf } from './balance.ts';
import { pick, type Random, seeded } from './random.ts';
import { journalOptions, readAll } from './setup.ts';

const SEEDS = process.env.HELIOGRAPH_LONG === '1' ? 300 : 15;
const NAMES = ['alert', 'metric', 'debug'];
const READERS = ['live', 'backfill'];

/** Random appends, reads in two lanes, acknowledgements, caps, flushes and restarts; after every step each account balances. */
async function oneSeed(random: Random, directory: string): Promise<void> {
  const options = journalOptions(directory, {
    chains: NAMES.map((name, rank) => ({
      name,
      rank,
      policy: rank === 0 ? 'push-back' : 'drop-oldest',
      readers: READERS,
    })),
    segmentBytes: 3_000,
    maxBytes: 30_000,
    cursorMs: 1,
    mode: random() < 0.3 ? 'memory' : 'disk',
    memoryBytes: 10_000,
  });
  let journal = await Journal.open(options);
  let key = 0;
  const taken = new Map(NAMES.map((name) => [name, 0]));
  const given = new Map<string, JournalRecord[]>();
  for (let step = 0; step < 400; step++) {
    const name = NAMES[pick(random, 3)]!;
    const reader = READERS[pick(random, 2)]!;
    const mine = `${name} ${reader}`;
    const dice = random();
    if (dice < 0.5) {
      const record = { bytes: new Uint8Array(pick(random, 900)), items: pick(random, 10), key: ++key };
      await journal.appendDurably(name, record).then(
        () => taken.set(name, taken.get(name)! + 1),
        (error) => expect(error.code).toBe('HG_JOURNAL_FULL'),
      );
    } else if (dice < 0.7) {
      // One lane from the floor, one from near the end.
      const from = random() < 0.5 ? 0 : Math.max(0, journal.end(name) - 4_000);
      const start = from === 0 ? 0 : ((await journal.reader(name, reader).read(0, 1)).records[0]?.start ?? 0);
      const { records } = await journal.reader(name, reader).read(start, 1_000 + pick(random, 9_000));
      given.set(mine, [...(given.get(mine) ?? []), ...records]);
    } else if (dice < 0.9) {
      const records = given.get(mine) ?? [];
      for (let i = pick(random, 5); i > 0 && records.length > 0; i--) {
        const record = records.splice(pick(random, records.length), 1)[0]!;
        const outcome = random() < 0.8 ? 'out' : random() < 0.5 ? 'repeated' : { dropped: 'undecodable' };
        journal.reader(name, reader).acknowledge(record, outcome);
      }
    } else if (dice < 0.95) await journal.flush();
    else if (dice < 0.97) {
      const before = NAMES.map((each) => READERS.map((one) => journal.totals(each, one)));
      await journal.close();
      journal = await Journal.open(options);
      expect(NAMES.map((each) => READERS.map((one) => journal.totals(each, one)))).toEqual(before);
    }
    expect(journal.bytes()).toBeLessThanOrEqual(30_000);
    for (const each of NAMES) {
      for (const one of READERS) {
        const totals = journal.totals(each, one);
        expect(balanceOf(totals)).toEqual([]);
        expect(totals.in.records).toBe(taken.get(each));
        expect(imbalance(ledgerEntry('log', totals))).toEqual({ frames: 0, items: 0 });
      }
    }
  }
  for (const each of NAMES) {
    for (const one of READERS) {
      const records = await readAll(journal.reader(each, one), 0, 2_000);
      expect(records.length).toBe(journal.totals(each, one).queued.records);
      expect(records.reduce((sum, record) => sum + record.items, 0)).toBe(journal.totals(each, one).queued.items);
    }
  }
  await journal.close();
}

test(`the account balances whatever is done: seeds 1 to ${SEEDS}`, { timeout: 1_800_000 }, async () => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const directory = await mkdtemp(join(tmpdir(), 'heliograph-property-'));
    try {
      await oneSeed(seeded(seed), directory);
    } catch (error) {
      throw new Error(`seed ${seed}: ${error}`, { cause: error });
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  }
});
