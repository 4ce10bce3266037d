import { hex } from '../proto/hash.ts';
import { TextMemory } from '../proto/text-memory.ts';

/** Hashes and boots as text. One memory for all of the relay, so that a name is one string from the socket to the core. */
export const knownHex: (bytes: Uint8Array) => string = new TextMemory(hex).text;

/** Host names. */
export const knownHost: (bytes: Uint8Array) => string = new TextMemory((bytes) =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'),
).text;
