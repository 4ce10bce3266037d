import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ownFolder } from '../../lib/own-folder.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'own-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

test('a folder has one owner at a time', () => {
  const folder = join(directory, 'a', 'b');
  const letGo = ownFolder(folder);
  expect(() => ownFolder(folder)).toThrow(expect.objectContaining({ code: 'HG_STORE_LOCKED' }));
  letGo();
  ownFolder(folder)();
});

test('where no folder can be made it says so, and does not try for ever', () => {
  const file = join(directory, 'file');
  writeFileSync(file, '');
  for (const path of [file, join(file, 'x'), '/proc/nope/x']) {
    expect(() => ownFolder(path)).toThrow(expect.objectContaining({ code: 'HG_JOURNAL_DISK' }));
  }
});
