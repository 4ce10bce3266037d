import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { StoredLine } from '../../ports/log-store.ts';
import { type LineKind, LineKinds } from './line-kinds.ts';
import type { Found, LogRule } from './log-rule.ts';

const SERVICES = 500;
const stateSchema = z.object({
  seen: z.number(),
  services: z.record(
    z.string(),
    z.object({
      since: z.number(),
      kinds: z.array(z.object({ id: z.string(), words: z.array(z.string()), example: z.string() })),
    }),
  ),
  shown: z.record(
    z.string(),
    z.object({ service: z.string(), first: z.number(), last: z.number(), lines: z.number() }),
  ),
});
type State = z.output<typeof stateSchema>;

/** A line of a kind that its service never had before. */
export class UnseenRule implements LogRule {
  readonly #learn: number;
  readonly #show: number;
  readonly #most: number;
  readonly #services = new Map<string, { readonly since: number; readonly kinds: LineKinds }>();
  /** New kinds that are alerts, by their ids. */
  readonly #shown: Map<string, State['shown'][string]>;
  /** Of all services, by their ids. */
  readonly #kinds = new Map<string, LineKind>();
  #seen: number;
  readonly #begin: number;
  #dirty = true;
  over = 0;

  /** @param state of before a restart @param now ms since the epoch */
  constructor(unseen: { learn: number; show: number }, most: number, state: unknown, now: number) {
    this.#learn = unseen.learn;
    this.#show = unseen.show;
    this.#most = most;
    const isRoom = () => this.#isRoom();
    const before = stateSchema.safeParse(state);
    this.#seen = before.success ? before.data.seen : now;
    this.#begin = this.#seen;
    this.#shown = new Map(before.success ? Object.entries(before.data.shown) : []);
    if (!before.success) return;
    for (const [service, { since, kinds }] of Object.entries(before.data.services)) {
      this.#services.set(service, { since, kinds: new LineKinds(isRoom, kinds) });
      for (const kind of kinds) this.#kinds.set(kind.id, kind);
    }
  }

  take(line: StoredLine, time: number, now: number): void {
    const service = line['service.name'];
    let known = this.#services.get(service);
    if (!known) {
      if (this.#services.size >= SERVICES) {
        this.over++;
        return;
      }
      known = { since: now, kinds: new LineKinds(() => this.#isRoom()) };
      this.#services.set(service, known);
      this.#dirty = true;
    }
    const found = known.kinds.find(line.message, (words) => idOf(service, words));
    if (!found) {
      this.over++;
      return;
    }
    const { kind, change } = found;
    if (change !== 'none') this.#dirty = true;
    if (change === 'new') this.#kinds.set(kind.id, kind);
    this.#seen = Math.max(this.#seen, Math.min(time, now));
    const shown = this.#shown.get(kind.id);
    if (shown) {
      // A kind that floods is not written down for each of its lines.
      if (now - shown.last > this.#show / 20) this.#dirty = true;
      shown.last = now;
      shown.lines++;
    } else if (change === 'new' && now - known.since >= this.#learn) {
      this.#shown.set(kind.id, { service, first: time, last: now, lines: 1 });
    }
  }

  found(now: number): Found[] {
    const found: Found[] = [];
    for (const [id, { service, first, last, lines }] of this.#shown) {
      if (now - last >= this.#show) {
        this.#shown.delete(id);
        this.#dirty = true;
        continue;
      }
      const kind = this.#kinds.get(id);
      const more = { kind: kind?.words.join(' ') ?? '', example: kind?.example ?? '' };
      found.push({ labels: { ...(service === '' ? {} : { service }), kind: id }, value: lines, eventAt: first, more });
    }
    return found;
  }

  since(): number {
    return this.#begin;
  }

  state(): object | null {
    if (!this.#dirty) return null;
    this.#dirty = false;
    const services = [...this.#services].map(([service, { since, kinds }]) => [service, { since, kinds: kinds.all() }]);
    const state: State = {
      seen: this.#seen,
      services: Object.fromEntries(services),
      shown: Object.fromEntries(this.#shown),
    };
    return state;
  }

  #isRoom(): boolean {
    return this.#kinds.size < this.#most;
  }

  /** How many kinds there are of each service, and what they are. */
  kinds(): { service: string; kinds: LineKind[] }[] {
    return [...this.#services].map(([service, { kinds }]) => ({ service, kinds: kinds.all() }));
  }
}

function idOf(service: string, words: readonly string[]): string {
  return createHash('sha256')
    .update(JSON.stringify([service, words]))
    .digest('hex')
    .slice(0, 10);
}
