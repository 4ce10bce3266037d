import { decode, encode } from 'cbor-x';
import type { JournalFiles, JournalReader } from '../lib/journal/contract.ts';
import type { Journal } from '../lib/journal/journal.ts';
import { type Amount, addAmount } from '../lib/ledger.ts';
import type { Logger } from '../lib/log.ts';
import { Ranges } from '../lib/ranges.ts';
import type { DataClass } from '../proto/class.ts';
import { readWhole, writeDurably } from './durable-file.ts';
import { decodeRecord } from './record.ts';
import { Sequences } from './sequences.ts';

/** Readers of each class's chain: the one that forwards, and the one that keeps records until a snapshot covers them. */
export const FORWARD_READER = 'forward';
export const MARKS_READER = 'marks';

type Pair = [number, number];
type Pairs = Pair[];

interface Snapshot {
  v: 1;
  /** What the forwarder had acknowledged: all below the floor, and these intervals. */
  floor: number;
  done: Pairs;
  /** The chain's end: what is behind it is received and not in here. */
  end: number;
  /** By boot: touched, received, settled, declared, repeated, and elsewhere where there is another worker. */
  hosts: [string, [string, number, Pairs, Pairs, Pairs, Pairs, Pairs?][]][];
  /** By host: in, out, repeated, dropped by reason, each [frames, items]. Absent in snapshots of an older program. */
  accounts?: [string, Pair, Pair, Pair, [string, Pair][]][];
}

/** Boots that were quiet this long are forgotten; their frames are recognised by the core all the same. */
const FORGET_MS = 14 * 86_400_000;

/**
 * Keeps a class's sequences over restarts: a snapshot from time to time, and after a start the journal's records that the
 * snapshot does not cover. The journal keeps those for the reader `marks`, whose cursor moves with the snapshots.
 */
export class SequenceMemory {
  readonly sequences: Sequences;
  readonly #class: DataClass;
  readonly #path: string;
  readonly #files: JournalFiles;
  readonly #journal: Journal;
  readonly #forward: JournalReader;
  readonly #marks: JournalReader;
  readonly #now: () => number;
  #lastFloor = -1;
  #lastEnd = -1;
  #saving: Promise<void> | null = null;
  /** Something is known that did not come by the journal, and is in no snapshot yet. */
  #learned = false;

  constructor(options: {
    class: DataClass;
    directory: string;
    files: JournalFiles;
    journal: Journal;
    now: () => number;
  }) {
    this.#class = options.class;
    this.#path = `${options.directory}/sequences-${options.class}.snapshot`;
    this.#files = options.files;
    this.#journal = options.journal;
    this.#forward = options.journal.reader(options.class, FORWARD_READER);
    this.#marks = options.journal.reader(options.class, MARKS_READER);
    this.#now = options.now;
    this.sequences = new Sequences(options.now);
  }

  /** Brings back what was known before the start. A snapshot that cannot be read costs a longer scan, nothing else. */
  async restore(log: Logger): Promise<void> {
    const snapshot = await this.#load(log);
    if (snapshot) this.#take(snapshot);
    const end = this.#journal.end(this.#class);
    // Before the snapshot's end only acknowledged records can tell something new; behind it, all.
    const start = this.#journal.start(this.#class);
    const wanted: Pairs = [
      [start, this.#forward.floor()],
      ...this.#forward.acknowledged().map(([from, to]): Pair => [from, to]),
      [Math.max(snapshot?.end ?? 0, start), end],
    ];
    wanted.sort((a, b) => a[0] - b[0]);
    let at = start;
    for (const [from, to] of wanted) {
      await this.#scan(Math.max(at, from), to, snapshot);
      at = Math.max(at, to);
    }
  }

  /** Writes a snapshot if something changed, and lets the journal drop what it covers. */
  save(): Promise<void> {
    // One under way took its picture before that was learned.
    if (this.#saving && this.#learned) return this.#saving.then(() => this.save());
    this.#saving ??= this.#save().finally(() => {
      this.#saving = null;
    });
    return this.#saving;
  }

  /** The sequences were told something that the journal does not have: the next snapshot must. */
  learned(): void {
    this.#learned = true;
  }

