import { DATA_CLASSES, type DataClass } from '../proto/class.ts';

export type Upward = DataClass | 'definitions' | 'status';
export type Downward = 'desired' | 'control';

const UPWARD: ReadonlySet<string> = new Set<string>([...DATA_CLASSES, 'definitions', 'status']);
const DOWNWARD: ReadonlySet<string> = new Set(['desired', 'control']);

/** What may be published under a topic by the host whose prefix (`fleet/<host>/`) this is; null: somebody else's, or nothing of the kind. */
export function upward(prefix: string, topic: string): Upward | null {
  if (!topic.startsWith(prefix)) return null;
  const rest = topic.slice(prefix.length);
  return UPWARD.has(rest) ? (rest as Upward) : null;
}

/** The same for what may be subscribed to. No wildcards: there is nothing to match. */
export function downward(prefix: string, filter: string): Downward | null {
  if (!filter.startsWith(prefix)) return null;
  const rest = filter.slice(prefix.length);
  return DOWNWARD.has(rest) ? (rest as Downward) : null;
}
