import { HeliographError } from '../errors.ts';
import type { Parts } from './parts.ts';
import type { Form, Part } from './pieces.ts';

/** An object of a JSON document, and the list in it that can be divided. */
export interface JsonPart extends Part<JsonPart> {
  /** What stands between the list's brackets: [listFrom, listTo). */
  readonly listFrom: number;
  readonly listTo: number;
}

/** Names of the lists from the document inwards, as they may be written; a step of null is any object, whose list is the next. */
export type ListPath = readonly (readonly string[] | null)[];

const QUOTE = 34;
const COMMA = 44;
const COLON = 58;
const BACKSLASH = 92;
const LIST = 91;
const LIST_END = 93;
const OBJECT = 123;
const OBJECT_END = 125;

/**
 * Where the lists of a document stand, found without making an object of what is in them. What is wrong within an element is left to whoever reads it.
 * @param least elements of fewer bytes are not looked into
 * @param parts counts the elements
 * @throws HeliographError HG_DOOR_SYNTAX, HG_DOOR_BODY (too many elements)
 */
export function jsonParts(bytes: Uint8Array, path: ListPath, least: number, parts: Parts): JsonPart {
  const walk = new Walk(bytes, least, parts);
  const root = walk.part(path, 0);
  walk.end();
  return root;
}

export function jsonForm(bytes: Uint8Array): Form<JsonPart> {
  return {
    group: (parts) => (parts.length === 0 ? [] : [bytes.subarray(parts[0]!.from, parts.at(-1)!.to)]),
    wrap: ({ from, to, listFrom, listTo }, content) => [
      bytes.subarray(from, listFrom),
      ...content,
      bytes.subarray(listTo, to),
    ],
  };
}

class Walk {
  readonly #bytes: Uint8Array;
  readonly #least: number;
  readonly #parts: Parts;
  #at = 0;

  constructor(bytes: Uint8Array, least: number, parts: Parts) {
    this.#parts = parts;
    this.#bytes = bytes;
    this.#least = least;
  }

  /** A value with the list that `path` names from `step` on; it is a part without one where there is none. */
  part(path: ListPath, step: number): JsonPart {
    this.#space();
    const from = this.#at;
    const list = step < path.length && this.#bytes[from] === OBJECT ? this.#object(path, step) : this.#skip();
    const to = this.#at;
    // The elements of a small one are not needed, and would be memory.
    if (list === null || (step > 0 && to - from <= this.#least)) {
      return { from, to, listFrom: to, listTo: to, children: null };
    }
    return { from, to, ...list };
  }

  end(): void {
    this.#space();
    if (this.#at < this.#bytes.length) throw this.#broken();
  }

  #object(path: ListPath, step: number): Omit<JsonPart, 'from' | 'to'> | null {
    const names = path[step]!;
    let list: Omit<JsonPart, 'from' | 'to'> | null = null;
    let lists = 0;
    this.#at++;
    this.#space();
    if (this.#bytes[this.#at] === OBJECT_END) {
      this.#at++;
      return null;
    }
    for (;;) {
      this.#space();
      if (this.#bytes[this.#at] !== QUOTE) throw this.#broken();
      const keyAt = this.#at;
      this.#skip();
      const keyTo = this.#at;
      this.#space();
      this.#expect(COLON);
      this.#space();
      if (names === null && this.#bytes[this.#at] === OBJECT) {
        const inner = this.#object(path, step + 1);
        list = inner ?? list;
        if (inner !== null) lists++;
      } else if (names !== null && this.#isOneOf(names, keyAt + 1, keyTo - 1) && this.#bytes[this.#at] === LIST) {
        list = this.#list(path, step + 1);
        lists++;
      } else this.#skip();
      this.#space();
      const byte = this.#bytes[this.#at++];
      if (byte === OBJECT_END) break;
      if (byte !== COMMA) throw this.#broken();
    }
    // Of two of one name the parser takes the last: it must see both.
    return lists === 1 ? list : null;
  }

  #list(path: ListPath, step: number): Omit<JsonPart, 'from' | 'to'> {
    this.#at++;
    const listFrom = this.#at;
    const children: JsonPart[] = [];
    this.#space();
    if (this.#bytes[this.#at] === LIST_END) {
      this.#at++;
      return { listFrom, listTo: this.#at - 1, children };
    }
    for (;;) {
      this.#parts.add(1);
      children.push(this.part(path, step));
      this.#space();
      const byte = this.#bytes[this.#at++];
      if (byte === LIST_END) return { listFrom, listTo: this.#at - 1, children };
      if (byte !== COMMA) throw this.#broken();
    }
  }

  /** Moves over a value. */
  #skip(): null {
    const bytes = this.#bytes;
    const start = this.#at;
    let depth = 0;
    for (;;) {
      const byte = bytes[this.#at];
      if (byte === undefined) throw this.#broken();
      if (byte === QUOTE) this.#text();
      else if (byte === OBJECT || byte === LIST) {
        depth++;
        this.#at++;
      } else if (byte === OBJECT_END || byte === LIST_END) {
        if (depth === 0) break;
        depth--;
        this.#at++;
      } else if (depth === 0 && (byte === COMMA || byte === COLON || byte <= 32)) break;
      else {
        this.#at++;
        continue;
      }
      if (depth === 0) break;
    }
    if (this.#at === start) throw this.#broken();
    return null;
  }

  #text(): void {
    const bytes = this.#bytes;
    let at = this.#at;
    do {
      at = bytes.indexOf(QUOTE, at + 1);
      if (at < 0) throw this.#broken();
    } while (this.#isEscaped(at));
    this.#at = at + 1;
  }

  /** An odd number of backslashes stands before it. */
  #isEscaped(at: number): boolean {
    let first = at;
    while (this.#bytes[first - 1] === BACKSLASH) first--;
    return (at - first) % 2 === 1;
  }

  #space(): void {
    for (;;) {
      const byte = this.#bytes[this.#at];
      if (byte !== 32 && byte !== 10 && byte !== 13 && byte !== 9) return;
      this.#at++;
    }
  }

  #expect(byte: number): void {
    if (this.#bytes[this.#at] !== byte) throw this.#broken();
    this.#at++;
  }

  #isOneOf(names: readonly string[], from: number, to: number): boolean {
    for (const name of names) {
      if (name.length !== to - from) continue;
      let i = 0;
      while (i < name.length && this.#bytes[from + i] === name.charCodeAt(i)) i++;
      if (i === name.length) return true;
    }
    return false;
  }

  #broken(): HeliographError {
    const ends = this.#at >= this.#bytes.length;
    return new HeliographError(
      'HG_DOOR_SYNTAX',
      `the body is not JSON${ends ? ': it ends too early' : ` at position ${this.#at}`}`,
    );
  }
}
