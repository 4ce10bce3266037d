import { fold, indexed, words } from './tokens.ts';

/** A search text taken apart. */
export interface TextQuery {
  /** Folded words that must all occur as words. */
  readonly words: readonly string[];
  /** Texts that must all occur somewhere, in lower case. */
  readonly phrases: readonly string[];
  /** FTS5 terms that every line that fits has in its block; may be empty. */
  readonly terms: readonly string[];
}

/** Words, and "phrases in quotes". A quote that is not closed goes to the end. */
export function parseText(text: string): TextQuery {
  const parts = text.split('"');
  const plain = new Set<string>();
  const phrases: string[] = [];
  const terms = new Set<string>();
  parts.forEach((part, i) => {
    if (i % 2 === 1) {
      if (part === '') return;
      phrases.push(part.toLowerCase());
      for (const term of phraseTerms(part)) terms.add(term);
      return;
    }
    for (const word of words(fold(part))) {
      plain.add(word);
      terms.add(quote(indexed(word)));
    }
  });
  return { words: [...plain], phrases, terms: [...terms] };
}

/**
 * What the block of a line with the phrase must have: its first word may be the end of a longer one, its last the beginning of
 * one; those between are whole.
 */
function phraseTerms(phrase: string): string[] {
  const folded = fold(phrase);
  const all = words(folded);
  if (all.length === 0) return [];
  const terms: string[] = [];
  const opensWithWord = folded.startsWith(all[0]!);
  const closesWithWord = folded.endsWith(all.at(-1)!);
  all.forEach((word, i) => {
    const startsWhole = i > 0 || !opensWithWord;
    const endsWhole = i < all.length - 1 || !closesWithWord;
    if (!startsWhole) return;
    if (endsWhole) terms.push(quote(indexed(word)));
    else terms.push(`${quote(indexed(word))}*`);
  });
  return terms;
}

function quote(word: string): string {
  return `"${word}"`;
}

/** Does the message fit? Cheap tests first; words are looked for as words only where they occur as text. */
export function fitsText(message: string, query: TextQuery): boolean {
  if (query.phrases.length > 0) {
    const lower = message.toLowerCase();
    for (const phrase of query.phrases) if (!lower.includes(phrase)) return false;
  }
  if (query.words.length === 0) return true;
  const folded = fold(message);
  for (const word of query.words) if (!folded.includes(word)) return false;
  const there = new Set(words(folded));
  return query.words.every((word) => there.has(word));
}
