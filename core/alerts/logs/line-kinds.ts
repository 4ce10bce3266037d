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
  readonly #isRoom: () => boolean;
  readonly #leaves = new Map<string, LineKind[]>();
  #size = 0;

  /** @param isRoom whether there is room for one more */
  constructor(isRoom: () => boolean, known: Iterable<LineKind> = []) {
    this.#isRoom = isRoom;
    for (const kind of known) this.#put(kind);
  }

  get size(): number {
    return this.#size;
  }

  all(): LineKind[] {
    return [...this.#leaves.values()].flat();
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
    let best: LineKind | null = null;
    let most = 0;
    for (const kind of this.#leaves.get(leafOf(words)) ?? []) {
      const alike = likeness(kind.words, words);
      if (alike >= ALIKE && alike > most) {
        best = kind;
        most = alike;
      }
    }
    if (best === null) {
      if (!this.#isRoom()) return null;
      const kind: LineKind = { id: idOf(words), words, example: message.slice(0, CHARACTERS) };
      this.#put(kind);
      return { kind, change: 'new' };
    }
    if (most === 1) return { kind: best, change: 'none' };
    best.words = best.words.map((word, i) => (word === words[i] ? word : ANY));
    return { kind: best, change: 'changed' };
  }

  #put(kind: LineKind): void {
    const leaf = leafOf(kind.words);
    const kinds = this.#leaves.get(leaf);
    if (kinds) kinds.push(kind);
    else this.#leaves.set(leaf, [kind]);
    this.#size++;
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
