import { HeliographError } from '../errors.ts';
import { Chain, type ChainOwner, type Done } from './chain.ts';
import type { AppendRecord, ChainTotals, Damage, DropRecord, JournalOptions, JournalReader } from './contract.ts';
import { type ChainSnapshot, CursorLog } from './cursor-log.ts';
import { diskError } from './disk-error.ts';
import { dropSegment, pickVictim } from './drop.ts';
import { ChainReader } from './reader.ts';
import { MAX_RECORD_BYTES, RECORD_HEADER_BYTES, SEGMENT_HEADER_BYTES } from './record.ts';
import { recoverChain } from './recover.ts';
import type { Segment } from './segment.ts';

const CURSOR_FILE_BYTES = 256 * 1024;
const SMALL_CURSOR_FILE_BYTES = 16 * 1024;

/** What went wrong with files since the journal was opened. */
export interface JournalHealth {
  /** Damaged parts found, by kind. */
  damage: Record<Damage['what'], number>;
  damagedBytes: number;
  /** Refused appends because of the disk, and cursor updates that had to be repeated. */
  diskErrors: number;
  /** Appends that were pushed back because there was no room. */
  pushedBack: number;
}

interface Waiting {
  readonly chain: Chain;
  readonly record: AppendRecord;
  readonly done: Done | null;
}

/** Append-only chains of records with durable readers; see contract.ts for the words and README.md for the format. */
export class Journal implements ChainOwner {
  readonly options: JournalOptions;
  readonly health: JournalHealth = {
    damage: { torn: 0, checksum: 0, header: 0, cursor: 0 },
    damagedBytes: 0,
    diskErrors: 0,
    pushedBack: 0,
  };
  readonly #chains = new Map<string, Chain>();
  readonly #log: CursorLog<DropRecord>;
  #drops: DropRecord[] = [];
  /** Off the chains already; their files go once that is durable. */
  #gone: Segment[] = [];
  #goneBytes = 0;
  #dirty = false;
  /** The last update of the cursors; it rejects if that failed. */
  #writing: Promise<void> = Promise.resolve();
  #cancelCursor: (() => void) | null = null;
  #cancelSweep: (() => void) | null = null;
  #waiting: Waiting[] = [];
  #makingRoom: Promise<void> | null = null;
  #spilling: Promise<void> | null = null;
  #closed = false;

  private constructor(options: JournalOptions) {
    this.options = options;
    const cursorBytes = Math.max(SMALL_CURSOR_FILE_BYTES, Math.min(CURSOR_FILE_BYTES, options.maxBytes / 64));
    this.#log = new CursorLog(options.directory, options.files, options.crc32, cursorBytes);
  }

  /** Opens or creates. Damage is told by `onDamage` and counted, never an error; only the file system itself can refuse (HG_JOURNAL_DISK). */
  static async open(options: JournalOptions): Promise<Journal> {
    const journal = new Journal(options);
    try {
      await journal.#open();
    } catch (cause) {
      throw diskError(options.directory, cause);
    }
    return journal;
  }

