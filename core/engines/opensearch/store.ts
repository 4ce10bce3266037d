import type { Client } from '@opensearch-project/opensearch';
import type { Clock } from '../../../lib/clock.ts';
import { HeliographError } from '../../../lib/errors.ts';
import type { DataClass } from '../../../proto/class.ts';
import type { BlockLine } from '../../logs/block.ts';
import { fitsFields } from '../../logs/field-filter.ts';
import { Histogram } from '../../logs/histogram.ts';
import { fitsText, parseText } from '../../logs/query-text.ts';
import { type LogFrame, placeOf } from '../../ports/frames.ts';
import type {
  BusPosition,
  HistogramQuery,
  LogHistogram,
  LogPage,
  LogQuery,
  LogStore,
  RefusedLine,
  Restored,
  StoredLine,
} from '../../ports/log-store.ts';
import type { FrameOutcome, SequenceRanges } from '../../ports/metric-store.ts';
import type { FrameEntry, FrameLedger } from '../../seen/frame-ledger.ts';
import type { EngineGate } from '../gate.ts';
import type { BulkWriter } from './bulk.ts';
import { engineError } from './client.ts';
import { type BulkLine, bulkLines, holdsTime } from './document.ts';
import { countByEngine } from './histogram.ts';
import { dropOld, sizeOf } from './retention.ts';
import type { RouteIndices } from './route-indices.ts';
import {
  candidates,
  decodeCursor,
  encodeCursor,
  exactByEngine,
  filterQuery,
  type Hit,
  type LineFilter,
  placeOfLine,
} from './search.ts';

export interface OpenSearchParts {
  readonly client: Client;
  readonly gate: EngineGate;
  readonly ledger: FrameLedger;
  readonly bulk: BulkWriter;
  readonly clock: Clock;
  /** Before the day, or a route and the day. */
  readonly index: string;
  readonly routes: RouteIndices;
  /** For messages: the engine and its address. */
  readonly engine: string;
  readonly refreshMs: number;
  readonly retentionMs: number;
  readonly searchTimeoutMs: number;
  /** Keeps lines that the engine will not take; resolves when they are durable. */
  readonly onRefused: (lines: readonly RefusedLine[]) => Promise<void>;
  readonly onAppend: (outcomes: readonly FrameOutcome[]) => void;
}

/** A frame's lines that go to the engine. */
interface FreshLines {
  readonly frame: LogFrame;
  /** Its place in the batch. */
  readonly number: number;
  /** Places of its lines in `frame.lines`. */
  readonly kept: readonly number[];
}

/** Candidates asked for at once, and lines of an export. */
const PAGE_LINES = 1_000;
/** No more come in one answer (index.max_result_window). */
const MOST_LINES = 10_000;

/**
 * The log store on OpenSearch. A line's document is named by what never changes, so what comes twice is one document; which frames are
 * there, and the position on the bus, stand in the ledger of this process, entered when the engine has the lines on disk.
 */
export class OpenSearchLogStore implements LogStore {
  readonly searchableAfterMs: number;
  readonly #parts: OpenSearchParts;
  #closing: Promise<void> | null = null;
  /** As last heard. */
  #bytes = 0;

  constructor(parts: OpenSearchParts) {
    this.#parts = parts;
    this.searchableAfterMs = parts.refreshMs;
  }

  async append(frames: readonly LogFrame[], position: BusPosition): Promise<readonly FrameOutcome[]> {
    const { gate, ledger, bulk, clock, onRefused, onAppend } = this.#parts;
    const entries: FrameEntry[] = [];
    const fresh: FreshLines[] = [];
    for (const [i, frame] of frames.entries()) {
      const kept = frame.lines.flatMap((line, at) => (holdsTime(line.time) ? [at] : []));
      const dropped: Record<string, number> = { ...frame.left };
      if (kept.length < frame.lines.length) dropped.bad_time = frame.lines.length - kept.length;
      entries.push({ id: frame.id, written: kept.length, dropped });
      if (kept.length > 0 && !ledger.has(frame.id)) fresh.push({ frame, number: i, kept });
    }
    if (fresh.length > 0) {
      gate.pass();
      const refused = await this.#write(bulk, fresh);
      if (refused.length > 0) {
        await onRefused(refused.map(({ line, reason }) => refusedLine(frames[line.frame]!, line.at, reason)));
      }
      for (const { line } of refused) entries[line.frame] = oneRefused(entries[line.frame]!);
    }
    const outcomes = ledger.enter(entries, clock.now(), position);
    onAppend(outcomes);
    return outcomes;
  }

