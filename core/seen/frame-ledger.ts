import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { DATA_CLASSES, type DataClass } from '../../proto/class.ts';
import { databaseError } from '../disk/damage.ts';
import { LogSync, type SyncedLog } from '../disk/log-sync.ts';
import { openOwnDatabase } from '../disk/own-database.ts';
import { transaction } from '../disk/transaction.ts';
import type { FrameId } from '../ports/frames.ts';
import type { ClassTotals, FrameOutcome, SequenceRanges } from '../ports/metric-store.ts';
import { SeenFrames, type SeenRow } from './seen-frames.ts';

interface Account {
  written: { frames: number; items: number };
  repeated: { frames: number; items: number };
  dropped: Record<string, number>;
}

/** What became of one frame in an engine, to be entered. `written` and `dropped` as if it were new. */
export interface FrameEntry {
  readonly id: FrameId;
  readonly written: number;
  readonly dropped: Readonly<Record<string, number>>;
}

/** Pages of the log after which they are put into the database, which waits for the disk: 32 MiB. The table is small, and pages of it come again and again. */
const CHECKPOINT_PAGES = 8_000;

/**
 * The account of a store whose data lie in an engine elsewhere: which frames it has, totals by class, and positions on the
 * bus, in one database of this process. It says what was entered after the engine had it durably; a kill between the two is
 * made good by the frame that comes again, because writing to the engine is idempotent.
 */
export class FrameLedger {
  readonly #path: string;
  readonly #database: DatabaseSync;
  readonly #seen = new SeenFrames();
  readonly #accounts = new Map<DataClass, Account>();
  readonly #log: SyncedLog;
  /** A sync of the log failed, and what was in it then is not known to be in the database since. */
  #doubtful = false;