  async #open(): Promise<void> {
    const { directory, files, chains } = this.options;
    await files.mkdir(directory);
    await files.syncDirectory(parentOf(directory));
    for (const options of chains) await files.mkdir(`${directory}/${options.name}`);
    let damaged = false;
    const snapshot = await this.#log.open(({ file, at, bytes }) => {
      damaged = true;
      this.damage({ chain: '', file: `${directory}/${file}`, at, bytes, what: 'cursor' });
    });
    // The chains' directories and the cursors' files.
    await files.syncDirectory(directory);
    if (snapshot) this.#drops = snapshot.drops;
    for (const options of chains) {
      const chain = new Chain(this, options, `${directory}/${options.name}`);
      await files.syncDirectory(chain.directory);
      const old = snapshot?.chains[options.name] ?? null;
      // No cursors although there are segments: they were lost, unless this is the first start.
      await recoverChain(chain, this.options, old, damaged || snapshot === null, (damage) => this.damage(damage));
      this.#chains.set(options.name, chain);
    }
    // What is readable now is relied on from now on, so it becomes durable first.
    await this.#writeCursors();
    this.#scheduleSweep();
  }

  #chain(name: string): Chain {
    const chain = this.#chains.get(name);
    if (chain === undefined) throw new HeliographError('HG_JOURNAL_CHAIN', name, { chain: name });
    return chain;
  }

  /**
   * Takes a record in; its bytes are copied. `done(null, start position)` follows when it is durable, `done(error, -1)` if it is not in:
   * HG_JOURNAL_FULL (push back; try again later), HG_JOURNAL_DISK, HG_JOURNAL_RECORD, HG_JOURNAL_CLOSED.
   */
  append(name: string, record: AppendRecord, done: Done | null): void {
    const chain = this.#chain(name);
    if (this.#closed) {
      done?.(new HeliographError('HG_JOURNAL_CLOSED', name, { chain: name }), -1);
      return;
    }
    const bytes = record.bytes.length;
    if (bytes > MAX_RECORD_BYTES || bytes + RECORD_HEADER_BYTES + SEGMENT_HEADER_BYTES > this.options.maxBytes) {
      done?.(new HeliographError('HG_JOURNAL_RECORD', `${bytes} bytes`, { chain: name, bytes }), -1);
      return;
    }
    if (this.#mayNotSpill(chain)) {
      this.health.pushedBack++;
      done?.(new HeliographError('HG_JOURNAL_FULL', name, { chain: name, reason: 'flash' }), -1);
      return;
    }
    const behind = this.#waiting.length > 0 && this.#waiting.some((other) => other.chain === chain);
    if (!behind && this.#fits(chain, record)) {
      this.#admit(chain, record, done);
      return;
    }
    this.#waiting.push({ chain, record: { ...record, bytes: record.bytes.slice() }, done });
    this.#makingRoom ??= this.#makeRoom().finally(() => {
      this.#makingRoom = null;
    });
  }

  #admit(chain: Chain, record: AppendRecord, done: Done | null): void {
    if (chain.broken) this.health.diskErrors++;
    chain.append(record, done);
    if (this.options.mode === 'memory') this.#spillIfLarge();
  }

  /** The same as a promise: resolves with the position once the record is durable. */
  appendDurably(name: string, record: AppendRecord): Promise<number> {
    return new Promise((resolve, reject) => {
      this.append(name, record, (error, position) => (error ? reject(error) : resolve(position)));
    });
  }

  reader(name: string, reader: string): JournalReader {
    const chain = this.#chain(name);
    const cursor = chain.cursors.get(reader);
    if (cursor === undefined) {
      throw new HeliographError('HG_JOURNAL_CHAIN', `${name} has no reader ${reader}`, { chain: name, reader });
    }
    return new ChainReader(chain, cursor, this.options.crc32, () => this.touched());
  }

  /** The oldest position that is kept. */
  start(name: string): number {
    return this.#chain(name).start;
  }

  /** The position after the last durable record. */
  end(name: string): number {
    return this.#chain(name).end;
  }

  /** The account of one chain as one reader sees it. */
  totals(name: string, reader: string): ChainTotals {
    const chain = this.#chain(name);
    const cursor = chain.cursors.get(reader);
    if (cursor === undefined) {
      throw new HeliographError('HG_JOURNAL_CHAIN', `${name} has no reader ${reader}`, { chain: name, reader });
    }
    return cursor.totals(chain.taken);
  }

  /** Keeps segments from `position` on even when all readers are done; null lets go. Not durable: to be said again after a start. */
  hold(name: string, position: number | null): void {
    this.#chain(name).held = position;
    this.touched();
  }

  /** A small blob that becomes durable in one record with the cursors; null takes it away. */
  setState(name: string, bytes: Uint8Array | null): void {
    this.#log.setState(name, bytes);
    this.touched();
  }

  state(name: string): Uint8Array | undefined {
    return this.#log.state(name);
  }

  /** What was given up and not forgotten yet, oldest first. */
  drops(): readonly DropRecord[] {
    return [...this.#drops];
  }

  forgetDrop(drop: DropRecord): void {
    this.#drops = this.#drops.filter((kept) => kept !== drop && !(kept.chain === drop.chain && kept.end === drop.end));
    this.touched();
  }

  /** Bytes of all segments and of what is on its way into them. */
  bytes(): number {
    let sum = this.#goneBytes;
    for (const chain of this.#chains.values()) sum += chain.bytes();
    return sum;
  }

  room(): number {
    return Math.max(0, this.options.maxBytes - this.bytes());
  }

  /** Whether the chain's own cap allows it. */
  #fitsIn(chain: Chain, record: AppendRecord): boolean {
    const cap = chain.options.maxBytes;
    return cap === undefined || chain.bytes() + record.bytes.length + RECORD_HEADER_BYTES + SEGMENT_HEADER_BYTES <= cap;
  }

  #fits(chain: Chain, record: AppendRecord): boolean {
    if (!this.#fitsIn(chain, record)) return false;
    return this.bytes() + record.bytes.length + RECORD_HEADER_BYTES + SEGMENT_HEADER_BYTES <= this.options.maxBytes;
  }

  /** Lets waiting appends in, the most important chain's first, and gives up old segments for them where the policies allow it. */
  async #makeRoom(): Promise<void> {
    while (this.#waiting.length > 0) {
      const head = this.#waiting.reduce((best, each) =>
        each.chain.options.rank < best.chain.options.rank ? each : best,
      );
      const { chain } = head;
      if (this.#fits(chain, head.record)) {
        this.#waiting.splice(this.#waiting.indexOf(head), 1);
        this.#admit(chain, head.record, head.done);
        continue;
      }
      let refusal: HeliographError;
      try {
        if (await this.#reclaim()) continue;
        const victim = pickVictim(
          this.#fitsIn(chain, head.record) ? this.#chains.values() : [chain],
          chain.options.rank,
        );
        if (victim) {
          await this.#drop(victim, 'cap');
          continue;
        }
        const facts = { chain: chain.options.name, maxBytes: chain.options.maxBytes ?? this.options.maxBytes };
        refusal = new HeliographError('HG_JOURNAL_FULL', chain.options.name, facts);
      } catch (cause) {
        this.health.diskErrors++;
        refusal = diskError(chain.options.name, cause);
      }
      // All of this chain that wait: they would only be told the same one by one, and others wait behind them.
      const refused = this.#waiting.filter((each) => each.chain === chain);
      this.#waiting = this.#waiting.filter((each) => each.chain !== chain);
      if (refusal.code === 'HG_JOURNAL_FULL') this.health.pushedBack += refused.length;
      for (const each of refused) each.done?.(refusal, -1);
    }
  }

  /** Removes all that is done, the newest segments too; false if that freed nothing. */
  async #reclaim(): Promise<boolean> {
    const before = this.bytes();
    for (const chain of this.#chains.values()) {
      const newest = chain.segments.at(-1);
      if (newest === undefined || !chain.isDone(chain.end)) continue;
      await chain.sealed(newest);
      if (chain.isDone(chain.endOf(newest)))
        this.#remove(chain, [...chain.segments.slice(0, chain.segments.indexOf(newest) + 1)]);
    }
    this.#collect();
    // Those of an update that is under way count too: this one comes after it.
    if (this.#goneBytes > 0) await this.#writeCursors();
    return this.bytes() < before;
  }

  /** @param now whether the cursors are written before it returns; if not, the caller does */
  async #drop(chain: Chain, reason: DropRecord['reason'], now = true): Promise<void> {
    // All it has may be on the way into its first segment.
    if (chain.segments.length === 0) await chain.drain();
    const drop = await dropSegment(chain, reason, this.options.crc32);
    if (drop === null) return;
    if (drop.record.records > 0) {
      this.#drops.push(drop.record);
      this.options.onDrop?.(drop.record, drop.lost);
    }
    this.#remove(chain, [drop.segment]);
    if (now) await this.#writeCursors();
  }

  #remove(chain: Chain, segments: readonly Segment[]): void {
    chain.forget(segments);
    for (const segment of segments) {
      if (segment.chunks !== null) continue;
      this.#gone.push(segment);
      this.#goneBytes += segment.bytes;
    }
  }

  /** Takes finished segments off their chains. */
  #collect(): void {
    for (const chain of this.#chains.values()) {
      if (this.options.mode === 'memory' && chain.active?.chunks && chain.isDone(chain.end)) chain.seal();
      const finished = chain.finished();
      if (finished.length > 0) this.#remove(chain, finished);
    }
  }

  /** Notes that cursors, totals or states changed; they are written a little later, together. */
  touched(): void {
    this.#dirty = true;
    if (this.#closed) return;
    this.#cancelCursor ??= this.options.timer(() => {
      this.#cancelCursor = null;
      this.#collect();
      if (this.options.mode === 'memory' && this.#gone.length === 0) return;
      // The count stands in `health`; `touched` in the failure path tries again.
      this.#writeCursors().catch(() => undefined);
    }, this.options.cursorMs ?? 100);
  }

  #writeCursors(): Promise<void> {
    const next = () => this.#writeCursorsNow();
    this.#writing = this.#writing.then(next, next);
    return this.#writing;
  }

  async #writeCursorsNow(): Promise<void> {
    const gone = this.#gone;
    this.#gone = [];
    this.#dirty = false;
    const chains: Record<string, ChainSnapshot> = {};
    for (const [name, chain] of this.#chains) {
      const readers: ChainSnapshot['readers'] = {};
      for (const cursor of chain.cursors.values()) readers[cursor.name] = cursor.toJson();
      chains[name] = { end: chain.end, synced: chain.synced, in: [chain.taken.records, chain.taken.items], readers };
    }
    try {
      await this.#log.write({ chains, drops: this.#drops });
    } catch (cause) {
      this.#gone = [...gone, ...this.#gone];
      this.health.diskErrors++;
      this.touched();
      throw diskError('cursors', cause);
    }
    for (const segment of gone) await this.#unlink(segment);
  }

  /** Removes a file; where that fails it is tried again after the next update of the cursors, and its bytes count until then. */
  async #unlink(segment: Segment): Promise<void> {
    try {
      await segment.close();
      await this.options.files.unlink(segment.path);
    } catch (cause) {
      if ((cause as { code?: unknown }).code !== 'ENOENT') {
        this.health.diskErrors++;
        this.#gone.push(segment);
        this.touched();
        return;
      }
    }
    this.#goneBytes -= segment.bytes;
  }

  get #mostInMemory(): number {
    return this.options.memoryBytes ?? this.options.segmentBytes;
  }

  #memoryBytes(): number {
    let bytes = 0;
    for (const chain of this.#chains.values()) bytes += chain.memoryBytes();
    return bytes;
  }

  /** Whether a record would have to be written, and may not: memory is full, and what is oldest is on the disk, so that giving it up would free none. */
  #mayNotSpill(chain: Chain): boolean {
    const { mode, maySpill } = this.options;
    if (mode !== 'memory' || maySpill === undefined || chain.options.policy !== 'drop-oldest') return false;
    const bytes = this.#memoryBytes();
    if (bytes <= this.#mostInMemory || this.#spareable() !== null) return false;
    return !maySpill(bytes);
  }

  /** The least important chain that may drop and whose oldest is in memory only. */
  #spareable(): Chain | null {
    return pickVictim(
      [...this.#chains.values()].filter((chain) => chain.isInMemory),
      0,
    );
  }

  #spillIfLarge(): void {
    if (this.#spilling) return;
    const bytes = this.#memoryBytes();
    const most = this.#mostInMemory;
    if (bytes <= most) return;
    this.#spilling = (this.options.maySpill?.(bytes) === false ? this.#spare(most) : this.flush())
      .catch(() => {
        this.health.diskErrors++;
      })
      .finally(() => {
        this.#spilling = null;
      });
  }

  /** Nothing may be written: what is only in memory is brought below `most` by giving up the oldest of the least important. */
  async #spare(most: number): Promise<void> {
    for (let victim = this.#spareable(); this.#memoryBytes() > most && victim !== null; victim = this.#spareable()) {
      while (this.#memoryBytes() > most && victim !== null) {
        await this.#drop(victim, 'flash', false);
        victim = this.#spareable();
      }
      // Meanwhile more may have come.
      await this.#writeCursors();
    }
    // What may not be given up is written all the same; the others push back.
    if (this.#memoryBytes() <= most) return;
    for (const chain of this.#chains.values()) if (chain.options.policy === 'push-back') await chain.spill();
  }

  #scheduleSweep(): void {
    if (!this.options.chains.some((chain) => (chain.maxAgeMs ?? 0) > 0 || (chain.minAgeMs ?? 0) > 0)) return;
    this.#cancelSweep = this.options.timer(() => {
      this.sweep()
        .catch(() => {
          this.health.diskErrors++;
        })
        .finally(() => {
          if (!this.#closed) this.#scheduleSweep();
        });
    }, this.options.sweepMs ?? 10_000);
  }

  /** Drops segments whose newest record is older than the chain's `maxAgeMs`. Runs by itself every `sweepMs`. */
  async sweep(): Promise<void> {
    this.touched();
    for (const chain of this.#chains.values()) {
      const age = chain.options.maxAgeMs ?? 0;
      if (age <= 0) continue;
      while (chain.segments[0] !== undefined && chain.segments[0].lastTime < this.options.now() - age) {
        await this.#drop(chain, 'age');
      }
    }
  }

  damage(damage: Damage): void {
    this.health.damage[damage.what]++;
    this.health.damagedBytes += damage.bytes;
    this.options.onDamage?.(damage);
  }

  /** Writes everything that was appended, acknowledged or set so far. Rejects with HG_JOURNAL_DISK if cursors cannot be written; refused appends are told to their callers. */
  async flush(): Promise<void> {
    for (const chain of this.#chains.values()) await chain.drain();
    this.#collect();
    if (this.options.mode === 'memory') for (const chain of this.#chains.values()) await chain.spill();
    if (this.#dirty || this.#gone.length > 0) await this.#writeCursors();
    else await this.#writing;
  }

  /** Flushes and closes the files. Appends that come later are refused. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#cancelCursor?.();
    this.#cancelSweep?.();
    await this.#makingRoom;
    try {
      await this.flush();
    } finally {
      for (const chain of this.#chains.values()) await chain.close();
      await this.#log.close();
    }
  }
}

function parentOf(path: string): string {
  const at = path.replace(/\/+$/, '').lastIndexOf('/');
  return at > 0 ? path.slice(0, at) : at === 0 ? '/' : '.';
}