  async restore(frames: readonly LogFrame[]): Promise<Restored> {
    const { gate, ledger, bulk } = this.#parts;
    const all = frames.map((frame, number) => ({ frame, number, kept: [...frame.lines.keys()] }));
    gate.pass();
    const refused = (await this.#write(bulk, all)).map(({ line, reason }) =>
      refusedLine(frames[line.frame]!, line.at, reason),
    );
    const not = new Set(refused.map(({ frame, at }) => frame.lines[at]));
    const stored = frames.flatMap((frame) =>
      frame.lines.flatMap((line, at) => (not.has(line) ? [] : [{ id: frame.id, place: placeOf(frame, at) }])),
    );
    return { refused, stored: ledger.restore(stored, 'refused_by_store') };
  }

  async #write(bulk: BulkWriter, fresh: readonly FreshLines[]) {
    try {
      return await bulk.write(this.#lines(fresh));
    } catch (error) {
      // Somebody changed the password or took the cluster away: the gate looks until it is good again.
      if (error instanceof HeliographError && error.code !== 'HG_ENGINE_REFUSED') this.#parts.gate.doubt(error);
      throw error;
    }
  }

  /** Frame by frame, as bulks are filled. */
  *#lines(fresh: readonly FreshLines[]): Generator<BulkLine> {
    for (const { frame, number, kept } of fresh) {
      for (const [index, places] of this.#parts.routes.of(frame, kept)) yield* bulkLines(frame, number, index, places);
    }
  }

  async positions(): Promise<Readonly<Record<string, string>>> {
    return this.#parts.ledger.positions();
  }

  /** @throws HeliographError HG_LOG_QUERY, HG_LOG_QUERY_TIMEOUT, HG_ENGINE_DOWN, HG_ENGINE_LOGIN */
  async search(query: LogQuery): Promise<LogPage> {
    if (!(query.limit >= 1)) throw new HeliographError('HG_LOG_QUERY', `the limit is ${query.limit}`);
    if (!(query.end >= query.start)) throw new HeliographError('HG_LOG_QUERY', 'the end is before the start');
    const limit = Math.floor(query.limit);
    const after =
      query.cursor !== undefined ? decodeCursor(query.cursor) : query.beside ? placeOfLine(query.beside) : null;
    const found: Hit[] = [];
    let looked = 0;
    const size = Math.min(MOST_LINES, exactByEngine(query) ? limit + 1 : Math.max(limit + 1, PAGE_LINES));
    for await (const hit of this.#hits(query, query.order, after, size)) {
      looked++;
      if (fitsQuery(hit.line, query) && found.push(hit) > limit) break;
    }
    const page = found.slice(0, limit);
    return {
      lines: page.map(({ line }) => line),
      next: found.length > limit ? encodeCursor(page.at(-1)!.place) : null,
      scanned: { blocks: 0, lines: looked },
    };
  }

  /** @throws HeliographError HG_LOG_QUERY, HG_ENGINE_DOWN, HG_ENGINE_LOGIN */
  async histogram(query: HistogramQuery): Promise<LogHistogram> {
    const histogram = new Histogram(query);
    if (!(query.budgetMs > 0)) return histogram.done(query.end);
    const { client, engine, index } = this.#parts;
    if (exactByEngine(query) && Number.isInteger(query.step) && Number.isInteger(query.start)) {
      const levels = await countByEngine(client, engine, index, query);
      if (levels) return counted(query, levels);
      return histogram.done(query.end);
    }
    return this.#countLines(query, histogram);
  }

