import type { Client } from '@opensearch-project/opensearch';
import { HeliographError } from '../../../lib/errors.ts';
import { engineError, statusOf } from './client.ts';
import type { BulkLine } from './document.ts';
import { Stubborn } from './stubborn.ts';

export interface BulkParts {
  readonly client: Client;
  readonly engine: string;
  readonly mostBytes: number;
  readonly mostLines: number;
  /** In [0, 1). */
  readonly random: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  /** ms. */
  readonly now: () => number;
  /** How often lines are given to the engine again before the whole batch is given back to the bus. */
  readonly tries?: number;
  /** Told of each answer: how many lines it had, how many were there already, how many must come again. */
  readonly onAnswer?: (counts: { lines: number; there: number; again: number }) => void;
}

/** A line that the engine will not take, however often it comes. */
export interface Refusal {
  readonly line: BulkLine;
  readonly reason: string;
}

/** What the engine says of a line and means of itself: a full disk, a day's index that cannot be made or was closed, a right that was taken away. */
const NOT_THE_LINES_FAULT: ReadonlySet<string> = new Set([
  'cluster_block_exception',
  'index_not_found_exception',
  'index_closed_exception',
  'validation_exception',
  'unavailable_shards_exception',
  'security_exception',
  'process_cluster_event_timeout_exception',
  'cluster_manager_not_discovered_exception',
  'master_not_discovered_exception',
  'no_shard_available_action_exception',
  'node_closed_exception',
  'node_not_connected_exception',
  'translog_exception',
  'i_o_exception',
]);
const LEAST_BYTES = 64 << 10;
const LEAST_LINES = 10;
const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 10_000;
const TRIES = 6;
/** A bulk that took longer than this was too large. */
const SLOW_MS = 5_000;

/** What became of one bulk. */
interface Sent {
  readonly again: BulkLine[];
  readonly final: Refusal[];
  readonly pauseMs: number;
  /** Of those that must come again, in the engine's words. */
  readonly why: string;
}

interface BulkAnswer {
  readonly took: number;
  readonly errors?: boolean;
  /** Not read where there are no errors. */
  readonly items?: readonly Record<string, Item>[];
}

interface Item {
  readonly status: number;
  readonly error?: {
    readonly type?: string;
    readonly reason?: string;
    readonly caused_by?: { readonly reason?: string };
  };
}

/** Lines one after the other, made when they are asked for: those of a batch would be many times its size, all at once. */
class Coming {
  readonly #lines: Iterator<BulkLine>;
  #back: BulkLine[] = [];
  #at = 0;
  /** The next one, which was not taken yet; null: there is none. */
  next: BulkLine | null = null;

  constructor(lines: Iterable<BulkLine>) {
    this.#lines = lines[Symbol.iterator]();
    this.step();
  }

  get more(): boolean {
    return this.next !== null;
  }

  step(): void {
    if (this.#at < this.#back.length) {
      this.next = this.#back[this.#at++]!;
      return;
    }
    const { done, value } = this.#lines.next();
    this.next = done ? null : value;
  }

  /** These come next. */
  putBack(lines: BulkLine[]): void {
    if (lines.length === 0) return;
    const rest = this.#back.slice(this.#at);
    this.#back = [...lines, ...(this.next === null ? [] : [this.next]), ...rest];
    this.#at = 0;
    this.step();
  }
}

/**
 * Gives lines to the engine until each is there or refused for good. Bulks shrink when the engine says that they are too much and grow
 * while all goes well. Each line is judged by itself: there already is a success, too busy waits and goes again, anything else the engine
 * says of a line is final, and its neighbours are not asked; so is a failure of the engine that one line brings about again and again.
 */
export class BulkWriter {
  readonly #parts: BulkParts;
  readonly #stubborn: Stubborn;
  #share = 1;

  constructor(parts: BulkParts) {
    this.#parts = parts;
    this.#stubborn = new Stubborn(parts.now);
  }

  /** Which part of the configured size a bulk has now, 0 to 1. */
  get share(): number {
    return this.#share;
  }

