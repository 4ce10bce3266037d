import { type HexText, hex } from '../proto/hash.ts';
import { TextMemory } from '../proto/text-memory.ts';
import type { Utf8 } from '../proto/utf8.ts';

/** Hashes and boots as text. One memory for all of the relay, so that a name is one string from the socket to the core. */
export const knownHex: HexText = new TextMemory(hex).text;

/** Host names. */
export const knownHost: Utf8 = new TextMemory((bytes, from, to) =>
  Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString('utf8'),
).text;
