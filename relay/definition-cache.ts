import type { DefinitionEntry } from './definition-index.ts';

/** Contents of definitions in memory, the last used ones, up to some bytes. */
export class DefinitionCache {
  readonly #most: number;
  readonly #contents = new Map<DefinitionEntry, Uint8Array>();
  #bytes = 0;

  constructor(most: number) {
    this.#most = most;
  }

  get(entry: DefinitionEntry): Uint8Array | undefined {
    const content = this.#contents.get(entry);
    if (content) {
      this.#contents.delete(entry);
      this.#contents.set(entry, content);
    }
    return content;
  }

  set(entry: DefinitionEntry, content: Uint8Array): void {
    this.delete(entry);
    this.#contents.set(entry, content);
    this.#bytes += content.length;
    for (const oldest of this.#contents.keys()) {
      if (this.#bytes <= this.#most) break;
      this.delete(oldest);
    }
  }

  delete(entry: DefinitionEntry): void {
    const content = this.#contents.get(entry);
    if (!content) return;
    this.#contents.delete(entry);
    this.#bytes -= content.length;
  }
}
