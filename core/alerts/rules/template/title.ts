/** A word by Unicode's word boundaries, as far as they matter for letters: an apostrophe, a point or a colon between letters joins them. */
const WORD = /[\p{L}\p{M}\p{N}_]+(?:['’.:·][\p{L}\p{M}][\p{L}\p{M}\p{N}_]*)*/gu;
const FIRST = /\p{L}/u;

/** The first letter of each word in its title form, the others as they are. */
export function titled(text: string): string {
  return text.replace(WORD, (word) => word.replace(FIRST, (letter) => letter.toUpperCase()));
}
