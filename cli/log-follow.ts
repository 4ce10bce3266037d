import { setTimeout as wait } from 'node:timers/promises';
import type { StoredLine } from '../core/ports/log-store.ts';
import { HeliographError } from '../lib/errors.ts';
import { type LogFilter, newestLines } from './log-search.ts';

/** Between two looks. */
const POLL_MS = 1000;
/** Lines come late, and hosts' clocks differ: each look goes back so far, and what was shown is left out. */
const OVERLAP_MS = 60_000;
const AHEAD_MS = 3_600_000;
/** A look reads at most so many lines; more than that a second nobody reads anyway. */
const MOST_LINES = 10_000;
/** Every so many looks the whole overlap is read, not only as far as lines are new. */
const WHOLE_EVERY = 15;
const LONGEST_PAUSE_MS = 10_000;

export interface FollowOptions {
  readonly filter: LogFilter;
  /** Lines shown already, and the core's time (ms) when they were asked for. */
  readonly shown: readonly StoredLine[];
  readonly since: number;
  readonly show: (line: StoredLine) => void;
  /** For people, beside the lines. */
  readonly remark: (text: string) => void;
  readonly now: () => number;
  readonly signal?: AbortSignal;
}

/**
 * Shows lines as they become searchable, each once, until the signal. A core that is away is waited for: what came in
 * meanwhile is shown when it is back.
 */
export async function followLogs(options: FollowOptions): Promise<void> {
  const { filter, show, remark, now, signal } = options;
  const seen = new Map(options.shown.map((line) => [line.id, Date.parse(line['@timestamp'])]));
  let from = options.since - OVERLAP_MS;
  let away = 0;
  for (let look = 1; !signal?.aborted; look++) {
    const began = now();
    const whole = look % WHOLE_EVERY === 0 || away > 0;
    try {
      const known = (line: StoredLine) => seen.has(line.id);
      const found = await newestLines(filter, { start: from, end: began + AHEAD_MS }, MOST_LINES, (page) =>
        whole ? false : page.length > 0 && page.every(known),
      );
      if (away > 0)
        remark(`the core answers again after ${Math.round((now() - away) / 1000)} s; going on where it stopped`);
      away = 0;
      const fresh = found.lines.filter((line) => !known(line));
      if (found.more && fresh.length === found.lines.length) {
        remark(
          `more than ${MOST_LINES} new lines at once: older ones of them are not shown; narrow the search to see all`,
        );
      }
      for (const line of fresh) {
        seen.set(line.id, Date.parse(line['@timestamp']));
        show(line);
      }
      from = began - OVERLAP_MS;
      for (const [id, time] of seen) if (time < from) seen.delete(id);
    } catch (error) {
      if (!(error instanceof HeliographError) || !isPassing(error)) throw error;
      if (away === 0) {
        away = began;
        remark(`${error.message}; waiting for it`);
      }
    }
    const pause = away === 0 ? POLL_MS : Math.min(LONGEST_PAUSE_MS, POLL_MS + (now() - away) / 4);
    await wait(pause, undefined, { ...(signal ? { signal } : {}) }).catch(() => undefined);
  }
}

/** A core that restarts refuses connections and then may not be ready; anything else is the question's fault and stays. */
function isPassing(error: HeliographError): boolean {
  if (error.code === 'HG_CORE_UNREACHABLE') return true;
  return error.code === 'HG_CORE_ANSWER' && Number(error.facts.status) >= 500;
}
