import type { Answer } from './compare.ts';
import { difference, identical } from './compare.ts';
import type { Query } from './queries.ts';

/** Counts answers that agree, and keeps those that do not. */
export class Tally {
  readonly differing: string[] = [];
  readonly known = new Map<string, number>();
  #count = 0;
  #exact = 0;
  #refused = 0;
  #empty = 0;

  /** `excuse` names a documented difference of the engine compared with, or gives undefined. */
  add(query: Query, ours: Answer, theirs: Answer, excuse?: (query: Query, found: string) => string | undefined): void {
    this.#count++;
    if ('error' in ours && 'error' in theirs) this.#refused++;
    else if ('data' in ours && ours.data.result.length === 0) this.#empty++;
    if (identical(ours, theirs)) this.#exact++;
    const found = difference(query.text, ours, theirs);
    if (found === undefined) return;
    const reason = excuse?.(query, found);
    if (reason !== undefined) this.known.set(reason, (this.known.get(reason) ?? 0) + 1);
    else this.differing.push(`${query.text} @${query.time} ${JSON.stringify(query.range ?? '')}\n    ${found}`);
  }

  /** The part of the answers that agree; a documented difference is none. */
  get agreement(): number {
    let known = 0;
    for (const count of this.known.values()) known += count;
    return (this.#count - this.differing.length - known) / this.#count;
  }

  report(): string {
    const agreed = Math.round(this.agreement * this.#count);
    const percent = (100 * this.agreement).toFixed(2);
    const excused = [...this.known].map(([reason, count]) => `${count} ${reason}`).join(', ');
    return `${agreed} of ${this.#count} agree (${percent} %), ${this.#exact} to the last digit, ${this.#refused} refused by both, ${this.#empty} empty; documented differences: ${excused || 'none'}${this.differing.map((one) => `\n  ${one}`).join('')}`;
  }
}
