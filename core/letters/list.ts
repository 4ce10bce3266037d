import type { DatabaseSync } from 'node:sqlite';
import type { DataClass } from '../../proto/class.ts';

/** A dead letter as people see it: a whole frame that could not be taken, one line that the log store refused, or the series of a frame that the metric store refused. */
export interface Letter {
  /** `frame-`, `line-` or `series-` and 32 hex digits. */
  readonly id: string;
  readonly kind: 'frame' | 'line' | 'series';
  readonly class: DataClass;
  readonly host: string;
  /** Of a line; a frame that cannot be read has none that is known. */
  readonly service: string | null;
  readonly boot: string | null;
  readonly sequence: number | null;
  /** Of a line in its frame. */
  readonly place: number | null;
  /** How many series were refused of the frame; null for a frame or a line. */
  readonly series: number | null;
  /** The ledger's word: undecodable, unknown_definition, refused_by_store. */
  readonly reason: string;
  /** A code of docs/errors.md, or the engine's own word. */
  readonly code: string;
  readonly message: string;
  readonly items: number;
  /** 0 when the bytes were not kept. */
  readonly bytes: number;
  /** When it was set aside, ms. */
  readonly time: number;
  /** How often it was replayed in vain, and when last, ms. */
  readonly tries: number;
  readonly tried: number | null;
}

/** A letter with the object that holds its bytes; null when they were not kept. */
export interface LetterRow extends Letter {
  readonly object: string | null;
}

/** All conditions that are given must fit; within one, any of its values. */
export interface LetterFilter {
  readonly ids?: readonly string[];
  readonly kinds?: readonly string[];
  readonly classes?: readonly string[];
  /** A reason or a code. */
  readonly reasons?: readonly string[];
  readonly hosts?: readonly string[];
  readonly services?: readonly string[];
  /** [start, end) of the time when it was set aside, ms. */
  readonly start?: number;
  readonly end?: number;
}

export interface LetterGroup {
  readonly kind: string;
  readonly class: string;
  readonly reason: string;
  readonly code: string;
  readonly letters: number;
  readonly items: number;
  readonly bytes: number;
}

/** Where a page ends. */
export interface LetterPlace {
  readonly time: number;
  readonly id: string;
}

const LETTERS = `(
  SELECT 'frame-' || key AS id, 'frame' AS kind, class, host, NULL AS service, boot, sequence, NULL AS place, NULL AS series,
    reason, code, coalesce(message, '') AS message, items, bytes, time, tries, tried, object
    FROM dead_letters WHERE purged IS NULL
  UNION ALL
  SELECT 'line-' || key, 'line', class, host, service, boot, sequence, place, NULL,
    'refused_by_store', substr(why, 1, instr(why || ':', ':') - 1), why, 1, bytes, time, tries, tried, object
    FROM refused_lines
  UNION ALL
  SELECT 'series-' || key, 'series', 'metric', host, NULL, boot, sequence, NULL, series,
    'refused_by_store', substr(why, 1, instr(why || ' ', ' ') - 1),
    CASE WHEN frames > 1 THEN why || ' (' || frames || ' frames, without their samples)' ELSE why END, items, bytes, time, tries, tried, object
    FROM refused_series)`;

/** Looks through frames, lines and series as if they were one list. */
export class LetterList {
  readonly #state: DatabaseSync;

  constructor(state: DatabaseSync) {
    this.#state = state;
  }

  find(filter: LetterFilter, order: 'newest' | 'oldest', limit: number, after: LetterPlace | null): LetterRow[] {
    const { where, values } = condition(filter);
    if (after !== null) {
      where.push(order === 'newest' ? '(time, id) < (?, ?)' : '(time, id) > (?, ?)');
      values.push(after.time, after.id);
    }
    const way = order === 'newest' ? 'DESC' : 'ASC';
    const text = `SELECT * FROM ${LETTERS} ${clause(where)} ORDER BY time ${way}, id ${way} LIMIT ?`;
    return this.#state.prepare(text).all(...values, limit) as unknown as LetterRow[];
  }

  /** Some of them, in no order: as fast as they are found. */
  some(filter: LetterFilter, limit: number): LetterRow[] {
    const { where, values } = condition(filter);
    const text = `SELECT * FROM ${LETTERS} ${clause(where)} LIMIT ?`;
    return this.#state.prepare(text).all(...values, limit) as unknown as LetterRow[];
  }

  get(id: string): LetterRow | null {
    return this.find({ ids: [id] }, 'newest', 1, null)[0] ?? null;
  }

  /** How many there are of each sort, the most first. */
  groups(filter: LetterFilter): LetterGroup[] {
    const { where, values } = condition(filter);
    const text = `SELECT kind, class, reason, code, count(*) AS letters, sum(items) AS items, sum(bytes) AS bytes
      FROM ${LETTERS} ${clause(where)} GROUP BY kind, class, reason, code ORDER BY letters DESC, kind, class, reason, code`;
    return this.#state.prepare(text).all(...values) as unknown as LetterGroup[];
  }

  /** Ids of the letters whose bytes lie in an object. */
  inObject(object: string): string[] {
    const rows = this.#state
      .prepare(
        `SELECT 'frame-' || key AS id FROM dead_letters WHERE object = ?
          UNION ALL SELECT 'line-' || key FROM refused_lines WHERE object = ?
          UNION ALL SELECT 'series-' || key FROM refused_series WHERE object = ?`,
      )
      .all(object, object, object);
    return rows.map((row) => String(row.id));
  }
}

function clause(where: readonly string[]): string {
  return where.length === 0 ? '' : `WHERE ${where.join(' AND ')}`;
}

function condition(filter: LetterFilter): { where: string[]; values: (string | number)[] } {
  const where: string[] = [];
  const values: (string | number)[] = [];
  const among = (columns: readonly string[], wanted: readonly string[] | undefined) => {
    if (wanted === undefined) return;
    const marks = wanted.map(() => '?').join(', ');
    where.push(`(${columns.map((column) => `${column} IN (${marks})`).join(' OR ')})`);
    for (const _ of columns) values.push(...wanted);
  };
  among(['id'], filter.ids);
  among(['kind'], filter.kinds);
  among(['class'], filter.classes);
  among(['reason', 'code'], filter.reasons);
  among(['host'], filter.hosts);
  among(['service'], filter.services);
  if (filter.start !== undefined) {
    where.push('time >= ?');
    values.push(filter.start);
  }
  if (filter.end !== undefined) {
    where.push('time < ?');
    values.push(filter.end);
  }
  return { where, values };
}
