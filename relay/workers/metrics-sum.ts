/** Gauges that say whether something holds of all: the least of the workers', or the most. */
const LEAST = new Set(['heliograph_relay_core_connected']);
const MOST = new Set([
  'heliograph_relay_certificate_end_seconds',
  'heliograph_relay_clock_skew_max_seconds',
  'heliograph_relay_core_changed_seconds',
  'heliograph_relay_deny_list_unreadable',
  'heliograph_relay_event_loop_delay_max_seconds',
  'heliograph_relay_event_loop_delay_p99_seconds',
  'heliograph_relay_pressure',
  'heliograph_relay_rules_refused',
]);
/** Gauges of what is on disk: true of a worker that is away, too. */
const ON_DISK = new Set([
  'heliograph_relay_ledger_frames',
  'heliograph_relay_journal_bytes',
  'heliograph_relay_journal_max_bytes',
  'heliograph_relay_definitions',
  'heliograph_relay_page_series',
]);

interface Family {
  readonly help: string;
  readonly type: string;
  /** By name with labels, as they are written. */
  readonly values: Map<string, number>;
}

/**
 * The metrics of all workers under the names that one process has: counters and amounts summed. A worker that is started
 * again begins its counters at zero; the sum does not, because what the worker had counted is kept.
 */
export class MetricsSum {
  readonly #pages = new Map<number, Map<string, Family>>();
  /** Counters of lives that are over, by family. */
  readonly #before = new Map<string, Map<string, number>>();
  readonly #away = new Set<number>();

  /** A worker's page, in the text format. */
  take(worker: number, page: string): void {
    this.#away.delete(worker);
    this.#pages.set(worker, parse(page));
  }

  /** A worker's process is gone. */
  ended(worker: number): void {
    if (this.#away.has(worker)) return;
    this.#away.add(worker);
    for (const [name, { type, values }] of this.#pages.get(worker) ?? []) {
      if (!counts(type)) continue;
      const before = this.#before.get(name) ?? new Map<string, number>();
      for (const [series, value] of values) before.set(series, (before.get(series) ?? 0) + value);
      this.#before.set(name, before);
    }
  }

  render(): string {
    const families = new Map<string, Family>();
    for (const [worker, page] of this.#pages) {
      const away = this.#away.has(worker);
      for (const [name, { help, type, values }] of page) {
        let into = families.get(name);
        if (!into) {
          into = { help, type, values: new Map(this.#before.get(name)) };
          families.set(name, into);
        }
        // Counters of a worker that is away are among those before.
        if (away && counts(type)) continue;
        for (const [series, value] of values) {
          const known = into.values.get(series);
          const now = away && !ON_DISK.has(name) ? 0 : value;
          into.values.set(series, known === undefined ? now : merged(name, known, now));
        }
      }
    }
    const out: string[] = [];
    for (const [name, { help, type, values }] of [...families].sort(([a], [b]) => (a < b ? -1 : 1))) {
      out.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
      for (const [series, value] of values) out.push(`${series} ${value}`);
    }
    return `${out.join('\n')}\n`;
  }
}

function merged(name: string, one: number, other: number): number {
  if (LEAST.has(name)) return Math.min(one, other);
  return MOST.has(name) ? Math.max(one, other) : one + other;
}

function counts(type: string): boolean {
  return type === 'counter' || type === 'histogram';
}

function parse(page: string): Map<string, Family> {
  const families = new Map<string, Family>();
  let help = '';
  let family: Family | null = null;
  for (const line of page.split('\n')) {
    if (line.startsWith('# HELP ')) {
      help = line.slice(line.indexOf(' ', 7) + 1);
    } else if (line.startsWith('# TYPE ')) {
      const [name, type] = line.slice(7).split(' ') as [string, string];
      family = { help, type, values: new Map() };
      families.set(name, family);
    } else if (line !== '' && family) {
      // A label's value may have blanks; the number has none.
      const at = line.lastIndexOf(' ');
      family.values.set(line.slice(0, at), Number(line.slice(at + 1).replace('Inf', 'Infinity')));
    }
  }
  return families;
}
