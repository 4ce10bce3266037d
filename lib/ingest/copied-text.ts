import { Buffer } from 'node:buffer';

/** The same text in memory of its own: a part of a text keeps all of it. */
export function copiedText(text: string): string {
  return Buffer.from(text, 'utf8').toString('utf8');
}
