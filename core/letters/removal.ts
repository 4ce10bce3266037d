import type { DatabaseSync } from 'node:sqlite';
import { storeTransaction } from '../disk/transaction.ts';
import type { Objects } from '../ports/objects.ts';
import type { LetterBudget } from './budget.ts';
import type { LetterList, LetterRow } from './list.ts';
import { readLetters, restName, writeRest } from './objects.ts';

export interface RemovalParts {
  readonly objects: Objects;
  readonly state: DatabaseSync;
  readonly list: LetterList;
  readonly budget: LetterBudget;
  readonly now: () => number;
}

/**
 * Takes letters away, bytes and all: what shared an object with them is written anew without them, then the rows change in one transaction,
 * then the old object goes. An object is entered as garbage before it can become any, so a kill or an outage in between leaves
 * nothing that `sweep` does not find.
 */
export class LetterRemoval {
  readonly #parts: RemovalParts;

  constructor(parts: RemovalParts) {
    this.#parts = parts;
  }

  /**
   * @param how `replayed`: the frame is accounted for elsewhere now. `purged`: its row stays for the account and for the audit, without bytes.
   * @throws HeliographError HG_STORE_DISK, or of the objects; those of earlier objects are gone then
   */
  async remove(rows: readonly LetterRow[], how: 'replayed' | 'purged'): Promise<void> {
    const byObject = new Map<string | null, LetterRow[]>();
    for (const row of rows) {
      const there = byObject.get(row.object);
      if (there) there.push(row);
      else byObject.set(row.object, [row]);
    }
    for (const [object, gone] of byObject) {
      const rest = object === null ? null : await this.#rest(object, gone);
      this.#enter(gone, how, object, rest);
      if (object !== null && rest !== object) await this.#discard(object);
    }
  }

  /** Deletes what an earlier removal could not. Gives the number of objects. @throws HeliographError of the objects */
  async sweep(): Promise<number> {
    const rows = this.#parts.state.prepare('SELECT object FROM letter_garbage').all();
    for (const row of rows) await this.#discard(String(row.object));
    return rows.length;
  }

  async #discard(object: string): Promise<void> {
    const { objects, list, state } = this.#parts;
    // Named after all: what was to take its place never came to be.
    if (list.inObject(object).length === 0) await objects.delete(object);
    state.prepare('DELETE FROM letter_garbage WHERE object = ?').run(object);
  }

  async #rest(object: string, gone: readonly LetterRow[]): Promise<string | null> {
    const { objects, list, state } = this.#parts;
    const stay = new Set(list.inObject(object));
    for (const { id } of gone) stay.delete(id);
    if (stay.size === 0) return null;
    const kept = await readLetters(objects, object);
    // Not there any more: nothing to write anew, and the others keep saying where they were.
    if (kept === null) return object;
    const rest = restName(object, stay.size);
    state.prepare('INSERT OR IGNORE INTO letter_garbage VALUES (?)').run(rest);
    await writeRest(objects, rest, kept, stay);
    return rest;
  }

  #enter(gone: readonly LetterRow[], how: 'replayed' | 'purged', object: string | null, rest: string | null): void {
    const { state, budget, now } = this.#parts;
    const frame = state.prepare(
      how === 'replayed'
        ? 'DELETE FROM dead_letters WHERE key = ?'
        : `UPDATE dead_letters SET purged = ${now()}, bytes = 0, object = NULL WHERE key = ?`,
    );
    const line = state.prepare('DELETE FROM refused_lines WHERE key = ?');
    const series = state.prepare('DELETE FROM refused_series WHERE key = ?');
    const of = { frame, line, series };
    storeTransaction(state, 'core.db', () => {
      for (const { id, kind } of gone) {
        of[kind].run(id.slice(id.indexOf('-') + 1));
      }
      if (object === null || rest === object) return;
      state.prepare('INSERT OR IGNORE INTO letter_garbage VALUES (?)').run(object);
      if (rest === null) return;
      state.prepare('DELETE FROM letter_garbage WHERE object = ?').run(rest);
      for (const table of ['dead_letters', 'refused_lines', 'refused_series']) {
        state.prepare(`UPDATE ${table} SET object = ? WHERE object = ?`).run(rest, object);
      }
    });
    for (const { bytes, kind } of gone) budget.release(bytes, kind);
  }
}
