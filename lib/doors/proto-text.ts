import { readFileSync } from 'node:fs';

/** The text of proto/<name>.proto. A bundle has the texts in place of this file. */
export function protoText(name: string): string {
  return readFileSync(new URL(`../../proto/${name}.proto`, import.meta.url), 'utf8');
}
