import type { JournalFiles, JournalReader } from '../lib/journal/contract.ts';
import type { Journal } from '../lib/journal/journal.ts';
import { addAmount } from '../lib/ledger.ts';
import type { Logger } from '../lib/log.ts';
import type { DataClass } from '../proto/class.ts';
import { readWhole, writeDurably } from './durable-file.ts';
import { decodeRecord } from './record.ts';
import {
  encodePart,
  type Mark,
  type Pair,
  type Pairs,
  type Part,
  readParts,
  takePart,
  within,
  writeParts,
} from './sequence-snapshot.ts';
import { Sequences } from './sequences.ts';

/** Readers of each class's chain: the one that forwards, and the one that keeps records until a snapshot covers them. */
export const FORWARD_READER = 'forward';
export const MARKS_READER = 'marks';
/** Of the metric chain, where there are roll-ups: it keeps inputs until what was made of them is durable. */
export const ROLLUP_READER = 'rollup';
/** Of the metric chain, where there are rules: it goes with what they have read. */
export const RULES_READER = 'rules';

/** Boots that were quiet this long are forgotten; their frames are recognised by the core all the same. */
const FORGET_MS = 14 * 86_400_000;
/** Hosts that are put into a snapshot in one turn of the event loop: all classes write theirs at once. */
const HOSTS_A_TURN = 100;

/**
 * Keeps a class's sequences over restarts: a snapshot from time to time, and after a start the journal's records that the
 * snapshot does not cover. The journal keeps those for the reader `marks`, whose cursor moves with the snapshots. A snapshot
 * is made in parts of some hosts each, and each says where the chain stood when it was made: ten thousand hosts in one go
 * would hold up everybody for a while.
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
    const parts = await this.#load(log);
    for (const part of parts) takePart(part, this.sequences);
    const end = this.#journal.end(this.#class);
    // Before the snapshot's end only acknowledged records can tell something new; behind it, all.
    const start = this.#journal.start(this.#class);
    const wanted: Pairs = [
      [start, this.#forward.floor()],
      ...this.#forward.acknowledged().map(([from, to]): Pair => [from, to]),
      [Math.max(parts[0]?.end ?? 0, start), end],
    ];
    wanted.sort((a, b) => a[0] - b[0]);
    const markOf = marks(parts);
    let at = start;
    for (const [from, to] of wanted) {
      await this.#scan(Math.max(at, from), to, markOf);
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
    const first = this.#mark();
    const { floor, done, end } = first;
    const marker = floor + done.reduce((sum, [from, to]) => sum + to - from, 0);
    if (marker === this.#lastFloor && end === this.#lastEnd && !this.#learned) return;
    this.#learned = false;
    const parts = await this.#picture(first);
    // The cursors first: a number that is settled in the snapshot must be so in the journal as well.
    await this.#journal.flush();
    // What the first part has, the others have too.
    const covered = [[this.#journal.start(this.#class), floor] as const, ...done];
    try {
      await writeDurably(this.#files, this.#path, writeParts(parts));
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

  #mark(): Mark {
    return {
      floor: this.#forward.floor(),
      done: this.#forward.acknowledged().map(([from, to]): Pair => [from, to]),
      end: this.#journal.end(this.#class),
    };
  }

  /** All hosts, in parts; those that come meanwhile too. */
  async #picture(first: Mark): Promise<Uint8Array[]> {
    const before = this.#now() - FORGET_MS;
    const parts: Uint8Array[] = [];
    let mark = first;
    let hosts: string[] = [];
    for (const host of this.sequences.hosts()) {
      if (this.sequences.prune(host, before)) hosts.push(host);
      if (hosts.length < HOSTS_A_TURN) continue;
      parts.push(encodePart(this.sequences, hosts, mark));
      hosts = [];
      await nextTurn();
      mark = this.#mark();
    }
    // Without a host it still says where the chain stands: for those that are not in any part.
    parts.push(encodePart(this.sequences, hosts, mark));
    return parts;
  }

  async #load(log: Logger): Promise<readonly Part[]> {
    const bytes = await readWhole(this.#files, this.#path);
    if (!bytes) return [];
    try {
      const parts = readParts(bytes);
      if (parts) return parts;
      log.warn('snapshot of sequences is of another version; the journal is read instead', { file: this.#path });
    } catch (error) {
      log.warn('snapshot of sequences cannot be read; the journal is read instead', {
        file: this.#path,
        error: String(error),
      });
    }
    return [];
  }

  async #scan(from: number, to: number, markOf: (host: string) => Mark | undefined): Promise<void> {
    let at = from;
    while (at < to) {
      const { records, next } = await this.#marks.read(at, 1 << 20);
      for (const record of records) {
        if (record.start >= to) return;
        const read = decodeRecord(record.bytes);
        if (!read) continue;
        const state = this.sequences.of(read.host, read.boot);
        const amount = { frames: 1, items: record.items };
        const mark = markOf(read.host);
        const known = mark !== undefined && record.start < mark.end;
        if (!known) addAmount(state.account.in, amount);
        state.received.add(read.sequence);
        if (!this.#isDone(record.start)) continue;
        if (!known || !within(mark, record.start)) {
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

/** Where the chain stood when a host was put into the snapshot; one that is in no part had nothing until the last was made. */
function marks(parts: readonly Part[]): (host: string) => Mark | undefined {
  const byHost = new Map<string, Mark>();
  for (const part of parts) for (const [host] of part.hosts) byHost.set(host, part);
  return (host) => byHost.get(host) ?? parts.at(-1);
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
