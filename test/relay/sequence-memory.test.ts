import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { decodeMultiple, encode } from 'cbor-x';
import { afterEach, expect, test } from 'vitest';
import type { JournalReader } from '../../lib/journal/contract.ts';
import { Journal } from '../../lib/journal/journal.ts';
import { RECORD_HEADER_BYTES } from '../../lib/journal/record.ts';
import type { Amount } from '../../lib/ledger.ts';
import { silentLog } from '../../lib/log.ts';
import { nodeFiles } from '../../lib/node-files.ts';
import { makeBoot } from '../../proto/hash.ts';
import { frameChains } from '../../relay/chains.ts';
import { encodeRecord } from '../../relay/record.ts';
import { FORWARD_READER, SequenceMemory } from '../../relay/sequence-memory.ts';
import type { Pairs } from '../../relay/sequence-snapshot.ts';
import { Random } from '../proto/random.ts';

const BOOT = makeBoot(1, new Uint8Array(8));
const ITEMS = 3;
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A journal with what a relay knows of one class, without the relay. */
class Shelf {
  readonly directory = mkdtempSync(join(tmpdir(), 'sequences-'));
  readonly file = join(this.directory, 'sequences-metric.snapshot');
  journal!: Journal;
  memory!: SequenceMemory;
  #forward!: JournalReader;
  #taken: { host: string; sequence: number; start: number; end: number; items: number }[] = [];

  async open(): Promise<this> {
    this.journal = await Journal.open({
      directory: join(this.directory, 'journal'),
      files: nodeFiles,
      chains: frameChains(0),
      now: () => performance.now(),
      crc32,
      timer: (run, ms) => {
        const timer = setTimeout(run, ms);
        return () => clearTimeout(timer);
      },
      segmentBytes: 1 << 20,
      maxBytes: 1 << 28,
      lingerMs: 0,
      mode: 'disk',
    });
    const { directory, journal } = this;
    this.memory = new SequenceMemory({
      class: 'metric',
      directory,
      files: nodeFiles,
      journal,
      now: () => performance.now(),
    });
    this.#forward = journal.reader('metric', FORWARD_READER);
    await this.memory.restore(silentLog);
    return this;
  }

  /** As the intake does. */
  take(host: string, sequence: number): void {
    const definitions: string[] = [];
    const bytes = encodeRecord({
      host,
      received: 0,
      skew: 0,
      boot: BOOT,
      sequence,
      definitions,
      frame: Buffer.alloc(9),
    });
    this.journal.append('metric', { bytes, items: ITEMS, key: 0 }, (error, start) => {
      if (error) throw error;
      const state = this.memory.sequences.of(host, BOOT);
      state.received.add(sequence);
      state.account.in.frames++;
      state.account.in.items += ITEMS;
      this.#taken.push({ host, sequence, start, end: start + RECORD_HEADER_BYTES + bytes.length, items: ITEMS });
    });
  }

  /** As the forwarder does, with some of those that are there. */
  forward(random: Random): void {
    const one = this.#taken.splice(random.below(this.#taken.length), 1)[0];
    if (!one || !this.#forward.acknowledge(one, 'out')) return;
    const state = this.memory.sequences.of(one.host, BOOT);
    state.claimed.add(one.sequence);
    state.settled.add(one.sequence);
    state.account.out.frames++;
    state.account.out.items += ITEMS;
  }

  get queued(): number {
    return this.#taken.length;
  }

  known(): Record<string, [Pairs, Pairs, Amount, Amount, Amount]> {
    const known: ReturnType<Shelf['known']> = {};
    const { sequences } = this.memory;
    for (const host of sequences.hosts()) {
      for (const { received, settled, account } of sequences.boots(host).values()) {
        known[host] = [received.pairs(), settled.pairs(), account.in, account.out, account.repeated];
      }
    }
    return known;
  }
}

let shelf: Shelf;
afterEach(async () => {
  await shelf.journal.close();
  rmSync(shelf.directory, { recursive: true, force: true });
});

/** No number comes twice. */
let sequence = 1;

/** Frames come and go, of old hosts and new, until `over`. */
async function traffic(random: Random, over: () => boolean): Promise<void> {
  while (!over() || shelf.queued === 0) {
    for (let i = 0; i < 5; i++) shelf.take(`h${random.below(1200)}`, ++sequence);
    for (let i = 0; i < 4; i++) shelf.forward(random);
    await turn();
  }
  await shelf.journal.flush();
}

test('a snapshot that is made while frames come and go counts nothing twice and leaves nothing out', async () => {
  for (const seed of [1, 2]) {
    const random = new Random(seed);
    shelf = await new Shelf().open();
    for (let i = 0; i < 1000; i++) shelf.take(`h${i}`, 1);
    await shelf.journal.flush();
    for (let i = 0; i < 700; i++) shelf.forward(random);
    for (let round = 0; round < 2; round++) {
      let saved = false;
      const saving = shelf.memory.save().then(() => {
        saved = true;
      });
      await traffic(random, () => saved);
      await saving;
    }
    const before = shelf.known();
    expect(existsSync(shelf.file)).toBe(true);
    expect((decodeMultiple(readFileSync(shelf.file)) as unknown as unknown[]).length).toBeGreaterThan(10);
    await shelf.journal.close();
    await shelf.open();
    expect(shelf.known(), `seed ${seed}`).toEqual(before);
    if (seed === 1) {
      await shelf.journal.close();
      rmSync(shelf.directory, { recursive: true });
    }
  }
});

test('the snapshot of an older program is read; one that is cut short or of a later one is not', async () => {
  shelf = await new Shelf().open();
  for (let i = 0; i < 30; i++) shelf.take(`h${i}`, 1);
  await shelf.journal.flush();
  for (let i = 0; i < 10; i++) shelf.forward(new Random(1));
  await shelf.memory.save();
  const before = shelf.known();
  await shelf.journal.close();
  const [head, part] = decodeMultiple(readFileSync(shelf.file)) as unknown as [object, object];
  expect(head).toEqual({ v: 2, parts: 1 });
  writeFileSync(shelf.file, encode({ v: 1, ...part }));
  await shelf.open();
  expect(shelf.known()).toEqual(before);
  await shelf.journal.close();
  for (const bytes of [encode(head), encode({ v: 3 }), Buffer.from('nonsense')]) {
    writeFileSync(shelf.file, bytes);
    await shelf.open();
    // What the core had when the snapshot was made is forgotten; what waits is not.
    const waiting = Object.entries(before).filter(([, [, settled]]) => settled.length === 0);
    expect(shelf.known()).toEqual(Object.fromEntries(waiting));
    expect(waiting).toHaveLength(20);
    await shelf.journal.close();
  }
  await shelf.open();
});
