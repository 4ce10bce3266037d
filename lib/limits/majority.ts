/** The text that came most often, where one came more often than all others together (Boyer and Moore's vote); else one of them. */
export class Majority {
  #text = '';
  #lead = 0;

  add(text: string): void {
    if (text === this.#text) this.#lead++;
    else if (this.#lead === 0) {
      this.#text = text;
      this.#lead = 1;
    } else this.#lead--;
  }

  clear(): void {
    this.#text = '';
    this.#lead = 0;
  }

  get text(): string {
    return this.#text;
  }
}