  /**
   * Resolves when every line is durable or among the refusals.
   * @throws HeliographError HG_ENGINE_DOWN, HG_ENGINE_LOGIN: some lines may be there; all may come again
   */
  async write(lines: Iterable<BulkLine>): Promise<Refusal[]> {
    const refused: Refusal[] = [];
    const coming = new Coming(lines);
    for (let tries = 0; coming.more; ) {
      const part = this.#cut(coming);
      const { again, final, pauseMs, why } = await this.#send(part, tries);
      refused.push(...final);
      coming.putBack(again);
      if (again.length < part.length) tries = 0;
      else if (++tries >= (this.#parts.tries ?? TRIES)) {
        throw new HeliographError(
          'HG_ENGINE_DOWN',
          `${this.#parts.engine}: it took none of ${part.length} lines in ${tries} tries: ${why}`,
        );
      }
      if (pauseMs > 0) await this.#parts.sleep(pauseMs);
    }
    this.#stubborn.forget(refused.map(({ line }) => line));
    return refused;
  }

  #cut(coming: Coming): BulkLine[] {
    const mostBytes = Math.max(LEAST_BYTES, this.#parts.mostBytes * this.#share);
    const mostLines = Math.max(LEAST_LINES, this.#parts.mostLines * this.#share);
    const part: BulkLine[] = [];
    let bytes = 0;
    for (; coming.next !== null && part.length < mostLines; coming.step()) {
      bytes += coming.next.text.length;
      // One that is larger than a bulk goes alone.
      if (part.length > 0 && bytes > mostBytes) break;
      part.push(coming.next);
    }
    return part;
  }

  /** Larger than the engine takes in one request: in two, down to the one line that is. */
  async #halve(part: BulkLine[], tries: number): Promise<Sent> {
    this.#shrink();
    if (part.length === 1) {
      const reason = 'larger than the engine takes (http.max_content_length)';
      return { again: [], final: [{ line: part[0]!, reason }], pauseMs: 0, why: '' };
    }
    const middle = part.length >> 1;
    const first = await this.#send(part.slice(0, middle), tries);
    const second = await this.#send(part.slice(middle), tries);
    return {
      again: [...first.again, ...second.again],
      final: [...first.final, ...second.final],
      pauseMs: Math.max(first.pauseMs, second.pauseMs),
      why: first.why || second.why,
    };
  }

  async #send(part: BulkLine[], tries: number): Promise<Sent> {
    const { client, engine, onAnswer } = this.#parts;
    let items: Item[] | null;
    try {
      const { body } = await client.bulk({
        // Ready lines: the client's types know objects only, its transport takes text as it is.
        body: part.map((line) => line.text).join('') as unknown as [],
        filter_path: 'took,errors,items.*.status,items.*.error',
      });
      const answer = body as unknown as BulkAnswer;
      items = answer.errors === false ? null : answer.items!.map((item) => Object.values(item)[0]!);
      if (answer.took > SLOW_MS) this.#shrink();
    } catch (error) {
      const status = statusOf(error);
      if (status === 413) return this.#halve(part, tries);
      if (status === 429) {
        this.#shrink();
        return { again: part, final: [], pauseMs: this.#pause(tries, error), why: 'it is busy (429)' };
      }
      throw engineError(engine, error);
    }
    const again: BulkLine[] = [];
    const final: Refusal[] = [];
    let there = 0;
    let busy = false;
    let why: Item['error'];
    // Without an error there is nothing to be said of any of them.
    for (const [i, line] of items === null ? [] : part.entries()) {
      const { status, error } = items![i]!;
      if (status === 409) there++;
      else if (status === 429 || status >= 500 || NOT_THE_LINES_FAULT.has(error?.type ?? '')) {
        const enough =
          status >= 500 && status !== 503 && !NOT_THE_LINES_FAULT.has(error?.type ?? '')
            ? this.#stubborn.failed(line)
            : null;
        if (enough !== null) {
          final.push({ line, reason: `${enough}: ${reasonText(error)}` });
          continue;
        }
        again.push(line);
        busy ||= status === 429;
        why = error;
      } else if (status >= 400) final.push({ line, reason: reasonText(error) });
    }
    if (items === null) this.#stubborn.took(part);
    else this.#stubborn.took(part.filter((_, at) => items[at]!.status < 300 || items[at]!.status === 409));
    onAnswer?.({ lines: part.length, there, again: again.length });
    if (busy) this.#shrink();
    else if (again.length === 0) this.#share = Math.min(1, this.#share * 1.25);
    return { again, final, pauseMs: again.length > 0 ? this.#pause(tries, null) : 0, why: reasonText(why) };
  }

  #shrink(): void {
    this.#share = Math.max(this.#share / 2, 1 / 64);
  }

  /** Full jitter over a wait that doubles; never shorter than what the engine asked for. ms. */
  #pause(tries: number, error: unknown): number {
    const most = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** tries);
    const headers = (error as { headers?: Record<string, string> } | null)?.headers;
    const asked = Number(headers?.['retry-after']) * 1000;
    return Math.max(most * (0.5 + this.#parts.random() / 2), Number.isFinite(asked) ? Math.min(asked, 60_000) : 0);
  }
}

function reasonText(error: Item['error']): string {
  const cause = error?.caused_by?.reason;
  return `${error?.type ?? 'refused'}: ${error?.reason ?? ''}${cause === undefined ? '' : ` (${cause})`}`.slice(
    0,
    1000,
  );
}
