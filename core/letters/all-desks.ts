import { HeliographError } from '../../lib/errors.ts';
import type {
  Away,
  LetterDesk,
  LetterQuestion,
  LetterShown,
  LettersFound,
  LetterView,
  PurgeStep,
  ReplayPlace,
  ReplayStep,
} from './desk.ts';
import type { LetterFilter, LetterGroup } from './list.ts';

/** A desk of another process. */
export interface OtherDesk {
  readonly address: string;
  /** As it was last heard; null before that. */
  readonly name: () => string | null;
  /** Its methods reject with HG_PEER while it is away. */
  readonly desk: LetterDesk;
}

/** The dead letters of this process and of all that it asks, as one list. One that is away or fails is named, and the others answer. */
export class AllDesks implements LetterDesk {
  readonly #desks: readonly OtherDesk[];

  /** @param name of this process */
  constructor(own: LetterDesk, others: readonly OtherDesk[], name: string) {
    this.#desks = [{ address: '', name: () => name, desk: own }, ...others];
  }

  async find(question: LetterQuestion): Promise<LettersFound> {
    const { answers, away } = await this.#askAll((desk) => desk.find(question), false);
    const way = question.order === 'newest' ? -1 : 1;
    const order = (a: LetterView, b: LetterView) => way * (a.time - b.time || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
    const found = answers.flatMap(({ letters }) => letters).sort(order);
    let end = Math.min(question.limit, found.length);
    // One frame may be a letter of two gateways: what has the same place stays on the same page, which begins again behind that place.
    while (end > 0 && end < found.length && order(found[end - 1]!, found[end]!) === 0) end++;
    return {
      letters: found.slice(0, end),
      more: found.length > end || answers.some(({ more }) => more),
      groups: sumGroups(answers.flatMap(({ groups }) => groups)),
      bytes: answers.reduce((sum, { bytes }) => sum + bytes, 0),
      maxBytes: answers.reduce((sum, { maxBytes }) => sum + maxBytes, 0),
      away,
    };
  }

  async show(id: string): ReturnType<LetterDesk['show']> {
    const { answers, away } = await this.#askAll((desk) => desk.show(id), false);
    const found = answers.flatMap(({ letter }): LetterShown[] => (letter === null ? [] : [letter]));
    return { letter: found.find(({ data }) => data !== null) ?? found[0] ?? null, away };
  }

  /** One process after the other; `next` of the last letter of one is the beginning of the next. */
  async replay(filter: LetterFilter, limit: number, from: ReplayPlace | null): Promise<ReplayStep> {
    const at = from === null ? 0 : this.#desks.findIndex(({ address }) => address === from.at);
    // It was taken out of the configuration meanwhile.
    if (at < 0) return { replayed: 0, failed: [], next: null, stopped: null, away: [] };
    const failed: ReplayStep['failed'][number][] = [];
    const away: Away[] = [];
    let replayed = 0;
    const errors: unknown[] = [];
    let answered = false;
    let place = from?.place ?? null;
    for (const [i, { address, desk }] of this.#desks.entries()) {
      if (i < at) continue;
      const left = limit - replayed - failed.length;
      if (left <= 0) return { replayed, failed, next: { at: address, place: null }, stopped: null, away };
      const asked = await this.#ask((one) => one.replay(filter, left, { at: '', place }), true, [desk]);
      away.push(...asked.away);
      errors.push(...asked.errors);
      place = null;
      const [step] = asked.answers;
      if (!step) continue;
      answered = true;
      replayed += step.replayed;
      failed.push(...step.failed);
      const next = { at: address, place: step.next?.place ?? null };
      if (step.stopped) return { replayed, failed, next, stopped: step.stopped, away };
      if (step.next !== null) return { replayed, failed, next, stopped: null, away };
    }
    if (!answered && errors.length > 0) throw errors[0];
    return { replayed, failed, next: null, stopped: null, away };
  }

  async purge(filter: LetterFilter, dryRun: boolean): Promise<PurgeStep> {
    const { answers, away } = await this.#askAll((desk) => desk.purge(filter, dryRun), !dryRun);
    return {
      letters: answers.reduce((sum, { letters }) => sum + letters, 0),
      bytes: answers.reduce((sum, { bytes }) => sum + bytes, 0),
      groups: sumGroups(answers.flatMap(({ groups }) => groups)),
      away,
    };
  }

  /**
   * Those that answer, and those that do not, each with its own error: what the others did is not hidden by it.
   * @param changes whether it does something to letters, which may be half done where it failed
   */
  async #ask<T>(
    question: (desk: LetterDesk) => Promise<T>,
    changes: boolean,
    only: readonly LetterDesk[] | null = null,
  ): Promise<{ answers: T[]; away: Away[]; errors: unknown[] }> {
    const asked = this.#desks.filter(({ desk }) => only?.includes(desk) ?? true);
    const results = await Promise.allSettled(asked.map(({ desk }) => question(desk)));
    const answers: T[] = [];
    const away: Away[] = [];
    const errors: unknown[] = [];
    for (const [i, result] of results.entries()) {
      if (result.status === 'fulfilled') {
        answers.push(result.value);
        continue;
      }
      const { address, name } = asked[i]!;
      const reason: unknown = result.reason;
      const peer = reason instanceof HeliographError && reason.code === 'HG_PEER';
      if (!peer) errors.push(reason);
      const unknown = peer ? reason.facts.unknown === true : changes;
      const why = reason instanceof Error ? reason.message : String(reason);
      away.push({ process: name() ?? address, why, ...(unknown ? { unknown } : {}) });
    }
    return { answers, away, errors };
  }

  /** As `#ask` of all. @throws what the first one failed with, when none answered and it is not only that they are away */
  async #askAll<T>(
    question: (desk: LetterDesk) => Promise<T>,
    changes: boolean,
  ): Promise<{ answers: T[]; away: Away[] }> {
    const asked = await this.#ask(question, changes);
    if (asked.answers.length === 0 && asked.errors.length > 0) throw asked.errors[0];
    return asked;
  }
}

/** The most first, as one process gives them. */
function sumGroups(groups: readonly LetterGroup[]): LetterGroup[] {
  const sums = new Map<string, LetterGroup>();
  for (const group of groups) {
    const key = JSON.stringify([group.kind, group.class, group.reason, group.code]);
    const there = sums.get(key);
    sums.set(
      key,
      there === undefined
        ? group
        : {
            ...there,
            letters: there.letters + group.letters,
            items: there.items + group.items,
            bytes: there.bytes + group.bytes,
          },
    );
  }
  return [...sums.values()].sort((a, b) => b.letters - a.letters || (a.reason < b.reason ? -1 : 1));
}
