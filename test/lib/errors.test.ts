import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ERRORS } from '../../lib/errors.ts';

const documented = [...readFileSync('docs/errors.md', 'utf8').matchAll(/^### (HG_[A-Z0-9_]+)$/gm)].map(
  (match) => match[1]!,
);

test('every code of the table has its section in docs/errors.md', () => {
  expect(Object.keys(ERRORS).filter((code) => !documented.includes(code))).toEqual([]);
});

test('docs/errors.md documents no code that is not in the table, and none twice', () => {
  expect(documented.filter((code) => !(code in ERRORS))).toEqual([]);
  expect(documented.filter((code, at) => documented.indexOf(code) !== at)).toEqual([]);
});

test('every code of the table is used somewhere', () => {
  const source = ['cli', 'lib', 'proto', 'collector', 'relay', 'core', 'simulator'].map(read).join('\n');
  const table = readFileSync('lib/errors.ts', 'utf8');
  const used = (code: string) => source.replace(table, '').includes(code);
  expect(Object.keys(ERRORS).filter((code) => !used(code))).toEqual([]);
});

function read(folder: string): string {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => readFileSync(join(folder, file), 'utf8'))
    .join('\n');
}