  async #save(): Promise<void> {
    const end = this.#journal.end(this.#class);
    const floor = this.#forward.floor();
    const done = this.#forward.acknowledged().map(([from, to]): [number, number] => [from, to]);
    const marker = floor + done.reduce((sum, [from, to]) => sum + to - from, 0);
    if (marker === this.#lastFloor && end === this.#lastEnd && !this.#learned) return;
    this.#learned = false;
    this.sequences.prune(this.#now() - FORGET_MS);
    const bytes = encode(this.#picture(floor, done, end));
    // The cursors first: a number that is settled in the snapshot must be so in the journal as well.
    await this.#journal.flush();
    const covered = [[this.#journal.start(this.#class), floor] as const, ...done];
    try {
      await writeDurably(this.#files, this.#path, bytes);
    } catch (error) {
      this.#learned = true;
      // On a full disk segments must go all the same, or there would never be room again, not for a snapshot either.
      // What a crash then takes of this memory the core knows: it removes repeats as well.
      if ((error as { code?: unknown }).code === 'ENOSPC') for (const [from, to] of covered) this.#release(from, to);
      throw error;
    }
    this.#lastFloor = marker;
    this.#lastEnd = end;
    for (const [from, to] of covered) this.#release(from, to);
  }

  #release(from: number, to: number): void {
    let at = Math.max(from, this.#marks.floor());
    for (const [low, high] of this.#marks.acknowledged()) if (low <= at && at < high) at = high;
    if (at < to) this.#marks.acknowledge({ start: at, end: to, items: 0 }, 'out');
  }

  #picture(floor: number, done: Pairs, end: number): Snapshot {
    const hosts = new Map<string, Snapshot['hosts'][number][1]>();
    for (const { host, boot, state } of this.sequences.entries()) {
      const boots = hosts.get(host) ?? [];
      boots.push([
        boot,
        state.touched,
        state.received.pairs(),
        state.settled.pairs(),
        state.declared.pairs(),
        state.repeated.pairs(),
        ...(state.elsewhere ? [state.elsewhere.pairs()] : []),
      ] as (typeof boots)[number]);
      hosts.set(host, boots);
    }
    const pair = ({ frames, items }: Amount): Pair => [frames, items];
    const accounts: Snapshot['accounts'] = [];
    for (const [host, account] of this.sequences.accounts()) {
      const dropped = Object.entries(account.dropped).map(([reason, amount]): [string, Pair] => [reason, pair(amount)]);
      accounts.push([host, pair(account.in), pair(account.out), pair(account.repeated), dropped]);
    }
    return { v: 1, floor, done, end, hosts: [...hosts], accounts };
  }

  async #load(log: Logger): Promise<Snapshot | null> {
    const bytes = await readWhole(this.#files, this.#path);
    if (!bytes) return null;
    try {
      const snapshot = decode(bytes) as Snapshot;
      if (snapshot.v === 1 && Array.isArray(snapshot.hosts)) return snapshot;
      log.warn('snapshot of sequences is of another version; the journal is read instead', { file: this.#path });
    } catch (error) {
      log.warn('snapshot of sequences cannot be read; the journal is read instead', {
        file: this.#path,
        error: String(error),
      });
    }
    return null;
  }

  #take(snapshot: Snapshot): void {
    for (const [host, came, out, repeated, dropped] of snapshot.accounts ?? []) {
      const account = this.sequences.account(host);
      for (const [into, [frames, items]] of [
        [account.in, came],
        [account.out, out],
        [account.repeated, repeated],
      ] as const) {
        Object.assign(into, { frames, items });
      }
      for (const [reason, [frames, items]] of dropped) account.dropped[reason] = { frames, items };
    }
    for (const [host, boots] of snapshot.hosts) {
      for (const [boot, touched, received, settled, declared, repeated, elsewhere] of boots) {
        const state = this.sequences.of(host, boot);
        state.touched = touched;
        state.received = new Ranges(received);
        state.claimed = new Ranges(settled);
        state.settled = new Ranges(settled);
        state.declared = new Ranges(declared);
        state.repeated = new Ranges(repeated);
        state.elsewhere = elsewhere ? new Ranges(elsewhere) : null;
      }
    }
  }

  async #scan(from: number, to: number, snapshot: Snapshot | null): Promise<void> {
    let at = from;
    while (at < to) {
      const { records, next } = await this.#marks.read(at, 1 << 20);
      for (const record of records) {
        if (record.start >= to) return;
        const read = decodeRecord(record.bytes);
        if (!read) continue;
        const state = this.sequences.of(read.host, read.boot);
        const amount = { frames: 1, items: record.items };
        const known = snapshot !== null && record.start < snapshot.end;
        if (!known) addAmount(state.account.in, amount);
        state.received.add(read.sequence);
        if (!this.#isDone(record.start)) continue;
        if (!known || !within(snapshot, record.start)) {
          const again = state.settled.has(read.sequence) || state.elsewhere?.has(read.sequence);
          addAmount(again ? state.account.repeated : state.account.out, amount);
        }
        state.claimed.add(read.sequence);
        state.settled.add(read.sequence);
      }
      if (next <= at) return;
      at = next;
    }
  }

  #isDone(position: number): boolean {
    return within({ floor: this.#forward.floor(), done: this.#forward.acknowledged() }, position);
  }
}

function within(
  { floor, done }: { floor: number; done: readonly (readonly [number, number])[] },
  position: number,
): boolean {
  return position < floor || done.some(([from, to]) => position >= from && position < to);
}