  /** Line by line, newest first, for texts that the engine cannot count by itself. */
  async #countLines(query: HistogramQuery, histogram: Histogram): Promise<LogHistogram> {
    const { clock } = this.#parts;
    const until = clock.mono() + query.budgetMs;
    for await (const { line, place } of this.#hits(query, 'newest', null, PAGE_LINES)) {
      if (clock.mono() > until) return histogram.done(Date.parse(place[0]));
      histogram.add([blockLine(line)], () => fitsQuery(line, query));
    }
    return histogram.done(null);
  }

  /** All lines that the engine finds, page by page, within the time of one search. */
  async *#hits(
    filter: LineFilter,
    order: LogQuery['order'],
    from: Hit['place'] | null,
    size: number,
  ): AsyncGenerator<Hit> {
    const { client, engine, index, clock, searchTimeoutMs } = this.#parts;
    const until = clock.mono() + searchTimeoutMs;
    const query = filterQuery(filter);
    for (let after = from; ; ) {
      const timeoutMs = until - clock.mono();
      if (timeoutMs <= 0) throw new HeliographError('HG_LOG_QUERY_TIMEOUT', `stopped after ${searchTimeoutMs} ms`);
      const page = await candidates(client, engine, index, { query, order, after, size, timeoutMs });
      yield* page;
      if (page.length < size) return;
      after = page.at(-1)!.place;
    }
  }

  /** In order of time. */
  async *export(start: number, end: number): AsyncGenerator<StoredLine[]> {
    const { client, engine, index, searchTimeoutMs } = this.#parts;
    const query = filterQuery({ text: '', hosts: [], services: [], levels: [], start, end });
    for (let after: Hit['place'] | null = null; ; ) {
      const request = { query, order: 'oldest' as const, after, size: PAGE_LINES, timeoutMs: searchTimeoutMs };
      const page: Hit[] = await candidates(client, engine, index, request);
      if (page.length > 0) yield page.map(({ line }) => line);
      if (page.length < PAGE_LINES) return;
      after = page.at(-1)!.place;
    }
  }

  async sequences(): Promise<readonly SequenceRanges[]> {
    return this.#parts.ledger.sequences();
  }

  async totals(): ReturnType<LogStore['totals']> {
    const { ledger, client, gate, index, engine } = this.#parts;
    const classes = ledger.classes();
    const totals = { lines: 0, repeated: 0, dropped: {} as Record<string, number> };
    for (const account of Object.values(classes)) {
      totals.lines += account.written.items;
      totals.repeated += account.repeated.items;
      for (const [reason, n] of Object.entries(account.dropped))
        totals.dropped[reason] = (totals.dropped[reason] ?? 0) + n;
    }
    try {
      if (gate.passed) this.#bytes = await sizeOf(client, index);
    } catch (error) {
      // The account is whole without it; the engine that is down is the gate's to tell.
      gate.doubt(engineError(engine, error));
    }
    return { ...totals, bytes: this.#bytes, classes };
  }

  /** Drops whole days. @throws HeliographError HG_ENGINE_DOWN, HG_ENGINE_LOGIN */
  async retain(now: number): Promise<void> {
    const { client, engine, gate, ledger, routes, retentionMs } = this.#parts;
    ledger.forget(now - retentionMs - 86_400_000, now);
    gate.pass();
    for (const { prefix, retentionMs: kept } of routes.sets) await dropOld(client, engine, prefix, now - kept);
  }

  /** May be called again. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#parts.gate.close();
    await this.#parts.client.close();
    this.#parts.ledger.close();
  }
}

function oneRefused(entry: FrameEntry): FrameEntry {
  const refused = (entry.dropped.refused_by_store ?? 0) + 1;
  return { ...entry, written: entry.written - 1, dropped: { ...entry.dropped, refused_by_store: refused } };
}

function refusedLine(frame: LogFrame, at: number, reason: string): RefusedLine {
  return { frame, at, reason };
}

/** The engine found it by its words and filters; the text is looked at again, since it folds and cuts words in its own way. */
function fitsQuery(line: StoredLine, query: Pick<LogQuery, 'text' | 'fields'>): boolean {
  return fitsFields(line.fields, query.fields) && fitsText(line.message, parseText(query.text));
}

function blockLine(line: StoredLine): BlockLine {
  const [host, boot, dataClass, sequence, place] = line.id.split('/');
  const frame = {
    host: host!,
    boot: boot!,
    class: dataClass as DataClass,
    sequence: Number(sequence),
    instance: line['host.name'],
    site: line.site,
  };
  const { message, fields } = line;
  const time = Date.parse(line['@timestamp']);
  return { time, message, level: line['log.level'], service: line['service.name'], fields, frame, line: Number(place) };
}

function counted({ start, end, step }: HistogramQuery, levels: ReadonlyMap<string, number[]>): LogHistogram {
  let total = 0;
  for (const counts of levels.values()) for (const count of counts) total += count;
  const sorted = [...levels].sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    start,
    end,
    step,
    levels: Object.fromEntries(sorted),
    total,
    countedFrom: null,
    scanned: { blocks: 0, lines: total },
  };
}
