import type { StoredLine } from '../../ports/log-store.ts';
import type { Found } from './log-rule.ts';
import type { LogRuleDefinition } from './rule-file.ts';
import { makeRule } from './running-rule.ts';

const BOUNDS = { groups: 10_000, kinds: 50_000, catchUpLines: 0 };
const LOOKS = 2000;

/** A time in which a rule would have fired. */
export interface Tried {
  readonly labels: Readonly<Record<string, string>>;
  /** ms since the epoch; `to` null: it would fire now. */
  readonly from: number;
  to: number | null;
  /** The largest value. */
  most: number;
  readonly more: Found['more'];
}

/**
 * What a rule would have made of lines, had it been there.
 * @param lines of its query, oldest first @param start @param end ms since the epoch: the time they are of
 */
export function tryRule(
  definition: LogRuleDefinition,
  lines: readonly StoredLine[],
  start: number,
  end: number,
): Tried[] {
  const rule = makeRule(definition, BOUNDS, null, start);
  const step = Math.max(1000, Math.ceil((end - start) / LOOKS));
  const firing = new Map<string, Tried>();
  const tried: Tried[] = [];
  /** Since when each holds. */
  const pending = new Map<string, number>();
  const look = (now: number) => {
    const held = new Set<string>();
    for (const { labels, value, more } of rule.found(now)) {
      const key = JSON.stringify(labels);
      held.add(key);
      const since = pending.get(key) ?? now;
      pending.set(key, since);
      if (now - since < definition.for) continue;
      const known = firing.get(key);
      if (known) known.most = Math.max(known.most, value);
      else {
        const one: Tried = { labels, from: now, to: null, most: value, more };
        firing.set(key, one);
        tried.push(one);
      }
    }
    for (const key of pending.keys()) if (!held.has(key)) pending.delete(key);
    for (const [key, one] of firing) {
      if (held.has(key)) continue;
      one.to = now;
      firing.delete(key);
    }
  };
  let next = start + step;
  for (const line of lines) {
    const time = Date.parse(line['@timestamp']);
    for (; next <= time && next < end; next += step) look(next);
    rule.take(line, time, Math.max(time, next - step));
  }
  for (; next < end; next += step) look(next);
  look(end);
  return tried;
}
