/** What of a line differs from one of its kind to the next: numbers, ids, addresses, paths and what stands in quotes. */
const VARIABLE: readonly (readonly [RegExp, string])[] = [
  [/"[^"]*"|'[^']*'/g, '<text>'],
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, '<id>'],
  [/\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b/g, '<address>'],
  [/\b(?:https?|file|ftp):\/\/\S+/gi, '<url>'],
  [/(^|[\s=(:,])(?:\/[\w.@+-]+)+\/?/g, '$1<path>'],
  [/\b0x[0-9a-f]+\b/gi, '<hex>'],
  [/\b(?=[a-f]*\d)[0-9a-f]{6,}\b/gi, '<hex>'],
  [/[+-]?\d+(?:[.,:]\d+)*/g, '<n>'],
];
const TOKENS = 24;
const CHARACTERS = 400;
/** Two lines are of one kind when so many of their words are equal. */
const ALIKE = 0.6;
const ANY = '<*>';
/** Kinds of as many words with the same first word: a line is compared with each of them. */
const LEAF = 200;

/** A kind of line: its words, with what differs left open. */
export interface LineKind {
  readonly id: string;
  words: string[];
  readonly example: string;
}

/** The words of a line's first line, without what differs. */
export function wordsOf(message: string): string[] {
  const end = message.indexOf('\n');
  let text = (end < 0 ? message : message.slice(0, end)).slice(0, CHARACTERS);
  for (const [pattern, name] of VARIABLE) text = text.replace(pattern, name);
  return text
    .split(/\s+/)
    .filter((word) => word !== '')
    .slice(0, TOKENS);
}

/**
 * Kinds of lines as a shallow tree: by number of words and first word, then by likeness, after the idea of Drain
 * (He et al., "Drain: An Online Log Parsing Approach with Fixed Depth Tree", ICWS 2017). Bounded.
 */
export class LineKinds {
  readonly #makeRoom: () => boolean;
  readonly #forget: (kind: LineKind) => boolean;
  readonly #leaves = new Map<string, Set<LineKind>>();
  /** The one that was longest not met first, as in the leaves. */
  readonly #all = new Set<LineKind>();

  /**
   * @param makeRoom whether there is room for one more
   * @param known the one that was longest not met first
   * @param forget whether one may be forgotten; it is then
   */
  constructor(
    makeRoom: () => boolean,
    known: Iterable<LineKind> = [],
    forget: (kind: LineKind) => boolean = () => true,
  ) {
    this.#makeRoom = makeRoom;
    this.#forget = forget;
    for (const kind of known) this.#put(leafOf(kind.words), kind);
  }

  get size(): number {
    return this.#all.size;
  }

  /** The one that was longest not met first. */
  all(): LineKind[] {
    return [...this.#all];
  }

  /** Lets go of the one that was longest not met, of those that may go. @returns false: none may */
  forgetOldest(): boolean {
    return this.#forgetFirst(this.#all);
  }

  /**
   * The kind of a line. `new`: there was none like it, and there is now; `changed`: it is more general now; null: there is no room.
   * @param idOf a name for a new one
   */
  find(
    message: string,
    idOf: (words: readonly string[]) => string,
  ): { kind: LineKind; change: 'new' | 'changed' | 'none' } | null {
    const words = wordsOf(message);
    const leaf = leafOf(words);
    let best: LineKind | null = null;
    let most = 0;
    for (const kind of this.#leaves.get(leaf) ?? []) {
      const alike = likeness(kind.words, words);
      if (alike >= ALIKE && alike > most) {
        best = kind;
        most = alike;
      }
    }
    if (best === null) {
      if (!this.#makeRoom()) return null;
      const beside = this.#leaves.get(leaf);
      if (beside && beside.size >= LEAF && !this.#forgetFirst(beside)) return null;
      const kind: LineKind = { id: idOf(words), words, example: message.slice(0, CHARACTERS) };
      this.#put(leaf, kind);
      return { kind, change: 'new' };
    }
    this.#put(leaf, best);
    if (most === 1) return { kind: best, change: 'none' };
    best.words = best.words.map((word, i) => (word === words[i] ? word : ANY));
    return { kind: best, change: 'changed' };
  }

  /** As the one that was met last. */
  #put(leaf: string, kind: LineKind): void {
    let kinds = this.#leaves.get(leaf);
    if (!kinds) {
      kinds = new Set();
      this.#leaves.set(leaf, kinds);
    }
    for (const set of [kinds, this.#all]) {
      set.delete(kind);
      set.add(kind);
    }
  }

  #forgetFirst(kinds: Iterable<LineKind>): boolean {
    for (const kind of kinds) {
      if (!this.#forget(kind)) continue;
      this.#all.delete(kind);
      const leaf = leafOf(kind.words);
      const those = this.#leaves.get(leaf);
      those?.delete(kind);
      if (those?.size === 0) this.#leaves.delete(leaf);
      return true;
    }
    return false;
  }
}

/** A first word that differs tells nothing apart. */
function leafOf(words: readonly string[]): string {
  const first = words[0] ?? '';
  return `${words.length} ${first.includes('<') ? '<' : first}`;
}

/** Equal words of all; what is open is like anything. */
function likeness(kind: readonly string[], words: readonly string[]): number {
  if (kind.length === 0) return 1;
  let equal = 0;
  for (let i = 0; i < kind.length; i++) if (kind[i] === words[i] || kind[i] === ANY) equal++;
  return equal / kind.length;
}
