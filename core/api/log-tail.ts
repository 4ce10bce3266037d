import type { FastifyInstance } from 'fastify';
import { HeliographError } from '../../lib/errors.ts';
import { lineTest } from '../logs/line-test.ts';
import type { StoredLine } from '../ports/log-store.ts';
import type { TailLine, TailPlace } from '../tail/log-tail.ts';
import { LineStream } from './line-stream.ts';
import { type LogFilter, logFilter } from './log-filter.ts';
import { Parameters } from './parameters.ts';
import type { ApiParts } from './parts.ts';

const HEARTBEAT_MS = 15_000;
/** Tails open at once; each costs a look at every line. */
const MOST_TAILS = 100;
/** Lines looked up in the store for a reader who was away. */
const CATCH_UP = 1_000;

/**
 * Lines as they are stored, as server-sent events: /api/v1/logs/tail with the filters of the search. Each event's data is one
 * line as the search gives it; an event `skipped` says how many lines a slow reader, or one who was away for long, has
 * missed. With Last-Event-ID it goes on where it was; lines of the very instant may come twice then, with the same id.
 */
export function addLogTailRoute(app: FastifyInstance, parts: ApiParts): void {
  let open = 0;
  parts.registry
    .gauge('heliograph_core_log_tails', 'Live tails of the log that are open')
    .collect(() => [[{}, open] as const]);
  app.get('/api/v1/logs/tail', async (request, reply) => {
    if (open >= MOST_TAILS) throw new HeliographError('HG_API_TAILS', `${open} are open`);
    const filter = logFilter(new Parameters(request.raw.url ?? '', null));
    const fits = lineTest(filter);
    const last = readPlace(request.headers['last-event-id']);
    reply.hijack();
    const out = new LineStream(reply.raw);
    open++;
    const heartbeat = setInterval(() => out.comment('still here'), HEARTBEAT_MS);
    let held: TailLine[] | null = [];
    const give = (lines: readonly TailLine[]) => {
      for (const { place, line } of lines) if (fits(line)) out.line(place, line);
    };
    const stop = parts.tail.listen((lines) => {
      if (held) held.push(...lines);
      else give(lines);
    });
    reply.raw.once('close', () => {
      open--;
      clearInterval(heartbeat);
      stop();
    });
    if (last) {
      const kept = parts.tail.since(last);
      if (kept) give(kept);
      else await catchUp(parts, filter, last, out);
    }
    give(held);
    held = null;
    return reply;
  });
}

/** What was stored while the reader was away, by its own time: late lines of before stay unseen here. */
async function catchUp(parts: ApiParts, filter: LogFilter, last: TailPlace, out: LineStream): Promise<void> {
  const range = { start: last.time, end: parts.clock.now() + 1 };
  const place = (line: StoredLine) => ({ run: 'store', number: 0, time: Date.parse(line['@timestamp']) });
  try {
    const page = await parts.logs.search({ ...filter, ...range, limit: CATCH_UP, order: 'newest' });
    // The newest are what a tail is for; how many are left out is not known without counting them.
    if (page.next !== null) out.skipped(null);
    for (const line of page.lines.toReversed()) out.line(place(line), line);
  } catch (error) {
    parts.log.warn('a tail could not catch up', { 'error.message': String(error) });
    out.skipped(null);
  }
}

function readPlace(header: string | string[] | undefined): TailPlace | null {
  const found = /^([\w-]{1,20})\.(\d{1,15})\.(\d{1,15})$/.exec(String(header ?? ''));
  return found ? { run: found[1]!, number: Number(found[2]), time: Number(found[3]) } : null;
}
