import type { DatabaseSync } from 'node:sqlite';
import { databaseError } from '../disk/damage.ts';
import { transaction } from '../disk/transaction.ts';
import type { Objects } from '../ports/objects.ts';
import type { LetterBudget } from './budget.ts';
import type { LetterList, LetterRow } from './list.ts';
import { LETTERS_PREFIX, readLetters, writeRest } from './objects.ts';

export interface RemovalParts {
  readonly objects: Objects;
  readonly state: DatabaseSync;
  readonly list: LetterList;
  readonly budget: LetterBudget;
  readonly now: () => number;
}

/** An object that no row names and that is younger is of a letter that is just being put away. */
const SETTLED_MS = 3_600_000;

/**
 * Takes letters away, bytes and all: what shared an object with them is written anew without them, then the rows change in one transaction,
 * then the old object goes. A kill in between leaves an object that nobody names; `sweep` finds it.
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
      if (object !== null && rest !== object) await this.#parts.objects.delete(object);
    }
  }

  /** Deletes objects that no letter names any more. Gives their number. */
  async sweep(): Promise<number> {
    const { objects, list, now } = this.#parts;
    let swept = 0;
    for await (const { key, modified } of objects.list(LETTERS_PREFIX)) {
      if (modified > now() - SETTLED_MS || list.inObject(key).length > 0) continue;
      await objects.delete(key);
      swept++;
    }
    return swept;
  }

  async #rest(object: string, gone: readonly LetterRow[]): Promise<string | null> {
    const { objects, list } = this.#parts;
    const stay = new Set(list.inObject(object));
    for (const { id } of gone) stay.delete(id);
    if (stay.size === 0) return null;
    const kept = await readLetters(objects, object);
    // Not there any more: nothing to write anew, and the others keep saying where they were.
    return kept === null ? object : writeRest(objects, object, kept, stay);
  }

  #enter(gone: readonly LetterRow[], how: 'replayed' | 'purged', object: string | null, rest: string | null): void {
    const { state, budget, now } = this.#parts;
    const frame = state.prepare(
      how === 'replayed'
        ? 'DELETE FROM dead_letters WHERE key = ?'
        : `UPDATE dead_letters SET purged = ${now()}, bytes = 0, object = NULL WHERE key = ?`,
    );
    const line = state.prepare('DELETE FROM refused_lines WHERE key = ?');
    try {
      transaction(state, () => {
        for (const { id, kind } of gone) {
          (kind === 'frame' ? frame : line).run(id.slice(id.indexOf('-') + 1));
        }
        if (object === null || rest === null || rest === object) return;
        for (const table of ['dead_letters', 'refused_lines']) {
          state.prepare(`UPDATE ${table} SET object = ? WHERE object = ?`).run(rest, object);
        }
      });
    } catch (error) {
      throw databaseError('core.db', error);
    }
    for (const { bytes } of gone) budget.release(bytes);
  }
}
