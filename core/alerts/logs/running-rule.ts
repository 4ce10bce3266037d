import { lineTest } from '../../logs/line-test.ts';
import type { LogQuery, LogStore, StoredLine } from '../../ports/log-store.ts';
import { AbsentRule } from './absent-rule.ts';
import type { LogAlertsConfig } from './config.ts';
import { CountRule } from './count-rule.ts';
import { type LineInstant, steadyTimeOf } from './line-clock.ts';
import type { Found, LogRule } from './log-rule.ts';
import type { LogRuleDefinition } from './rule-file.ts';
import { UnseenRule } from './unseen-rule.ts';

const PAGE_LINES = 1000;
/** Lines that wait while the log store is read; when there are more it is read once more. */
const MOST_WAITING = 50_000;
const AHEAD_MS = 60_000;

type Bounds = Pick<LogAlertsConfig, 'groups' | 'kinds' | 'catchUpLines'>;

/** What a search finds for a rule. */
export function filterOf({ query, hosts, services, levels, fields }: LogRuleDefinition) {
  return { text: query, hosts, services, levels, fields: Object.entries(fields) } satisfies Partial<LogQuery>;
}

/** @param state of before a restart */
export function makeRule(rule: LogRuleDefinition, bounds: Bounds, state: unknown, now: number): LogRule {
  if (rule.count) return new CountRule(rule.count, rule.by, bounds.groups);
  if (rule.absent) return new AbsentRule(rule.absent, rule.by, bounds.groups, state, now);
  return new UnseenRule(rule.unseen!, bounds.kinds, state, now);
}

/** A rule that follows lines: first those that are stored already, then each as it is stored. No line is taken twice, and none is left out. */
export class RunningRule {
  definition: LogRuleDefinition;
  readonly rule: LogRule;
  readonly #fits: (line: StoredLine) => boolean;
  readonly #bounds: Bounds;
  /** Lines that came since reading began; null: all that was stored is in. */
  #waiting: StoredLine[] | null = [];
  #missed = false;

  constructor(definition: LogRuleDefinition, bounds: Bounds, state: unknown, now: number) {
    this.definition = definition;
    this.#bounds = bounds;
    this.rule = makeRule(definition, bounds, state, now);
    this.#fits = lineTest(filterOf(definition));
  }

  /** Whether what it says can be relied on. */
  get ready(): boolean {
    return this.#waiting === null;
  }

  /** What it finds now. */
  found({ wall, steady }: LineInstant): Found[] {
    return this.rule.found(this.definition.absent ? steady : wall);
  }

  #take(line: StoredLine, now: LineInstant): void {
    const time = Date.parse(line['@timestamp']);
    if (this.definition.absent) this.rule.take(line, steadyTimeOf(time, now), now.steady);
    else this.rule.take(line, time, now.wall);
  }

  stored(line: StoredLine, now: LineInstant): void {
    if (!this.#fits(line)) return;
    if (this.#waiting === null) this.#take(line, now);
    else if (this.#waiting.length < MOST_WAITING) this.#waiting.push(line);
    else this.#missed = true;
  }

  /** Reads what was stored before lines came. Rejects as the store does; then it is to be called again. */
  async catchUp(logs: Pick<LogStore, 'search'>, now: () => LineInstant, stopped: () => boolean): Promise<void> {
    const { definition, rule } = this;
    const read = new Set<string>();
    // Of what is absent from everybody the newest line says all.
    const most = definition.absent && definition.by.length === 0 ? 1 : this.#bounds.catchUpLines;
    do {
      this.#missed = false;
      const begin = now().wall;
      const range = { start: rule.since(begin), end: begin + AHEAD_MS, order: 'newest' as const };
      let cursor: string | null = null;
      let lines = 0;
      while (lines < most && !stopped()) {
        const limit = Math.min(PAGE_LINES, most - lines);
        const page = await logs.search({
          ...filterOf(definition),
          ...range,
          limit,
          ...(cursor === null ? {} : { cursor }),
        });
        for (const line of page.lines) {
          if (read.has(line.id)) continue;
          read.add(line.id);
          this.#take(line, now());
        }
        lines += page.lines.length;
        cursor = page.next;
        if (cursor === null) break;
      }
      for (const line of this.#waiting!.splice(0)) {
        if (read.has(line.id)) continue;
        read.add(line.id);
        this.#take(line, now());
      }
    } while (this.#missed && !stopped());
    this.#waiting = null;
  }
}
