import type { Client } from '@opensearch-project/opensearch';
import { HeliographError } from '../../../lib/errors.ts';
import { engineError, statusOf } from './client.ts';
import type { BulkLine } from './document.ts';

export interface BulkParts {
  readonly client: Client;
  readonly engine: string;
  readonly mostBytes: number;
  readonly mostLines: number;
  /** In [0, 1). */
  readonly random: () => number;
  readonly sleep: (ms: number) => Promise<void>;
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

interface Item {
  readonly status: number;
  readonly error?: {
    readonly type?: string;
    readonly reason?: string;
    readonly caused_by?: { readonly reason?: string };
  };
}

/**
 * Gives lines to the engine until each is there or refused for good. Bulks shrink when the engine says that they are too much and grow
 * while all goes well. Each line is judged by itself: there already is a success, too busy waits and goes again, anything else the engine
 * says of a line is final, and its neighbours are not asked.
 */
export class BulkWriter {
  readonly #parts: BulkParts;
  #share = 1;

  constructor(parts: BulkParts) {
    this.#parts = parts;
  }

  /** Which part of the configured size a bulk has now, 0 to 1. */
  get share(): number {
    return this.#share;
  }

  /**
   * Resolves when every line is durable or among the refusals.
   * @throws HeliographError HG_ENGINE_DOWN, HG_ENGINE_LOGIN: some lines may be there; all may come again
   */
  async write(lines: readonly BulkLine[]): Promise<Refusal[]> {
    const refused: Refusal[] = [];
    let waiting = [...lines];
    for (let tries = 0; waiting.length > 0; ) {
      const { part, rest } = this.#cut(waiting);
      const { again, final, pauseMs, why } = await this.#send(part, tries);
      refused.push(...final);
      waiting = [...again, ...rest];
      if (again.length < part.length) tries = 0;
      else if (++tries >= (this.#parts.tries ?? TRIES)) {
        throw new HeliographError(
          'HG_ENGINE_DOWN',
          `${this.#parts.engine}: it took none of ${part.length} lines in ${tries} tries: ${why}`,
        );
      }
      if (pauseMs > 0) await this.#parts.sleep(pauseMs);
    }
    return refused;
  }

  #cut(lines: BulkLine[]): { part: BulkLine[]; rest: BulkLine[] } {
    const mostBytes = Math.max(LEAST_BYTES, this.#parts.mostBytes * this.#share);
    const mostLines = Math.max(LEAST_LINES, this.#parts.mostLines * this.#share);
    let bytes = 0;
    let count = 0;
    while (count < lines.length && count < mostLines) {
      bytes += lines[count]!.text.length;
      // One that is larger than a bulk goes alone.
      if (count > 0 && bytes > mostBytes) break;
      count++;
    }
    return { part: lines.slice(0, count), rest: lines.slice(count) };
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
    let items: Item[];
    try {
      const { body } = await client.bulk({
        // Ready lines: the client's types know objects only, its transport takes text as it is.
        body: part.map((line) => line.text).join('') as unknown as [],
        filter_path: 'took,items.*.status,items.*.error',
      });
      const answer = body as unknown as { took: number; items: Record<string, Item>[] };
      items = answer.items.map((item) => Object.values(item)[0]!);
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
    for (const [i, line] of part.entries()) {
      const { status, error } = items[i]!;
      if (status === 409) there++;
      else if (status === 429 || status >= 500 || NOT_THE_LINES_FAULT.has(error?.type ?? '')) {
        again.push(line);
        busy ||= status === 429;
        why = error;
      } else if (status >= 400) final.push({ line, reason: reasonText(error) });
    }
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
