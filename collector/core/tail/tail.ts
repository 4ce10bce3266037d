/**
 * Following files by polling, every line once: through rotation by rename, by copy and truncate, delete and recreate, a slow
 * consumer and a restart. The owner's part:
 *
 *     const progress = new Progress(checkpoint);            // positions.ts; plus progress.add(mark) for every mark in the spool
 *     const tail = new Tail(host, options, consumer, progress.positions(), progress.closed());
 *     tail.start();                                          // polls by host.timer; or call tail.poll() yourself
 *
 *     consumer.take(batch, answer): batch.bytes is the consumer's (it may mask in place) until it calls answer(), once, when every
 *     record of the batch is in the spool; one batch a file is out at a time, and at most `options.buffers` of all files.
 *     Line i is batch.bytes[starts[i], ends[i]); its place in the file is batch.from + places[i]. If batch.done is not null (after a
 *     restart), a line of class c with batch.done[c].has(batch.from + places[i]) is in the spool already: leave it out.
 *     Each record then gets { file: batch.file, from: batch.from, to: batch.to, anchor: batch.anchor, class, classes } (SpoolMark),
 *     where `classes` are the classes that lines of this batch were kept in; a batch of which nothing is kept is told to the
 *     progress alone: progress.add({ ..., classes: [], class: 'log' }).
 *     If a batch makes several records of one class, cut it at a line without LINE_JOINED: the first gets to = batch.from + places[k] and anchor ''.
 *     consumer.opened(file, offset): progress.opened(file, offset). consumer.closed(file): progress.forget(file.id).
 */

import { Ranges } from '../../../lib/ranges.ts';
import type { Host } from '../host.ts';
import { Batches } from './batches.ts';
import type { Flush, LineConsumer, LostBytes, TailOptions, TailStats } from './contract.ts';
import type { FileFormat } from './file-format.ts';
import { type Followed, growFingerprint, isUnchanged, key, type Resume, readWindow, resumeIn } from './followed.ts';
import { ANCHOR_BYTES, type FileIdentity, hashWindow, newFileId } from './identity.ts';
import { LineTable } from './lines.ts';
import { MatchingFiles } from './matching-files.ts';
import { type DoneIntervals, type FilePosition, highestDone, MOST_CLOSED } from './positions.ts';
import { readerOfRecords } from './reader-of-records.ts';
import { byProof, findAgain, isUnreadCopy } from './resumed.ts';
import { nameBeforeRotation } from './rotated-name.ts';
import { findElsewhere, findHeld, findPacked, findTwin } from './search.ts';
import { findUnseen, isOf, lastSeen } from './unseen.ts';

const noneDone = (): DoneIntervals => ({ error: new Ranges(), log: new Ranges(), debug: new Ranges() });

/** At a start positions are taken up for so long at a time, ms: where many files are gone, each is looked for in all of its folder, and all else waits. */
const TURN_MS = 50;

/** What a line is taken to have before one was read. */
const UNKNOWN_LINE_BYTES = 200;

export class Tail {
  readonly stats: TailStats = {
    files: 0,
    detached: 0,
    lines: 0,
    bytes: 0,
    pendingBytes: 0,
    splitPieces: 0,
    openLines: 0,
    truncations: 0,
    lostBytes: 0,
    gone: 0,
    refused: 0,
    readErrors: 0,
    oddLines: 0,
  };
  readonly #host: Host;
  readonly #consumer: LineConsumer;
  readonly #batches: Batches;
  readonly #search: MatchingFiles;
  readonly #pollMs: number;
  readonly #startAtEnd: boolean;
  readonly #idleFlushMs: number;
  readonly #detachedIdleMs: number;
  readonly #twinWaitMs: number;
  readonly #maxFiles: number;
  readonly #formatOf: (path: string) => FileFormat | null;
  /** By device and inode: an open descriptor keeps its inode from being given to another file. */
  readonly #followed = new Map<string, Followed>();
  /** Not taken up yet; null: all are. */
  #positions: FilePosition[] | null;
  readonly #given: readonly FilePosition[];
  /** Files for which a packed copy is unpacked up to their place; of those that were truncated (else null) what is lost if it holds something else. */
  #later: { readonly position: FilePosition; readonly unread: number | null }[] = [];
  /** Descriptors of those copies, by path. */
  readonly #unpacking = new Map<string, number>();
  /** Read to their end, the last one last. */
  readonly #closed: FileIdentity[];
  #found: ReadonlyMap<string, string> = new Map();
  /** Under their names stands other content than before, and nobody has looked beside them. */
  #changed: { readonly current: Followed; readonly wasEmpty: boolean }[] = [];
  #next = 0;
  #timer = 0;
  #running = false;
  #polling = false;
  readonly #stat = new Float64Array(6);

