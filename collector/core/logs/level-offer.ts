import type { DesiredLevels, WantedLevel } from './desired-levels.ts';

/** A service by name, not by pattern. */
const PLAIN = /^[^*?]+$/;

/**
 * The file for programs that want to follow: `{"version":1,"levels":{"pay":{"level":"debug","until":1790000000000}}}`, by service, `*` for all
 * others; who is not in it goes by its own configuration, and so does whoever reads it after `until` (ms, this machine's clock; null: no end).
 * Wishes for services by pattern are there for the services that this collector knows by name.
 * @param services those it knows
 */
export function levelsDocument(desired: Pick<DesiredLevels, 'wishes' | 'wanted'>, services: readonly string[]): string {
  const names = new Set([
    ...services,
    ...desired.wishes.map(({ service }) => service).filter((name) => PLAIN.test(name)),
  ]);
  const levels: Record<string, WantedLevel> = {};
  for (const name of [...names].sort()) {
    const wanted = desired.wanted(name);
    if (wanted !== null) levels[name] = wanted;
  }
  // A service of this name there is none: what is wished for it is wished for all.
  const others = desired.wanted('*');
  if (others !== null) levels['*'] = others;
  return `${JSON.stringify({ version: 1, levels })}\n`;
}

/** Longer is no question. */
const MOST_BYTES = 1024;
const MOST_SERVICES = 16;

/**
 * One program at the socket: it asks `{"service":"pay"}`, a line, and is told `{"service":"pay","level":"debug","until":1790000000000}` at once and at
 * each change; `level` null is its own configuration. Up to 16 services a connection.
 */
export class LevelListener {
  readonly #desired: Pick<DesiredLevels, 'wanted'>;
  readonly #say: (line: string) => void;
  readonly #told = new Map<string, string>();
  #rest = '';

  constructor(desired: Pick<DesiredLevels, 'wanted'>, say: (line: string) => void) {
    this.#desired = desired;
    this.#say = say;
  }

  /** What came of its lines. @returns why it cannot be served any more, null if it can */
  hear(text: string): string | null {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop()!;
    if (this.#rest.length > MOST_BYTES) return 'a line is too long';
    for (const line of lines) {
      if (line.trim() === '') continue;
      const service = line.length > MOST_BYTES ? null : serviceOf(line);
      if (service === null) return 'a line is {"service":"<name>"}';
      if (!this.#told.has(service) && this.#told.size >= MOST_SERVICES) return `${MOST_SERVICES} services are the most`;
      this.#told.set(service, '');
      this.#tell(service);
    }
    return null;
  }

  /** Says what is new. */
  changed(): void {
    for (const service of this.#told.keys()) this.#tell(service);
  }

  #tell(service: string): void {
    const wanted = this.#desired.wanted(service);
    const line = `${JSON.stringify({ service, level: wanted?.level ?? null, until: wanted?.until ?? null })}\n`;
    if (this.#told.get(service) === line) return;
    this.#told.set(service, line);
    this.#say(line);
  }
}

function serviceOf(line: string): string | null {
  try {
    const { service } = JSON.parse(line) as { service?: unknown };
    return typeof service === 'string' && service !== '' ? service : null;
  } catch {
    return null;
  }
}
