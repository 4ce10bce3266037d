import { HeliographError } from '../../lib/errors.ts';
import type { HistogramQuery, LogHistogram, LogPage, LogQuery, StoredLine } from '../ports/log-store.ts';
import { type BlockLine, compareLines } from './block.ts';
import { decodeCursor, encodeCursor, placeOf } from './cursor.ts';
import { fitsFields } from './field-filter.ts';
import { Histogram } from './histogram.ts';
import { HOUR_MS, hourOf, listPartitions } from './partition-files.ts';
import { type BlockPlace, PartitionReader } from './partition-reader.ts';
import { fitsText, parseText } from './query-text.ts';
import { storedLine } from './stored-line.ts';
import { tag } from './tokens.ts';

/** Partitions kept open between searches. */
const OPEN_PARTITIONS = 48;

/** The reading side of the log store, without its thread. */
export class LogSearcher {
  readonly #directory: string;
  readonly #timeoutMs: number;
  readonly #mono: () => number;
  readonly #readers = new Map<number, PartitionReader>();
  readonly #exports = new Map<number, Generator<StoredLine[]>>();
  readonly #counts = new Map<number, Generator<null, LogHistogram>>();
  #nextExport = 1;

  constructor(directory: string, timeoutMs: number, mono: () => number) {
    this.#directory = directory;
    this.#timeoutMs = timeoutMs;
    this.#mono = mono;
  }

  /** Throws HG_LOG_QUERY and HG_LOG_QUERY_TIMEOUT. */
  search(query: LogQuery): LogPage {
    if (!(query.limit >= 1)) throw new HeliographError('HG_LOG_QUERY', `the limit is ${query.limit}`);
    if (!(query.end >= query.start)) throw new HeliographError('HG_LOG_QUERY', 'the end is before the start');
    const deadline = this.#mono() + this.#timeoutMs;
    const newest = query.order === 'newest';
    const after = query.cursor !== undefined ? decodeCursor(query.cursor) : query.beside ? placeOf(query.beside) : null;
    const start = !newest && after ? Math.max(query.start, after.time) : query.start;
    // Lines of the cursor's very instant may still be behind it.
    const end = newest && after ? Math.min(query.end, after.time + 1) : query.end;
    const fits = lineTest(query);
    const match = matchExpression(query);
    const found = new Found(Math.floor(query.limit) + 1, newest);
    const scanned = { blocks: 0, lines: 0 };
    for (const hour of this.#hours(start, end, newest)) {
      if (found.full) break;
      this.#inPartition(hour, (reader) => {
        const places = reader.blocks(match, start, end).sort(newest ? newestFirst : oldestFirst);
        for (const place of places) {
          if (found.full && found.beyond(newest ? place.last : place.first)) break;
          if (this.#mono() > deadline) {
            throw new HeliographError('HG_LOG_QUERY_TIMEOUT', `stopped after ${this.#timeoutMs} ms`, { ...scanned });
          }
          const lines = reader.lines(place.id);
          scanned.blocks++;
          scanned.lines += lines.length;
          for (const line of lines) {
            if (after && (newest ? compareLines(line, after) >= 0 : compareLines(line, after) <= 0)) continue;
            if (fits(line)) found.add(line);
          }
        }
      });
    }
    const lines = found.take();
    const page = lines.slice(0, Math.floor(query.limit));
    return {
      lines: page.map(storedLine),
      next: lines.length > page.length ? encodeCursor(page.at(-1)!) : null,
      scanned,
    };
  }

  /** Begins to count; the number is for `countNext`. Throws HG_LOG_QUERY. */
  countStart(query: HistogramQuery): number {
    const histogram = new Histogram(query);
    this.#counts.set(this.#nextExport, this.#count(query, histogram));
    return this.#nextExport++;
  }

  /** Goes on counting for `sliceMs`; null until it is done. */
  countNext(id: number, sliceMs: number): LogHistogram | null {
    const counting = this.#counts.get(id);
    if (!counting) throw new HeliographError('HG_LOG_QUERY', `there is no counting ${id}`);
    const until = this.#mono() + sliceMs;
    do {
      const { done, value } = counting.next();
      if (done) {
        this.#counts.delete(id);
        return value;
      }
    } while (this.#mono() < until);
    return null;
  }

  exportStart(start: number, end: number): number {
    this.#exports.set(this.#nextExport, this.#export(start, end));
    return this.#nextExport++;
  }

  /** The next batch; empty at the end. */
  exportNext(id: number): StoredLine[] {
    return this.#exports.get(id)?.next().value ?? [];
  }

  exportEnd(id: number): void {
    this.#exports.get(id)?.return(undefined);
    this.#exports.delete(id);
  }

  close(): void {
    for (const id of [...this.#exports.keys()]) this.exportEnd(id);
    this.#counts.clear();
    for (const reader of this.#readers.values()) reader.close();
    this.#readers.clear();
  }

  /** Newest first, block by block; what is not reached within the budget is said. */
  *#count(query: HistogramQuery, histogram: Histogram): Generator<null, LogHistogram> {
    const deadline = this.#mono() + query.budgetMs;
    const fits = lineTest(query);
    const match = matchExpression(query);
    for (const hour of this.#hours(query.start, query.end, true)) {
      let places: BlockPlace[] = [];
      this.#inPartition(hour, (reader) => {
        places = reader.blocks(match, query.start, query.end).sort(newestFirst);
      });
      for (let at = 0; at < places.length; ) {
        if (this.#mono() > deadline) return histogram.done(places[at]!.last);
        // A few blocks at a time see one state; one that was merged away meanwhile is counted in neither or both, as lines come in.
        this.#inPartition(hour, (reader) => {
          for (const end = Math.min(at + 8, places.length); at < end; at++) {
            histogram.add(reader.lines(places[at]!.id), fits);
          }
        });
        yield null;
      }
    }
    return histogram.done(null);
  }

  *#export(start: number, end: number): Generator<StoredLine[]> {
    for (const hour of this.#hours(start, end, false)) {
      // A connection of its own: it keeps its state of the partition between two batches.
      const reader = PartitionReader.open(this.#directory, hour);
      if (!reader) continue;
      try {
        reader.begin();
        for (const place of reader.blocks('', start, end).sort(oldestFirst)) {
          const lines = reader.lines(place.id).filter((line) => line.time >= start && line.time < end);
          if (lines.length > 0) yield lines.map(storedLine);
        }
      } finally {
        reader.close();
      }
    }
  }

  #hours(start: number, end: number, newest: boolean): number[] {
    const all = listPartitions(this.#directory);
    for (const [hour, reader] of this.#readers) {
      if (reader.current()) continue;
      reader.close();
      this.#readers.delete(hour);
    }
    const hours = all.filter((hour) => hour * HOUR_MS < end && hour >= hourOf(start));
    return newest ? hours.reverse() : hours;
  }

  #inPartition(hour: number, run: (reader: PartitionReader) => void): void {
    const reader = this.#readers.get(hour) ?? PartitionReader.open(this.#directory, hour);
    if (!reader) return;
    // Moved to the end: the first is the one not used for longest.
    this.#readers.delete(hour);
    this.#readers.set(hour, reader);
    if (this.#readers.size > OPEN_PARTITIONS) {
      const [oldest, old] = this.#readers.entries().next().value!;
      old.close();
      this.#readers.delete(oldest);
    }
    reader.begin();
    try {
      run(reader);
    } finally {
      reader.end();
    }
  }
}

