import { setTimeout as wait } from 'node:timers/promises';
import type { StoredLine } from '../core/ports/log-store.ts';
import { HeliographError } from '../lib/errors.ts';
import { coreUrl } from './core-client.ts';
import { readEvents, type ServerEvent } from './event-stream.ts';
import { filterParameters, type LogFilter, newestLines } from './log-search.ts';

/** Between two looks, where there is no stream of new lines. */
const POLL_MS = 1000;
/** Lines come late, and hosts' clocks differ: each look goes back so far, and what was shown is left out. */
const OVERLAP_MS = 60_000;
const AHEAD_MS = 3_600_000;
/** A look reads at most so many lines; more than that at once nobody reads anyway. */
const MOST_LINES = 10_000;
/** Every so many looks the whole overlap is read, not only as far as lines are new. */
const WHOLE_EVERY = 15;
const LONGEST_PAUSE_MS = 5000;
/** Lines that are remembered as shown. */
const MOST_SEEN = 200_000;

export interface FollowOptions {
  readonly filter: LogFilter;
  /** Lines shown already, and the time (ms) when they were asked for. */
  readonly shown: readonly StoredLine[];
  readonly since: number;
  readonly show: (line: StoredLine) => void;
  /** For people, beside the lines. */
  readonly remark: (text: string) => void;
  readonly now: () => number;
  readonly signal: AbortSignal;
}

/**
 * Shows lines as they become searchable, each once, until the signal. The core's stream brings them at once; a search at its
 * beginning, and after each end of it, finds what it missed. A core that is away is waited for.
 */
export async function followLogs(options: FollowOptions): Promise<void> {
  const { filter, remark, now, signal } = options;
  const screen = new Screen(options);
  const url = coreUrl(filter.core, '/api/v1/logs/tail', filterParameters(filter));
  let streams = true;
  let away = 0;
  const look = async (whole: boolean) => {
    await screen.look(whole || away > 0);
    if (away > 0) {
      remark(`the core answers again after ${Math.round((now() - away) / 1000)} s; going on where it stopped`);
    }
    away = 0;
  };
  for (let round = 1; !signal.aborted; round++) {
    try {
      if (streams) {
        const stream = new AbortController();
        const take = (event: ServerEvent) => {
          // What the core left out for a slow reader is found by the look at the beginning of the next stream.
          if (!screen.take(event)) stream.abort();
        };
        streams = await readEvents(url, () => look(true), take, AbortSignal.any([signal, stream.signal]));
      } else await look(round % WHOLE_EVERY === 0);
    } catch (error) {
      if (!(error instanceof HeliographError) || !isPassing(error)) throw error;
      if (away === 0) {
        away = now();
        remark(`${error.message}; waiting for it`);
      }
    }
    const pause = away === 0 ? POLL_MS : Math.min(LONGEST_PAUSE_MS, POLL_MS + (now() - away) / 4);
    // It rejects when the signal ends it, and then so does the loop.
    await wait(pause, undefined, { signal }).catch(() => undefined);
  }
}

/** What was shown, so that nothing is shown twice. */
class Screen {
  readonly #options: FollowOptions;
  readonly #seen: Set<string>;
  #from: number;

  constructor(options: FollowOptions) {
    this.#options = options;
    this.#seen = new Set(options.shown.map(({ id }) => id));
    this.#from = options.since - OVERLAP_MS;
  }

  /** An event of the stream. @returns false when it says that lines were left out */
  take({ event, data }: ServerEvent): boolean {
    if (event === 'message') {
      this.#show(JSON.parse(data) as StoredLine);
      this.#from = Math.max(this.#from, this.#options.now() - OVERLAP_MS);
    }
    return event !== 'skipped';
  }

  /** Searches for lines since the last look, and shows those that were not shown. @param whole look at all, not only as far as they are new */
  async look(whole: boolean): Promise<void> {
    const { filter, now, remark } = this.#options;
    const began = now();
    const range = { start: this.#from, end: began + AHEAD_MS };
    const known = (line: StoredLine) => this.#seen.has(line.id);
    const found = await newestLines(
      filter,
      range,
      MOST_LINES,
      (page) => !whole && page.length > 0 && page.every(known),
    );
    const fresh = found.lines.filter((line) => !known(line));
    if (found.more && fresh.length === found.lines.length) {
      remark(
        `more than ${MOST_LINES} new lines at once: older ones of them are not shown; narrow the search to see all`,
      );
    }
    for (const line of fresh) this.#show(line);
    this.#from = Math.max(this.#from, began - OVERLAP_MS);
  }

  #show(line: StoredLine): void {
    if (this.#seen.has(line.id)) return;
    this.#seen.add(line.id);
    // Sets keep the order of adding: the first is the oldest.
    if (this.#seen.size > MOST_SEEN) this.#seen.delete(this.#seen.values().next().value!);
    this.#options.show(line);
  }
}

/** A core that restarts refuses connections and then may not be ready; anything else is the question's fault and stays. */
function isPassing(error: HeliographError): boolean {
  if (error.code === 'HG_CORE_UNREACHABLE') return true;
  return error.code === 'HG_CORE_ANSWER' && Number(error.facts.status) >= 500;
}
