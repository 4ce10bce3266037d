import type { LogFrame, LogLine } from '../../core/ports/frames.ts';
import type { LogQuery, LogStore, StoredLine } from '../../core/ports/log-store.ts';

export function logLine(time: number, message: string, more: Partial<LogLine> = {}): LogLine {
  return { time, message, level: 'info', service: 'shop', fields: {}, ...more };
}

export function logFrame(
  host: string,
  sequence: number,
  lines: readonly LogLine[],
  more: Partial<LogFrame> = {},
): LogFrame {
  const created = lines[0]?.time ?? 0;
  return {
    id: { host, boot: '00000001aabbccddeeff0011', class: 'log', sequence },
    relay: 'relay-1',
    created,
    received: created,
    skew: 0,
    lane: 'live',
    instance: host,
    site: 'north',
    lines,
    ...more,
  };
}

/** A query for everything, with what the case changes. */
export function logQuery(more: Partial<LogQuery> = {}): LogQuery {
  return {
    text: '',
    hosts: [],
    services: [],
    levels: [],
    start: 0,
    end: 8.64e15,
    limit: 100,
    order: 'newest',
    ...more,
  };
}

/** Follows the pages to the end. */
export async function allPages(store: LogStore, query: LogQuery, between?: () => Promise<void>): Promise<StoredLine[]> {
  const lines: StoredLine[] = [];
  let cursor: string | undefined;
  do {
    const page = await store.search(cursor === undefined ? query : { ...query, cursor });
    lines.push(...page.lines);
    cursor = page.next ?? undefined;
    await between?.();
  } while (cursor !== undefined);
  return lines;
}

export async function exportLines(store: LogStore, start = 0, end = 8.64e15): Promise<StoredLine[]> {
  const lines: StoredLine[] = [];
  for await (const batch of store.export(start, end)) lines.push(...batch);
  return lines;
}
