import { copyFileSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { openEmbeddedLogStore } from '../../../core/logs/open.ts';
import { silentLog } from '../../../lib/log.ts';
import { Registry } from '../../../lib/metrics.ts';
import { logFrame, logLine, logQuery } from '../../contracts/log-frames.ts';

const NOW = Date.parse('2026-03-01T12:34:00Z');

test('an hour whose maker was killed with a rollback journal open is read and written after the next start', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'heliograph-logs-'));
  const hour = join(directory, 'lines-2026-03-01T12.db');
  const living = join(directory, 'living.db');
  // A transaction that is half in the file: what a kill leaves before the file has come to have a write-ahead log.
  const database = new DatabaseSync(living);
  database.exec('PRAGMA page_size=8192; PRAGMA cache_size=1; CREATE TABLE early(x); BEGIN');
  const insert = database.prepare('INSERT INTO early VALUES(zeroblob(20000))');
  for (let i = 0; i < 50; i++) insert.run();
  for (const end of ['', '-journal']) copyFileSync(living + end, hour + end);
  database.exec('ROLLBACK');
  database.close();
  expect(statSync(`${hour}-journal`).size).toBeGreaterThan(0);
  expect(() => {
    const reader = new DatabaseSync(hour, { readOnly: true });
    try {
      reader.prepare('SELECT * FROM sqlite_master').all();
    } finally {
      reader.close();
    }
  }).toThrow('readonly');

  const store = await openEmbeddedLogStore({
    directory,
    retention: { days: 15, maxBytes: 1e9 },
    clock: { now: () => NOW, mono: () => performance.now() },
    log: silentLog,
    registry: new Registry(),
  });
  try {
    expect((await store.search(logQuery())).lines).toEqual([]);
    await store.append([logFrame('h1', 1, [logLine(NOW, 'after')])], { topic: 'logs.log', next: '1' });
    expect((await store.search(logQuery())).lines.map((line) => line.message)).toEqual(['after']);
  } finally {
    await store.close();
    rmSync(directory, { recursive: true, force: true });
  }
});
