import type { LogPage, StoredLine } from '../core/ports/log-store.ts';
import { askCore, coreUrl } from './core-client.ts';

/** What is looked for, whatever the time. */
export interface LogFilter {
  readonly core: string;
  readonly words: string;
  readonly hosts: readonly string[];
  readonly services: readonly string[];
  readonly levels: readonly string[];
  /** `name=value`, all of them. */
  readonly fields?: readonly string[];
}

/** The filter as parameters of search and tail. */
export function filterParameters(filter: LogFilter): Record<string, string | readonly string[] | undefined> {
  const { words, hosts, services, levels, fields = [] } = filter;
  return { q: words === '' ? undefined : words, host: hosts, service: services, level: levels, field: fields };
}

/** Lines asked for at once. */
const PAGE = 1000;

/**
 * The newest `limit` lines in [start, end), oldest first, and how many pages stood behind.
 * @param enough looked at after each page: true ends the search early
 * @throws HeliographError HG_CORE_UNREACHABLE, HG_CORE_ANSWER
 */
export async function newestLines(
  filter: LogFilter,
  range: { readonly start: number; readonly end: number },
  limit: number,
  enough: (page: readonly StoredLine[]) => boolean = () => false,
): Promise<{ lines: StoredLine[]; more: boolean; time: number }> {
  const lines: StoredLine[] = [];
  let cursor: string | undefined;
  for (;;) {
    const { body, time } = await askCore<LogPage>(
      coreUrl(filter.core, '/api/v1/logs', {
        ...filterParameters(filter),
        start: String(range.start / 1000),
        end: String(range.end / 1000),
        limit: String(Math.min(PAGE, limit - lines.length)),
        order: 'newest',
        cursor,
      }),
    );
    lines.push(...body.lines);
    if (body.next === null || lines.length >= limit || enough(body.lines)) {
      return { lines: lines.reverse(), more: body.next !== null, time };
    }
    cursor = body.next;
  }
}
