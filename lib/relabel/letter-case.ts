/**
 * Letters to lower case one by one, as Go's `strings.ToLower` does: no letter becomes two, and none depends on its neighbours.
 */
export function toLower(text: string): string {
  return eachLetter(text, (letter) => (letter === '\u0130' ? 'i' : letter.toLowerCase()));
}

/** The same to upper case: a letter whose upper case is several letters (the German sharp s) stays as it is. */
export function toUpper(text: string): string {
  return eachLetter(text, (letter) => letter.toUpperCase());
}

function eachLetter(text: string, change: (letter: string) => string): string {
  let changed = '';
  for (const letter of text) {
    const other = change(letter);
    // A surrogate pair is one letter in two units.
    changed += other.length === letter.length || [...other].length === 1 ? other : letter;
  }
  return changed;
}