/** The best lines so far: twice as many are gathered before the worse half goes. */
class Found {
  readonly #limit: number;
  readonly #compare: (a: BlockLine, b: BlockLine) => number;
  readonly #newest: boolean;
  #lines: BlockLine[] = [];
  /** The time of the last of the best `limit` lines, once there are that many. */
  #bound: number | null = null;

  constructor(limit: number, newest: boolean) {
    this.#limit = limit;
    this.#newest = newest;
    this.#compare = newest ? (a, b) => compareLines(b, a) : compareLines;
  }

  get full(): boolean {
    return this.#lines.length >= this.#limit;
  }

  add(line: BlockLine): void {
    this.#lines.push(line);
    this.#bound = null;
    if (this.#lines.length > this.#limit * 2 + 1_000) this.#trim();
  }

  /** Can a line of that time no longer be among the best? */
  beyond(time: number): boolean {
    if (this.#bound === null) this.#trim();
    return this.#newest ? time < this.#bound! : time > this.#bound!;
  }

  take(): BlockLine[] {
    this.#trim();
    return this.#lines;
  }

  #trim(): void {
    this.#lines.sort(this.#compare);
    if (this.#lines.length > this.#limit) this.#lines.length = this.#limit;
    this.#bound = this.full ? this.#lines.at(-1)!.time : null;
  }
}

function newestFirst(a: BlockPlace, b: BlockPlace): number {
  return b.last - a.last;
}

function oldestFirst(a: BlockPlace, b: BlockPlace): number {
  return a.first - b.first;
}

type LineFilter = Pick<LogQuery, 'text' | 'hosts' | 'services' | 'levels' | 'fields' | 'start' | 'end'>;

function lineTest(query: LineFilter): (line: BlockLine) => boolean {
  const hosts = query.hosts.length > 0 ? new Set(query.hosts) : null;
  const services = query.services.length > 0 ? new Set(query.services) : null;
  const levels = query.levels.length > 0 ? new Set(query.levels) : null;
  const text = parseText(query.text);
  return (line) =>
    line.time >= query.start &&
    line.time < query.end &&
    (hosts === null || hosts.has(line.frame.instance)) &&
    (services === null || services.has(line.service)) &&
    (levels === null || levels.has(line.level)) &&
    fitsFields(line.fields, query.fields) &&
    fitsText(line.message, text);
}

/** The FTS5 expression that every block with a fitting line meets; '' when there is none to make. */
function matchExpression(query: LineFilter): string {
  const parts = [...parseText(query.text).terms];
  const either = (kind: 'host' | 'service' | 'level', values: readonly string[]) => {
    if (values.length > 0) parts.push(`(${values.map((value) => `"${tag(kind, value)}"`).join(' OR ')})`);
  };
  either('host', query.hosts);
  either('service', query.services);
  either('level', query.levels);
  return parts.join(' AND ');
}
