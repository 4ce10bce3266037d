import { Ranges } from '../../../lib/ranges.ts';
import type { LogLevel } from '../../../proto/desired.ts';
import type { Host } from '../host.ts';
import type { LineSource } from '../logs/line-source.ts';
import { RecordBatch, sourceIdentity } from '../logs/record-batch.ts';
import type { LineConsumer } from '../tail/contract.ts';
import { compilePattern, expandPattern, type PathPattern } from '../tail/glob.ts';
import type { FileIdentity } from '../tail/identity.ts';
import { LINE_SPLIT } from '../tail/lines.ts';
import type { DoneIntervals, FilePosition } from '../tail/positions.ts';
import { lineOfEntry } from './entry-line.ts';
import { JournalFile } from './journal-file.ts';

export interface JournalSourceOptions {
  /** Patterns of journal files. */
  readonly paths: readonly string[];
  readonly pollMs: number;
  /** The lowest level sent where no wish says otherwise. */
  readonly level: LogLevel;
  /** Units whose entries are left alone, by their full names. */
  readonly excludeUnits: readonly string[];
  /** At the very first start, files whose last entry is older are not read, and older entries of the others neither. */
  readonly sinceMs: number;
}

/** How often folders are looked through. */
const SCAN_MS = 1_000;
/** Longer messages are cut. */
const MOST_MESSAGE = 256 * 1024;
const MOST_OPEN = 64;
/** Of one file in one turn: entries that are not wanted, or damaged, fill no batch, and all else waits. */
const MOST_LOOKED_AT = 1024;
const TURN_MS = 50;

/** One journal file that is not read to its end for good. */
interface Followed {
  readonly journal: JournalFile;
  readonly identity: FileIdentity;
  path: string;
  readonly done: DoneIntervals | null;
  /** The lowest number that is in no batch yet. */
  from: number;
  /** Microseconds; older entries are not wanted. */
  readonly since: number;
}

/**
 * journald's entries, out of its files. Each file is known by its own id over renames, and the place in it is the number of an entry; so a rotation is a file that ends and
 * another one that begins, and vacuuming takes away what was read. What cannot be read is counted, and the rest goes on.
 */
export class JournalSource implements LineSource {
  readonly name = 'journald';
  readonly #host: Host;
  readonly #options: JournalSourceOptions;
  readonly #patterns: readonly PathPattern[];
  readonly #batch: RecordBatch;
  readonly #exclude: ReadonlySet<string>;
  readonly #stats = { entries: 0, excluded: 0, damaged: 0, unreadableFields: 0, gone: 0, cut: 0 };
  /** By the file's id. */
  readonly #followed = new Map<string, Followed>();
  /** Read to their end and closed for good: by path, size and time of the last look. */
  readonly #finished = new Map<string, string>();
  readonly #unreadable = new Map<string, string>();
  #positions = new Map<string, FilePosition>();
  #consumer: LineConsumer | null = null;
  #first = false;
  #running = false;
  #waiting = false;
  #timer = 0;
  #scanned = Number.NEGATIVE_INFINITY;
  #turn = 0;

  constructor(host: Host, options: JournalSourceOptions) {
    this.#host = host;
    this.#options = options;
    this.#patterns = options.paths.map(compilePattern);
    this.#batch = new RecordBatch(options.level, 2 * MOST_MESSAGE);
    this.#exclude = new Set(options.excludeUnits);
  }

  start(consumer: LineConsumer, positions: readonly FilePosition[]): void {
    this.#consumer = consumer;
    this.#running = true;
    this.#first = positions.length === 0;
    this.#positions = new Map(positions.map((position) => [position.file.id, position]));
    this.#schedule(0);
  }

  stop(): void {
    this.#running = false;
    this.#host.cancel(this.#timer);
    for (const { journal } of this.#followed.values()) this.#host.files.close(journal.fd);
    this.#followed.clear();
  }

  figures(): Readonly<Record<string, number>> {
    const { entries, excluded, damaged, unreadableFields, gone, cut } = this.#stats;
    let now = damaged;
    for (const { journal } of this.#followed.values()) now += journal.damaged;
    return {
      journal_files: this.#followed.size,
      journal_unreadable_files: this.#unreadable.size,
      journal_entries_total: entries,
      journal_entries_excluded_total: excluded,
      journal_entries_damaged_total: now,
      journal_entries_cut_total: cut,
      journal_fields_unreadable_total: unreadableFields,
      journal_gone_files_total: gone,
    };
  }

  #schedule(ms: number): void {
    this.#host.cancel(this.#timer);
    this.#timer = this.#host.timer(() => {
      if (!this.#running) return;
      this.#poll();
    }, ms);
  }

