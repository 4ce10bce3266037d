import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { StoredLine } from '../../ports/log-store.ts';
import { type LineKind, LineKinds } from './line-kinds.ts';
import type { Found, LogRule } from './log-rule.ts';

const SERVICES = 500;
/** Of the kinds that are kept, what alerts of one service take at most: these are not forgotten. */
const SHOWN_SHARE = 1 / 4;
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

interface Service {
  /** ms since the epoch. */
  readonly since: number;
  readonly kinds: LineKinds;
  /** Kinds of it that are alerts. */
  shown: number;
}

/** A line of a kind that its service never had before. */
export class UnseenRule implements LogRule {
  readonly #learn: number;
  readonly #show: number;
  readonly #most: number;
  readonly #services = new Map<string, Service>();
  /** New kinds that are alerts, by their ids. */
  readonly #shown: Map<string, State['shown'][string]>;
  /** Of all services, by their ids. */
  readonly #kinds = new Map<string, LineKind>();
  #seen: number;
  /** ms since the epoch. */
  #now: number;
  readonly #begin: number;
  #dirty = true;
  over = 0;

  /** @param state of before a restart @param now ms since the epoch */
  constructor(unseen: { learn: number; show: number }, most: number, state: unknown, now: number) {
    this.#learn = unseen.learn;
    this.#show = unseen.show;
    this.#most = most;
    this.#now = now;
    const before = stateSchema.safeParse(state);
    this.#seen = before.success ? before.data.seen : now;
    this.#begin = this.#seen;
    this.#shown = new Map(before.success ? Object.entries(before.data.shown) : []);
    if (!before.success) return;
    for (const [service, { since, kinds }] of Object.entries(before.data.services)) {
      this.#follow(service, since, kinds);
      for (const kind of kinds) this.#kinds.set(kind.id, kind);
    }
    for (const { service } of this.#shown.values()) {
      const known = this.#services.get(service);
      if (known) known.shown++;
    }
  }

  take(line: StoredLine, time: number, now: number): void {
    this.#now = now;
    const service = line['service.name'];
    let known = this.#services.get(service);
    if (!known) {
      if (this.#services.size >= SERVICES) {
        this.over++;
        return;
      }
      known = this.#follow(service, now, []);
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
      known.shown++;
    }
  }

  found(now: number): Found[] {
    const found: Found[] = [];
    for (const [id, { service, first, last, lines }] of this.#shown) {
      if (now - last >= this.#show) {
        this.#shown.delete(id);
        const known = this.#services.get(service);
        if (known) known.shown--;
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

  #follow(service: string, since: number, kinds: readonly LineKind[]): Service {
    const makeRoom = () => this.#makeRoom(known);
    const known: Service = { since, kinds: new LineKinds(makeRoom, kinds, (kind) => this.#forget(kind)), shown: 0 };
    this.#services.set(service, known);
    return known;
  }

  /** Whether a service may have one more kind: where all are taken, the service with the most lets go of one. */
  #makeRoom(service: Service): boolean {
    const isLearnt = this.#now - service.since >= this.#learn;
    if (isLearnt && service.shown >= Math.max(1, Math.floor(this.#most * SHOWN_SHARE))) return false;
    if (this.#kinds.size < this.#most) return true;
    let largest: Service | null = null;
    for (const one of this.#services.values()) {
      if (one.kinds.size > one.shown && (largest === null || one.kinds.size > largest.kinds.size)) largest = one;
    }
    return largest?.kinds.forgetOldest() ?? false;
  }

  #forget({ id }: LineKind): boolean {
    if (this.#shown.has(id)) return false;
    this.#kinds.delete(id);
    this.#dirty = true;
    this.over++;
    return true;
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
