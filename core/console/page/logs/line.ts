/** A stored line, as search and tail give it. */
export interface Line {
  readonly id: string;
  readonly '@timestamp': string;
  readonly message: string;
  readonly 'log.level': string;
  readonly 'service.name': string;
  readonly 'host.name': string;
  readonly site: string;
  readonly fields: Readonly<Record<string, string>>;
}

export interface LinePage {
  readonly lines: readonly Line[];
  readonly next: string | null;
  readonly scanned: { readonly blocks: number; readonly lines: number };
}

/** Levels from the worst to the least, as the collector names them; others stand behind. */
export const LEVELS = ['fatal', 'error', 'warning', 'info', 'debug', 'trace'] as const;

const TONES: Readonly<Record<string, string>> = {
  fatal: 'level-error',
  critical: 'level-error',
  error: 'level-error',
  warning: 'level-warning',
  warn: 'level-warning',
  info: 'level-info',
  notice: 'level-info',
  debug: 'level-debug',
  trace: 'level-debug',
};

/** The class that gives a level its colour. */
export function levelClass(level: string): string {
  return TONES[level] ?? 'level-other';
}

/** A message cut where what was searched for stands: [text, found, text, found, ...]. */
export function marked(message: string, search: string): string[] {
  const wanted: string[] = [];
  search.split('"').forEach((part, i) => {
    if (i % 2 === 1) wanted.push(part);
    else wanted.push(...part.split(/\s+/));
  });
  const terms = wanted.filter((term) => term !== '').map((term) => term.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  if (terms.length === 0) return [message];
  // The longest first: of two that begin alike it is the one that was meant.
  terms.sort((a, b) => b.length - a.length);
  return message.split(new RegExp(`(${terms.join('|')})`, 'gi'));
}

/** A message as people read it, and what stands beside it. */
export interface Spoken {
  readonly text: string;
  readonly facts: readonly (readonly [name: string, value: string])[];
}

/** What every line has beside its message; it stands in columns already. */
const KNOWN = new Set([
  'message',
  'msg',
  '@timestamp',
  'timestamp',
  'time',
  'ts',
  'level',
  'log.level',
  'service.name',
  'ecs.version',
]);
const MOST_PARSED = 20_000;

/** Programs that write JSON mean its message; the rest are facts. Anything else is the message as it stands. */
export function spoken(message: string): Spoken {
  const plain = { text: message, facts: [] };
  if (!message.startsWith('{') || !message.endsWith('}') || message.length > MOST_PARSED) return plain;
  let object: Record<string, unknown>;
  try {
    object = JSON.parse(message);
  } catch {
    return plain;
  }
  const text = object.message ?? object.msg;
  if (typeof text !== 'string') return plain;
  const facts = Object.entries(object)
    .filter(([name]) => !KNOWN.has(name))
    .map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)] as const);
  return { text, facts };
}