  /**
   * @param logOf what makes the log of the database at a path durable
   * @throws HeliographError HG_STORE_LOCKED, HG_STORE_DAMAGED, HG_STORE_DISK
   */
  constructor(directory: string, name: string, logOf: (path: string) => SyncedLog = (path) => new LogSync(path)) {
    this.#path = join(directory, name);
    this.#database = openOwnDatabase(this.#path);
    try {
      this.#database.exec(`
        CREATE TABLE IF NOT EXISTS seen(
          host TEXT, boot TEXT, class TEXT, ranges TEXT NOT NULL, repeated TEXT NOT NULL, last INTEGER NOT NULL,
          PRIMARY KEY(host, boot, class)
        ) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS account(class TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS restored(
          host TEXT, boot TEXT, class TEXT, sequence INTEGER, place INTEGER,
          PRIMARY KEY(host, boot, class, sequence, place)
        ) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS position(topic TEXT PRIMARY KEY, next TEXT NOT NULL) WITHOUT ROWID;
        PRAGMA wal_autocheckpoint=${CHECKPOINT_PAGES};
      `);
      const rows = this.#database.prepare('SELECT host, boot, class, ranges, repeated, last FROM seen').iterate();
      for (const row of rows) this.#seen.load(row as unknown as SeenRow);
      for (const row of this.#database.prepare('SELECT class, value FROM account').all()) {
        this.#accounts.set(row.class as DataClass, JSON.parse(row.value as string) as Account);
      }
      this.#log = logOf(this.#path);
    } catch (error) {
      this.#database.close();
      throw databaseError(this.#path, error);
    }
  }

  get path(): string {
    return this.#path;
  }

  /** For tables of the same store that are written in the same transactions. */
  get database(): DatabaseSync {
    return this.#database;
  }

  /** Whether the frame was entered. */
  has(id: FrameId): boolean {
    return this.#seen.has(id);
  }

  /**
   * Enters frames, and a position on the bus with them, in one durable transaction; gives back what became of each. A frame that
   * was entered before, or earlier in the same call, is repeated.
   * @param within what else is written to `database` in that transaction
   * @throws HeliographError HG_STORE_DISK: nothing of it is entered
   */
  enter(
    entries: readonly FrameEntry[],
    now: number,
    position: { readonly topic: string; readonly next: string } | null,
    within: () => void = () => undefined,
  ): FrameOutcome[] {
    const before = structuredClone(this.#accounts);
    const outcomes = entries.map(({ id, written, dropped }): FrameOutcome => {
      const account = this.#account(id.class);
      let items = written;
      for (const reason in dropped) items += dropped[reason]!;
      if (this.#seen.has(id)) {
        this.#seen.addRepeated(id, now);
        account.repeated.frames++;
        account.repeated.items += items;
        return { written: 0, repeated: items, dropped: {} };
      }
      this.#seen.add(id, now);
      account.written.frames++;
      account.written.items += written;
      for (const reason in dropped) {
        const count = dropped[reason]!;
        account.dropped[reason] = (account.dropped[reason] ?? 0) + count;
      }
      return { written, repeated: 0, dropped };
    });
    const rows = this.#seen.rowsOf(entries.map(({ id }) => id));
    try {
      transaction(this.#database, () => {
        const keep = this.#database.prepare('INSERT OR REPLACE INTO seen VALUES(?, ?, ?, ?, ?, ?)');
        for (const row of rows) keep.run(row.host, row.boot, row.class, row.ranges, row.repeated, row.last);
        const count = this.#database.prepare('INSERT OR REPLACE INTO account VALUES(?, ?)');
        for (const dataClass of new Set(entries.map((entry) => entry.id.class))) {
          count.run(dataClass, JSON.stringify(this.#account(dataClass)));
        }
        if (position) {
          this.#database.prepare('INSERT OR REPLACE INTO position VALUES(?, ?)').run(position.topic, position.next);
        }
        within();
      });
    } catch (error) {
      this.#reload(before);
      throw databaseError(this.#path, error);
    }
    return outcomes;
  }

  /**
   * The same for frames, without a thread that stands still for the disk. Gives what became of each, which is entered, and what resolves when that is
   * durable. It rejects where the disk will not have it: frames that come again are repeated then.
   * @throws HeliographError HG_STORE_DISK: nothing of it is entered
   */
  enterSoon(
    entries: readonly FrameEntry[],
    now: number,
    within: () => void = () => undefined,
  ): { readonly outcomes: FrameOutcome[]; readonly durable: Promise<void> } {
    this.#database.exec('PRAGMA synchronous=NORMAL');
    try {
      return { outcomes: this.enter(entries, now, null, within), durable: this.#sync() };
    } finally {
      this.#database.exec('PRAGMA synchronous=FULL');
    }
  }

  /**
   * Enters lines, or series with their samples, as written that were entered as dropped, durably, each once however often it is said. Gives
   * the items of each class that were not entered so before.
   * @throws HeliographError HG_STORE_DISK: nothing of it is entered
   */
  restore(
    lines: readonly { readonly id: FrameId; readonly place: number; readonly items?: number }[],
    reason: string,
    within: () => void = () => undefined,
  ): Partial<Record<DataClass, number>> {
    const before = structuredClone(this.#accounts);
    const stored: Partial<Record<DataClass, number>> = {};
    try {
      transaction(this.#database, () => {
        const insert = this.#database.prepare('INSERT OR IGNORE INTO restored VALUES(?, ?, ?, ?, ?)');
        for (const { id, place, items = 1 } of lines) {
          if (insert.run(id.host, id.boot, id.class, id.sequence, place).changes === 0) continue;
          stored[id.class] = (stored[id.class] ?? 0) + items;
          const account = this.#account(id.class);
          account.written.items += items;
          account.dropped[reason] = (account.dropped[reason] ?? 0) - items;
          if (account.dropped[reason] === 0) delete account.dropped[reason];
        }
        const count = this.#database.prepare('INSERT OR REPLACE INTO account VALUES(?, ?)');
        for (const dataClass of Object.keys(stored) as DataClass[]) {
          count.run(dataClass, JSON.stringify(this.#account(dataClass)));
        }
        within();
      });
    } catch (error) {
      this.#reload(before);
      throw databaseError(this.#path, error);
    }
    return stored;
  }

  positions(): Record<string, string> {
    const rows = this.#database.prepare('SELECT topic, next FROM position').all();
    return Object.fromEntries(rows.map((row) => [row.topic as string, row.next as string]));
  }

  sequences(): SequenceRanges[] {
    return this.#seen.list();
  }

  /** Totals since the ledger was made, of one class. */
  totals(dataClass: DataClass): ClassTotals {
    return structuredClone(this.#account(dataClass));
  }

  /** The classes of which something was entered, with their totals. */
  classes(): Partial<Record<DataClass, ClassTotals>> {
    const entered = DATA_CLASSES.filter((name) => this.#accounts.has(name));
    return Object.fromEntries(entered.map((name) => [name, this.totals(name)]));
  }

  /** Forgets boots of which nothing came since `before`, ms: a frame that old would be refused by its time. */
  forget(before: number, now: number): void {
    const gone = this.#seen.forget(before, now);
    if (gone.length === 0) return;
    transaction(this.#database, () => {
      for (const table of ['seen', 'restored']) {
        const one = this.#database.prepare(`DELETE FROM ${table} WHERE host = ? AND boot = ? AND class = ?`);
        for (const row of gone) one.run(row.host, row.boot, row.class);
      }
    });
  }

  /** When nothing is being entered any more. */
  close(): void {
    this.#log.close();
    this.#database.close();
  }

  async #sync(): Promise<void> {
    try {
      await this.#log.sync();
      if (!this.#doubtful) return;
    } catch {
      this.#doubtful = true;
    }
    // What a disk did not take of a file once it may not be asked for again: a later sync succeeds without it. All of the log goes another way, and what
    // fails there is told.
    try {
      this.#database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
      this.#doubtful = false;
    } catch (error) {
      throw databaseError(this.#path, error);
    }
  }

  #account(dataClass: DataClass): Account {
    const there = this.#accounts.get(dataClass);
    if (there) return there;
    const made: Account = { written: { frames: 0, items: 0 }, repeated: { frames: 0, items: 0 }, dropped: {} };
    this.#accounts.set(dataClass, made);
    return made;
  }

  /** After a transaction that failed: memory says again what the database says. */
  #reload(accounts: ReadonlyMap<DataClass, Account>): void {
    this.#accounts.clear();
    for (const [dataClass, account] of accounts) this.#accounts.set(dataClass, account);
    this.#seen.clear();
    const rows = this.#database.prepare('SELECT host, boot, class, ranges, repeated, last FROM seen').iterate();
    for (const row of rows) this.#seen.load(row as unknown as SeenRow);
  }
}
