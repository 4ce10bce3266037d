import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { rollBack } from '../../../core/disk/roll-back.ts';
import { DayFiles } from '../../../core/metrics/day-files.ts';

/** A file as a kill leaves it in the middle of a transaction, before it has come to have a write-ahead log. */
function cutOff(directory: string, name: string): string {
  const path = join(directory, name);
  const living = join(directory, 'living');
  const database = new DatabaseSync(living);
  database.exec('PRAGMA cache_size=1; CREATE TABLE kept(x); INSERT INTO kept VALUES(1); BEGIN');
  const insert = database.prepare('INSERT INTO kept VALUES(zeroblob(20000))');
  for (let i = 0; i < 50; i++) insert.run();
  for (const end of ['', '-journal']) copyFileSync(living + end, path + end);
  database.exec('ROLLBACK');
  database.close();
  rmSync(living);
  return path;
}

const rows = (path: string) => {
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    return database.prepare('SELECT count(*) AS n FROM kept').get()!.n;
  } finally {
    database.close();
  }
};

test('what was cut off is undone, and the file can be read by those who only read', () => {
  const directory = mkdtempSync(join(tmpdir(), 'heliograph-roll-back-'));
  try {
    const path = cutOff(directory, 'a.db');
    expect(() => rows(path)).toThrow('readonly');
    rollBack(path);
    expect(rows(path)).toBe(1);
    expect(existsSync(`${path}-journal`)).toBe(false);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});

test('a day of samples whose maker was killed so stops no start', () => {
  const directory = mkdtempSync(join(tmpdir(), 'heliograph-roll-back-'));
  try {
    cutOff(directory, 'day-2026-03-01.db');
    const damaged: string[] = [];
    expect(new DayFiles(directory, (_, aside) => damaged.push(aside)).days()).toEqual([]);
    expect(damaged).toEqual([]);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
