/** How much of what senders name may be remembered: they choose how many names there are, and how long. */
export class NameRoom {
  readonly #entries: number;
  readonly #characters: number;
  #usedEntries = 0;
  #usedCharacters = 0;

  /** @param entries at most @param characters of all of them together, at most */
  constructor(entries: number, characters: number) {
    this.#entries = entries;
    this.#characters = characters;
  }

  /**
   * Room for one more entry.
   * @param characters that are remembered with it
   * @returns false: everything before it has to be forgotten; the room is counted anew, with this entry alone in it
   */
  add(characters: number): boolean {
    this.#usedEntries++;
    this.#usedCharacters += characters;
    if (this.#usedEntries <= this.#entries && this.#usedCharacters <= this.#characters) return true;
    this.#usedEntries = 1;
    this.#usedCharacters = characters;
    return false;
  }
}
