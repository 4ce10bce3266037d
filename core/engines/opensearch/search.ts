import type { Client } from '@opensearch-project/opensearch';
import { HeliographError } from '../../../lib/errors.ts';
import type { DataClass } from '../../../proto/class.ts';
import { parseText, type TextQuery } from '../../logs/query-text.ts';
import { fold, indexed, words } from '../../logs/tokens.ts';
import type { LogQuery, StoredLine } from '../../ports/log-store.ts';
import { ask } from './ask.ts';
import { isIndexed, orderKey, sourceKey } from './document.ts';

type Json = Record<string, unknown>;
/** [timestamp as text, order]: where a line stands among all. */
export type Place = readonly [string, string];

/** What date_nanos can hold, in ms. */
const LAST_MS = 9_223_372_036_854;

export type LineFilter = Pick<LogQuery, 'text' | 'hosts' | 'services' | 'levels' | 'fields' | 'start' | 'end'>;

/** The filter of a search as the engine's query: every line that fits is among what it finds. */
export function filterQuery(query: LineFilter): Json {
  const filter: Json[] = [{ range: { '@timestamp': { gte: nanos(query.start), lt: nanos(query.end) } } }];
  const terms = (field: string, values: readonly string[]) => {
    if (values.length > 0) filter.push({ terms: { [field]: values } });
  };
  terms('host.name', query.hosts);
  terms('service.name', query.services);
  terms('log.level', query.levels);
  for (const [name, value] of query.fields ?? [])
    if (isIndexed(name, value)) filter.push({ term: { [`fields.${name}`]: value } });
  for (const word of candidateWords(query.text)) filter.push({ match: { message: { query: word, operator: 'and' } } });
  return { bool: { filter } };
}

/** ISO text of an instant, held within what the engine knows; `time` in ms, exact to the microsecond. */
function nanos(time: number): string {
  const ms = Math.min(Math.max(time, 0), LAST_MS);
  const micros = Math.round((ms % 1) * 1000);
  const text = new Date(Math.floor(ms)).toISOString();
  return micros === 0 ? text : `${text.slice(0, -1)}${String(Math.min(micros, 999)).padStart(3, '0')}Z`;
}

/** Words that every fitting line has whole: those outside quotes, and those inside a phrase that do not touch its ends. */
function candidateWords(text: string): string[] {
  const found = new Set<string>();
  text.split('"').forEach((part, i) => {
    const folded = fold(part);
    const all = words(folded);
    const inner = i % 2 === 0 ? all : all.filter((_, at) => !touchesEnd(folded, all, at));
    for (const word of inner) found.add(indexed(word));
  });
  return [...found];
}

function touchesEnd(folded: string, all: readonly string[], at: number): boolean {
  return (at === 0 && folded.startsWith(all[0]!)) || (at === all.length - 1 && folded.endsWith(all.at(-1)!));
}

/** Whether the engine's answer alone is right, or each line has to be looked at: phrases, and words that it cuts or folds otherwise. */
export function exactByEngine({ text, fields = [] }: Pick<LogQuery, 'text' | 'fields'>): boolean {
  const { words: plain, phrases }: TextQuery = parseText(text);
  if (!fields.every(([name, value]) => isIndexed(name, value))) return false;
  return phrases.length === 0 && plain.every((word) => /^[a-z0-9]{1,64}$/.test(word));
}

/** Sorting by time, and lines of one instant by their place. */
export function sortBy(order: LogQuery['order']): Json[] {
  const direction = order === 'newest' ? 'desc' : 'asc';
  return [{ '@timestamp': { order: direction } }, { order: { order: direction } }];
}

export function encodeCursor(place: Place): string {
  return Buffer.from(JSON.stringify(place)).toString('base64url');
}

/** @throws HeliographError HG_LOG_QUERY */
export function decodeCursor(cursor: string): Place {
  try {
    const place = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as unknown;
    if (Array.isArray(place) && place.length === 2 && Number.isFinite(Date.parse(String(place[0])))) {
      return [String(place[0]), String(place[1])];
    }
  } catch (cause) {
    throw new HeliographError('HG_LOG_QUERY', 'the cursor is not one that a search gave out', { cursor }, cause);
  }
  throw new HeliographError('HG_LOG_QUERY', 'the cursor is not one that a search gave out', { cursor });
}

/** The place of a line that a search gave out. @throws HeliographError HG_LOG_QUERY */
export function placeOfLine(line: Pick<StoredLine, 'id' | '@timestamp'>): Place {
  const [host, boot, dataClass, sequence, place] = line.id.split('/');
  if (!Number.isFinite(Date.parse(line['@timestamp'])) || !/^\d+$/.test(sequence ?? '') || !/^\d+$/.test(place ?? '')) {
    throw new HeliographError(
      'HG_LOG_QUERY',
      `${JSON.stringify(`${line.id} ${line['@timestamp']}`)} is not a line that a search gave out`,
    );
  }
  const source = sourceKey({ host: host!, boot: boot!, class: dataClass as DataClass });
  return [line['@timestamp'], orderKey(source, Number(sequence), Number(place))];
}

interface Source {
  readonly '@timestamp': string;
  readonly message: string;
  readonly log: { readonly level: string };
  readonly service: { readonly name: string };
  readonly host: { readonly name: string };
  readonly site: string;
  readonly fields?: Readonly<Record<string, string>>;
  readonly order: string;
  readonly heliograph: {
    readonly boot: string;
    readonly class: string;
    readonly sequence: number;
    readonly place: number;
    /** Fields that are kept and not indexed. */
    readonly fields?: readonly (readonly [string, string])[];
  };
}

export interface Hit {
  readonly line: StoredLine;
  readonly place: Place;
}

/** One page of candidates, in order. `took` by the engine. @throws HeliographError HG_LOG_QUERY_TIMEOUT, HG_ENGINE_DOWN, HG_ENGINE_LOGIN */
export async function candidates(
  client: Client,
  engine: string,
  index: string,
  request: { query: Json; order: LogQuery['order']; after: Place | null; size: number; timeoutMs: number },
): Promise<Hit[]> {
  const { query, order, after, size, timeoutMs } = request;
  const body = {
    query,
    sort: sortBy(order),
    size,
    track_total_hits: false,
    timeout: `${Math.max(1, Math.floor(timeoutMs))}ms`,
    ...(after ? { search_after: [...after] } : {}),
  };
  const found = await ask<{ timed_out: boolean; hits: { hits: { _source: Source }[] } }>(client, engine, index, body);
  if (found?.timed_out) throw new HeliographError('HG_LOG_QUERY_TIMEOUT', `stopped after ${timeoutMs} ms`);
  return (found?.hits.hits ?? []).map(({ _source }) => hitOf(_source));
}

function hitOf(source: Source): Hit {
  const { boot, class: dataClass, sequence, place, fields: kept } = source.heliograph;
  const line: StoredLine = {
    id: `${source.host.name}/${boot}/${dataClass}/${sequence}/${place}`,
    '@timestamp': source['@timestamp'],
    message: source.message,
    'log.level': source.log.level,
    'service.name': source.service.name,
    'host.name': source.host.name,
    site: source.site,
    // fromEntries defines what it sets: a field may be called __proto__.
    fields: kept ? Object.fromEntries([...Object.entries(source.fields ?? {}), ...kept]) : (source.fields ?? {}),
  };
  return { line, place: [source['@timestamp'], source.order] };
}
