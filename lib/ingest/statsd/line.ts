/** What a line of StatsD says. */
export interface StatsdLine {
  readonly name: string;
  readonly type: StatsdType;
  /** As they are written: of `set` any text, of others numbers. */
  readonly values: readonly string[];
  /** From above 0 to 1: one in so many of them was sent. */
  readonly rate: number;
  /** `key:value` or `flag`, in the order in which they stand. */
  readonly tags: readonly string[];
}

export type StatsdType = 'counter' | 'gauge' | 'timer' | 'histogram' | 'set';

/** Why a line is not taken: it is none, or it is one of DogStatsD's that are no metric. */
export type StatsdRefusal = 'bad_line' | 'event' | 'service_check';

const TYPES: ReadonlyMap<string, StatsdType> = new Map([
  ['c', 'counter'],
  // A meter counts.
  ['m', 'counter'],
  ['g', 'gauge'],
  ['ms', 'timer'],
  ['h', 'histogram'],
  ['d', 'histogram'],
  ['s', 'set'],
]);

/**
 * Reads one line: `name:value|type|@rate|#tag:value,flag`, by github.com/statsd/statsd docs/metric_types.md, with several values (`name:1:2|d`) and tags as DogStatsD
 * has them. Its further parts (`c:`, `T`, `e:`, `card:`) are left out.
 */
export function readStatsdLine(line: string): StatsdLine | StatsdRefusal {
  if (line.startsWith('_e{')) return 'event';
  if (line.startsWith('_sc|')) return 'service_check';
  const parts = line.split('|');
  const [head, kind] = parts as [string, string | undefined];
  const type = kind === undefined ? undefined : TYPES.get(kind);
  const colon = head.indexOf(':');
  if (type === undefined || colon <= 0 || colon === head.length - 1) return 'bad_line';
  let rate = 1;
  let tags: readonly string[] = [];
  for (let i = 2; i < parts.length; i++) {
    const part = parts[i]!;
    if (part.startsWith('@')) {
      rate = Number(part.slice(1));
      if (part.length === 1 || !(rate > 0 && rate <= 1)) return 'bad_line';
    } else if (part.startsWith('#'))
      tags = part
        .slice(1)
        .split(',')
        .filter((tag) => tag !== '');
  }
  const values = type === 'set' ? [head.slice(colon + 1)] : head.slice(colon + 1).split(':');
  return { name: head.slice(0, colon), type, values, rate, tags };
}

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** A finite number, or null. */
export function statsdNumber(text: string): number | null {
  if (!NUMBER.test(text)) return null;
  const value = Number(text);
  return Number.isFinite(value) ? value : null;
}