  #poll(): void {
    if (!this.#waiting) {
      if (this.#host.mono() - this.#scanned >= SCAN_MS) {
        this.#scan();
        this.#scanned = this.#host.mono();
      }
      const all = [...this.#followed.values()];
      for (let i = 0; i < all.length && !this.#waiting; i++) {
        // One that is written all the time must not keep others from being read.
        const followed = all[(this.#turn + i) % all.length]!;
        if (!this.#read(followed)) continue;
        this.#turn = (this.#turn + i + 1) % all.length;
        this.#schedule(0);
        return;
      }
    }
    this.#schedule(this.#options.pollMs);
  }

  /** Opens what is new, takes up names, and forgets what is gone. */
  #scan(): void {
    const { files } = this.#host;
    const stat = new Float64Array(6);
    const seen = new Set<string>();
    const paths = new Set<string>();
    for (const pattern of this.#patterns) expandPattern(files, pattern, (path) => paths.add(path));
    for (const path of paths) {
      if (files.stat(path, stat) < 0 || stat[5] !== 1) continue;
      const look = `${stat[4]}:${stat[3]}:${stat[0]}:${stat[1]}`;
      const finished = this.#finished.get(path);
      if (finished?.startsWith(`${look} `)) {
        seen.add(finished.slice(look.length + 1));
        continue;
      }
      this.#finished.delete(path);
      if (this.#unreadable.get(path) === look) continue;
      if (this.#followed.size >= MOST_OPEN) continue;
      const id = this.#open(path, look);
      if (id !== null) seen.add(id);
    }
    for (const path of this.#unreadable.keys()) if (!paths.has(path)) this.#unreadable.delete(path);
    for (const path of this.#finished.keys()) if (!paths.has(path)) this.#finished.delete(path);
    // What was vacuumed is read to its end by its descriptor; what is neither there nor open is gone.
    for (const [id, position] of this.#positions) {
      if (seen.has(id) || this.#followed.has(id)) continue;
      if (this.#followed.size >= MOST_OPEN) continue;
      this.#positions.delete(id);
      this.#stats.gone++;
      this.#consumer!.closed(position.file);
    }
    this.#first = false;
  }

  /** The id of the journal at a path; null: it cannot be read. */
  #open(path: string, look: string): string | null {
    const { files } = this.#host;
    const fd = files.open(path, 'read');
    if (fd < 0) return this.#cannot(path, look, fd === -13 ? 'no right to read it' : `errno ${-fd}`);
    const journal = JournalFile.open(this.#host, fd);
    if (typeof journal === 'string') {
      files.close(fd);
      return this.#cannot(path, look, journal);
    }
    this.#unreadable.delete(path);
    const id = `journald:${journal.header.fileId}`;
    const known = this.#followed.get(id);
    if (known !== undefined) {
      known.path = path;
      files.close(fd);
      return id;
    }
    const identity = sourceIdentity(id, path);
    const position = this.#positions.get(id);
    const { header } = journal;
    const since = this.#first ? (this.#host.now() - this.#options.sinceMs) * 1000 : 0;
    const from = position?.offset ?? (header.tailRealtime < since ? header.tailSequence + 1 : header.headSequence);
    this.#followed.set(id, { journal, identity, path, done: position?.done ?? null, from, since });
    this.#positions.set(id, position ?? { file: identity, offset: from, done: NONE, anchors: [] });
    if (position === undefined) this.#consumer!.opened(identity, from);
    if (from > 0) journal.seek(from);
    return id;
  }

  #cannot(path: string, look: string, why: string): null {
    if (!this.#unreadable.has(path)) {
      this.#host.log('warn', 'HG_COLLECTOR_LOG_SOURCE: a file of the journal cannot be read', { path, why });
    }
    this.#unreadable.set(path, look);
    return null;
  }

  /** Gives a batch of the file, if it has one. */
  #read(followed: Followed): boolean {
    const { journal } = followed;
    if (journal.atEnd && !journal.refresh()) {
      this.#close(followed);
      return false;
    }
    const batch = this.#batch;
    batch.clear();
    let to = followed.from;
    const turnEnds = this.#host.mono() + TURN_MS;
    let looked = 0;
    let more = false;
    while (!batch.full(MOST_MESSAGE)) {
      more = looked++ >= MOST_LOOKED_AT || this.#host.mono() > turnEnds;
      if (more) break;
      const entry = journal.next(followed.since);
      if (entry === null) break;
      // Read already, as a place is searched for among numbers of which some are damaged.
      if (entry === 'damaged' || entry.sequence < to) continue;
      if (batch.count > 0 && entry.sequence - followed.from > 2 ** 31) {
        journal.seek(entry.sequence);
        break;
      }
      to = entry.sequence + 1;
      this.#stats.unreadableFields += entry.unreadable;
      if (entry.realtime < followed.since) continue;
      const line = lineOfEntry(entry, (bytes) => this.#host.utf8(bytes, 0, bytes.length));
      if (this.#exclude.has(line.fields['systemd.unit'] ?? '')) {
        this.#stats.excluded++;
        continue;
      }
      this.#stats.entries++;
      const long = line.message.length > MOST_MESSAGE;
      if (long) this.#stats.cut++;
      const text = long ? line.message.subarray(0, MOST_MESSAGE) : line.message;
      const { time, level, service, fields } = line;
      batch.add({ place: entry.sequence, time, level, service, fields }, text, long ? LINE_SPLIT : 0);
    }
    if (to === followed.from) {
      if (more) return true;
      // Behind what is damaged nothing more is found; a name with ~ is that of a file that journald gave up.
      if (journal.header.state === 'archived' || followed.path.endsWith('~')) this.#close(followed);
      return false;
    }
    const from = followed.from;
    followed.from = to;
    this.#waiting = true;
    this.#consumer!.take(batch.batch(followed.identity, from, to, followed.done), () => {
      this.#waiting = false;
      if (this.#running) this.#schedule(0);
    });
    return true;
  }

  /** It was read to its end, and nothing is written to it any more. */
  #close({ journal, identity, path }: Followed): void {
    const stat = new Float64Array(6);
    if (this.#host.files.fstat(journal.fd, stat) >= 0) {
      this.#finished.set(path, `${stat[4]}:${stat[3]}:${stat[0]}:${stat[1]} ${identity.id}`);
    }
    this.#host.files.close(journal.fd);
    this.#stats.damaged += journal.damaged;
    this.#followed.delete(identity.id);
  }
}

const NONE: DoneIntervals = { error: new Ranges(), log: new Ranges(), debug: new Ranges() };