  /** @param closed files that were read to their end in an earlier life */
  constructor(
    host: Host,
    options: TailOptions,
    consumer: LineConsumer,
    positions: readonly FilePosition[] = [],
    closed: readonly FileIdentity[] = [],
  ) {
    this.#host = host;
    this.#consumer = consumer;
    this.#search = new MatchingFiles(host.files, options.paths, options.exclude ?? []);
    this.#pollMs = options.pollMs ?? 250;
    this.#startAtEnd = options.startAt === 'end' && positions.length === 0;
    this.#idleFlushMs = options.idleFlushMs ?? 5_000;
    this.#detachedIdleMs = options.detachedIdleMs ?? 600_000;
    this.#twinWaitMs = options.twinWaitMs ?? 60_000;
    this.#maxFiles = options.maxFiles ?? 512;
    this.#formatOf = options.formatOf ?? (() => null);
    this.#given = positions;
    this.#positions = [...positions].sort(byProof);
    this.#closed = [...closed];
    const { maxLineBytes = 256 * 1024, batchBytes = 512 * 1024, buffers = 4 } = options;
    this.#batches = new Batches(host, { maxLineBytes, batchBytes, buffers }, consumer, this.stats, {
      readError: (path, errno) => this.#readError(path, errno),
      answered: () => {
        if (this.#running && !this.#polling) this.#schedule(0);
      },
    });
  }

  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#schedule(0);
  }

  /** Stops polling and closes all files. Batches that are out may still be answered. */
  stop(): void {
    this.#running = false;
    this.#host.cancel(this.#timer);
    for (const followed of this.#followed.values()) if (followed.fd >= 0) this.#host.files.close(followed.fd);
    this.#followed.clear();
    for (const fd of this.#unpacking.values()) this.#host.files.close(fd);
    this.#unpacking.clear();
  }

  /** One look at all files: opens what is new, hands out what can be. True if there is more to read at once. */
  poll(): boolean {
    this.#polling = true;
    if (!this.#scan()) {
      this.#polling = false;
      return true;
    }
    const all = [...this.#followed.values()];
    let more = this.#later.length > 0;
    this.stats.pendingBytes = 0;
    for (let i = 0; i < all.length; i++) {
      const followed = all[(i + this.#next) % all.length]!;
      if (this.#look(followed)) more = true;
      this.stats.pendingBytes += Math.max(0, followed.size - followed.offset);
    }
    if (this.#lookBesideChanged()) more = true;
    this.#next = all.length === 0 ? 0 : (this.#next + 1) % all.length;
    this.stats.files = this.#followed.size;
    this.stats.detached = all.reduce((count, followed) => count + (followed.attached ? 0 : 1), 0);
    this.#polling = false;
    return more;
  }

  #schedule(ms: number): void {
    this.#host.cancel(this.#timer);
    this.#timer = this.#host.timer(() => {
      if (!this.#running) return;
      const more = this.poll();
      if (this.#running) this.#schedule(more ? 0 : this.#pollMs);
    }, ms);
  }

  /** Finds what the patterns match now, takes up positions on the first calls, opens what is new. False: there are more positions, and before nothing is opened or read. */
  #scan(): boolean {
    const found = this.#search.find();
    this.#found = found;
    const first = this.#positions !== null;
    if (this.#positions === null) {
      const later = this.#later;
      this.#later = [];
      for (const { position, unread } of later) this.#resume(position, found, unread);
    } else if (!this.#takeUp(this.#positions, found)) return false;
    this.#positions = null;
    for (const [id, followed] of this.#followed) {
      const path = found.get(id);
      followed.attached = path !== undefined;
      if (path !== undefined && path !== followed.file.path) followed.file = { ...followed.file, path };
    }
    this.stats.refused = 0;
    // What became of those that are known, before others are held against them.
    if (first || [...found.keys()].some((id) => !this.#followed.has(id)))
      for (const followed of [...this.#followed.values()]) this.#recognise(followed);
    const opened = [...found].flatMap(([id, path]) =>
      this.#followed.has(id) ? [] : (this.#openNew(id, path, first) ?? []),
    );
    this.#changed.push(...opened.map((current) => ({ current, wasEmpty: false })));
    this.#lookBesideChanged();
    if (first) this.#lookBeside(this.#given);
    return true;
  }

  /** Takes positions off the list, for one turn. True if none is left. */
  #takeUp(positions: FilePosition[], found: ReadonlyMap<string, string>): boolean {
    const end = this.#host.mono() + TURN_MS;
    for (let position = positions.shift(); position !== undefined; position = positions.shift()) {
      this.#resume(position, found, null);
      if (positions.length > 0 && this.#host.mono() >= end) return false;
    }
    return true;
  }

  /** What was packed stands twice for a while: it is told apart when the content of all files is known. True if something was found. */
  #lookBesideChanged(): boolean {
    const before = this.#followed.size;
    const changed = this.#changed;
    this.#changed = [];
    for (const { current, wasEmpty } of changed) this.#openUnseen(current, null, wasEmpty);
    return this.#followed.size > before;
  }

  /** Of what was found unseen before a crash only a part may have been durable: looks for it again, from the oldest on that was not read to its end. */
  #lookBeside(positions: readonly FilePosition[]): void {
    const current = new Map<string, Followed>();
    for (const followed of this.#followed.values()) {
      const name = nameBeforeRotation(followed.file.path);
      if (followed.attached && (followed.file.path === name || !current.has(name))) current.set(name, followed);
    }
    for (const [name, followed] of current) {
      const seen = positions.flatMap(({ file }) => (isOf(file, name) ? (file.seen ?? []) : []));
      if (seen.length > 0) this.#openUnseen(followed, Math.min(...seen));
    }
  }

  /** Under this name stands other content than before: opens what was rotated away between the two. */
  #openUnseen(current: Followed, after: number | null = null, wasEmpty = false): void {
    const host = this.#host;
    const path = nameBeforeRotation(current.file.path);
    const followed = [...this.#followed.values(), ...this.#later.map(({ position }) => position)];
    const known = {
      has: (id: string) => this.#followed.has(id) || this.#found.has(id),
      identities: [...followed.map(({ file }) => file), ...this.#closed],
      current: current.file,
      wasEmpty,
      exclude: this.#search.excluded,
    };
    const seen = after ?? lastSeen(path, known);
    if (seen === null) return;
    const unseen = findUnseen(host, path, seen, known);
    if (unseen.length === 0) return;
    // A crash may leave any of them known and others not: whoever looks again begins at the same place.
    current.file = { ...current.file, seen };
    this.#consumer.opened(current.file, current.begin);
    for (const { path: rotated, device, inode, fd } of unseen) {
      host.log('info', 'a file was rotated before it was seen, and is read now', { path: rotated });
      const file = { id: newFileId(host), path: rotated, device, inode, fingerprint: '', fingerprintBytes: 0, seen };
      const opened = this.#follow(file, fd, 0);
      opened.packed = rotated.endsWith('.gz');
      this.#begin(opened);
    }
  }

  /** Takes what the file has of a fingerprint already, before others are held against it, and tells of it. */
  #begin(followed: Followed): void {
    const stat = this.#stat;
    if (this.#host.files.fstat(followed.fd, stat) >= 0) followed.size = stat[0]!;
    growFingerprint(this.#host, followed);
    this.#consumer.opened(followed.file, followed.offset);
  }

  /** Nothing more of it is read; its content is known still. */
  #end(file: FileIdentity): void {
    this.#closed.push(file);
    if (this.#closed.length > MOST_CLOSED) this.#closed.shift();
    this.#consumer.closed(file);
  }

  #openNew(id: string, path: string, first: boolean): Followed | null {
    if (this.#followed.size >= this.#maxFiles) {
      this.stats.refused++;
      return null;
    }
    const host = this.#host;
    const fd = host.files.open(path, 'read');
    if (fd < 0) {
      if (fd !== -2) this.#readError(path, fd);
      return null;
    }
    const stat = this.#stat;
    // The name may have changed hands since the scan: then the next scan will see it.
    if (host.files.fstat(fd, stat) < 0 || key(stat[4]!, stat[3]!) !== id) {
      host.files.close(fd);
      return null;
    }
    const size = stat[0]!;
    const file = {
      id: newFileId(host),
      path,
      device: stat[4]!,
      inode: stat[3]!,
      fingerprint: '',
      fingerprintBytes: 0,
      seen: stat[1]!,
    };
    const followed = this.#follow(file, fd, first && this.#startAtEnd ? size : 0);
    followed.attached = true;
    this.#begin(followed);
    return followed;
  }

  #follow(file: FileIdentity, fd: number, offset: number): Followed {
    const followed: Followed = {
      file,
      fd,
      begin: offset,
      offset,
      size: -1,
      mtime: -1,
      head: new Uint8Array(0),
      anchor: new Uint8Array(0),
      waiting: false,
      attached: false,
      grown: this.#host.mono(),
      atEnd: false,
      cleared: offset > 0,
      done: null,
      cuts: [],
      lines: new LineTable(),
      packed: false,
      records: readerOfRecords(this.#formatOf(file.path), this.#batches.longest),
    };
    this.#followed.set(key(file.device, file.inode), followed);
    return followed;
  }

  /** Takes one file of the positions up again: under a pattern, or under another name, or in the copy a truncation left. */
  #resume(position: FilePosition, found: ReadonlyMap<string, string>, unread: number | null): void {
    const host = this.#host;
    if (isUnreadCopy(host, position, found, this.#followed)) {
      this.#consumer.closed(position.file);
      return;
    }
    const where = findAgain(host, position, found, (id) => this.#followed.has(id), this.#unpacking);
    if (where === 'later') {
      this.#later.push({ position, unread });
      return;
    }
    if (where === null && unread !== null) {
      if (unread > 0) this.#truncatedAway(position.file, position.offset, unread);
      this.#end(position.file);
      return;
    }
    if (where === null) {
      this.stats.gone++;
      this.#host.log('info', 'a followed file was not found again after the restart', {
        path: position.file.path,
        offset: position.offset,
      });
      // Lines of one class above the offset are durable, those of another may not have been.
      const doubtful = highestDone(position.done) - position.offset;
      if (doubtful > 0) this.#lost(position.file, position.offset, doubtful, 'gone');
      this.#end(position.file);
      return;
    }
    const file = { ...position.file, path: where.path, device: where.device, inode: where.inode };
    const followed = this.#follow(file, where.fd, where.match.offset);
    followed.begin = 0;
    followed.cleared = position.file.fingerprintBytes > 0;
    followed.done = where.match.done;
    followed.cuts = where.match.cuts;
    followed.packed = where.path.endsWith('.gz');
    this.#anchorAt(followed);
  }

  #anchorAt(followed: Followed): void {
    const { fd, file, offset } = followed;
    followed.head = readWindow(this.#host, fd, 0, file.fingerprintBytes) ?? new Uint8Array(0);
    followed.anchor = readWindow(this.#host, fd, Math.max(0, offset - ANCHOR_BYTES), offset) ?? new Uint8Array(0);
  }

  /** One look at one file. True if it may have more to give at once. */
  #look(followed: Followed): boolean {
    const current = this.#recognise(followed);
    if (current === null) return false;
    if (current !== followed) {
      this.#look(current);
      return true;
    }
    const now = this.#host.mono();
    const { size } = followed;
    if (followed.waiting) return false;
    if (!followed.cleared && size > 0) {
      const twin = findTwin(this.#host, followed, this.#followed.values());
      // Nobody may have looked for longer than that: the truncation may be there already.
      if (twin !== null && (now - followed.grown < this.#twinWaitMs || this.#recognise(twin) !== twin)) return false;
      followed.cleared = true;
    }
    const idle = now - followed.grown;
    const flush = followed.offset < size ? this.#flushAfter(followed, idle) : 'none';
    if (followed.atEnd && flush === 'none') {
      const ended = followed.packed || idle >= this.#detachedIdleMs;
      if (!followed.attached && followed.offset >= size && ended) this.#close(followed);
      return false;
    }
    if (followed.offset >= size) {
      followed.atEnd = true;
      return false;
    }
    return this.#batches.read(followed, flush);
  }

  /** Takes in what became of a file since the last look: that which is under its descriptor now, or null if nobody can tell. */
  #recognise(followed: Followed): Followed | null {
    const host = this.#host;
    const stat = this.#stat;
    if (followed.fd < 0) return null;
    if (host.files.fstat(followed.fd, stat) < 0) {
      this.#readError(followed.file.path, -5);
      return null;
    }
    const [size, mtime] = stat as unknown as [number, number];
    if (size === followed.size && mtime === followed.mtime) return followed;
    if (size < followed.offset || size < followed.size || !isUnchanged(host, followed))
      return this.#truncated(followed);
    if (size !== followed.size) followed.grown = host.mono();
    const wasEmpty = followed.file.fingerprintBytes === 0;
    followed.size = size;
    followed.mtime = mtime;
    followed.atEnd = false;
    if (growFingerprint(host, followed)) {
      this.#consumer.opened(followed.file, followed.begin);
      // What was in it before this may have been copied and truncated away meanwhile.
      if (wasEmpty && followed.attached) this.#changed.push({ current: followed, wasEmpty });
    }
    return followed;
  }

  #flushAfter({ records, packed }: Followed, idle: number): Flush {
    // To what is packed nothing is added.
    if (packed || idle >= this.#idleFlushMs) return 'lines';
    return records !== null && idle >= records.waitMs ? 'records' : 'none';
  }

  /**
   * The file under this descriptor was truncated or rewritten. What is in it now is a new generation, read from its beginning. What
   * was not read of the old one stands in the copy that was made before the truncation, if that is in the same folder.
   * Gives the new generation.
   */
  #truncated(followed: Followed): Followed {
    const host = this.#host;
    this.stats.truncations++;
    const old = followed.file;
    const fd = followed.fd;
    const unread = Math.max(0, followed.size - followed.offset);
    const fresh = { ...old, id: newFileId(host), fingerprint: '', fingerprintBytes: 0, seen: this.#stat[1]! };
    const next = this.#follow(fresh, fd, 0);
    next.attached = followed.attached;
    this.#begin(next);
    this.#changed.push({ current: next, wasEmpty: false });
    const anchors = [[followed.offset, hashWindow(host, followed.anchor, 0, followed.anchor.length)]] as const;
    const rest = (candidate: number, size: number): Resume | null => {
      if (size < followed.offset || old.fingerprintBytes === 0) return null;
      const place = { offset: followed.offset, done: followed.done, cuts: followed.cuts };
      const position = { file: old, offset: followed.offset, done: noneDone(), anchors };
      return resumeIn(host, candidate, size, position) === null ? null : place;
    };
    const taken = (id: string): boolean =>
      this.#followed.get(id)?.cleared === true || id === key(old.device, old.inode);
    // Whose batch is out is looked for at once: the answer must find it.
    const unpacking = followed.waiting ? null : this.#unpacking;
    const copy =
      findHeld(host, next, this.#followed.values(), rest) ??
      findElsewhere(host, old, new Map(), rest, taken) ??
      findPacked(host, old, followed.offset, rest, taken, unpacking);
    if (copy === 'later') {
      followed.fd = -1;
      const position = { file: old, offset: followed.offset, done: followed.done ?? noneDone(), anchors };
      this.#later.push({ position, unread });
      return next;
    }
    if (copy !== null) {
      const id = key(copy.device, copy.inode);
      const suspect = this.#followed.get(id);
      if (suspect !== undefined) {
        if (suspect.fd !== copy.fd) host.files.close(suspect.fd);
        suspect.fd = -1;
        this.#end(suspect.file);
      }
      followed.file = { ...old, path: copy.path, device: copy.device, inode: copy.inode };
      followed.fd = copy.fd;
      followed.size = -1;
      followed.attached = suspect !== undefined;
      followed.packed = copy.path.endsWith('.gz');
      this.#followed.set(id, followed);
      this.#consumer.opened(followed.file, followed.begin);
      return next;
    }
    followed.fd = -1;
    if (unread > 0) this.#truncatedAway(old, followed.offset, unread);
    if (!followed.waiting) this.#end(old);
    return next;
  }

  #truncatedAway(file: FileIdentity, offset: number, unreadBytes: number): void {
    this.#lost(file, offset, unreadBytes, 'truncated');
    this.#host.log('warn', 'a file was truncated before it was read to its end, and no copy of it is in its folder', {
      path: file.path,
      offset,
      unreadBytes,
    });
  }

  #lost(file: FileIdentity, offset: number, bytes: number, reason: LostBytes['reason']): void {
    const { stats } = this;
    stats.lostBytes += bytes;
    const meanLineBytes = stats.lines === 0 ? UNKNOWN_LINE_BYTES : Math.max(1, stats.bytes / stats.lines);
    this.#consumer.lost?.({ file, offset, bytes, reason, meanLineBytes });
  }

  #close(followed: Followed): void {
    this.#host.files.close(followed.fd);
    this.#followed.delete(key(followed.file.device, followed.file.inode));
    this.#end(followed.file);
  }

  #readError(path: string, errno: number): void {
    this.stats.readErrors++;
    if (this.stats.readErrors === 1) this.#host.log('warn', 'a followed file cannot be read', { path, errno });
  }
}
