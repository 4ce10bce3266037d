import { classOfLevel, type LineFacts, type LineLevel, levelOfWord, readLineFacts } from '../log-lines/level.ts';

/** Where a line belongs and what stands on it. */
export interface LineClassFacts {
  level: LineLevel;
  class: 'error' | 'log' | 'debug';
  time: number;
}

const facts: LineFacts = { level: '', time: Number.NaN };
const ascii = (text: string): Uint8Array => Uint8Array.from(text.slice(0, 16), (char) => char.charCodeAt(0));

/** Words that were looked up: the same few stand on every line. */
const words = new Map<string, LineLevel>();

/** The level a client names in any usual word, '' if it is none. */
export function levelOfText(text: string): LineLevel {
  const known = words.get(text);
  if (known !== undefined) return known;
  const bytes = ascii(text);
  const level = levelOfWord(bytes, 0, bytes.length);
  if (words.size < 1_000 && text.length < 32) words.set(text, level);
  return level;
}

/**
 * Class, level and time of a line: as the client says, else as the line itself says (JSON, logfmt, syslog, a word at its start),
 * else the time of reading.
 * @param time ms since the epoch or NaN
 */
export function classify(level: string, time: number, message: Uint8Array, now: number): LineClassFacts {
  let known = level === '' ? '' : levelOfText(level);
  let when = time;
  if (known === '' || Number.isNaN(when)) {
    readLineFacts(message, 0, message.length, now, 0, facts);
    if (known === '') known = facts.level;
    if (Number.isNaN(when)) when = Number.isNaN(facts.time) ? now : facts.time;
  }
  return { level: known, class: classOfLevel(known), time: when };
}
