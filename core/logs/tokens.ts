/**
 * Words of a text, as SQLite's unicode61 tokenizer has them: runs of letters and digits, without case and without accents.
 * Done here and not in SQLite, so that the index and the check of a line can never disagree.
 */
const ASCII = /^[\x00-\x7f]*$/;
const MARKS = /\p{M}+/gu;
const ASCII_WORDS = /[a-z0-9]+/g;
const WORDS = /[\p{L}\p{N}\p{Co}]+/gu;

/** The text without case and accents; what words and searches are compared in. */
export function fold(text: string): string {
  if (ASCII.test(text)) return text.toLowerCase();
  return text.normalize('NFD').replace(MARKS, '').toLowerCase().replace(MARKS, '').replaceAll('ς', 'σ');
}

/** The words of a folded text, in order, with repeats. */
export function words(folded: string): string[] {
  return folded.match(ASCII.test(folded) ? ASCII_WORDS : WORDS) ?? [];
}

/** Longer words are cut in the index; the line's own words are not. */
export const INDEXED_LENGTH = 64;

export function indexed(word: string): string {
  return word.length > INDEXED_LENGTH ? word.slice(0, INDEXED_LENGTH) : word;
}

/** A word of the index that says something about a line beside its message; no search text can be mistaken for it. */
export function tag(kind: 'host' | 'service' | 'level', value: string): string {
  // A private-use character counts as a letter for SQLite's ascii tokenizer.
  return `\uE000${kind[0]}${Buffer.from(value).toString('hex')}`;
}
