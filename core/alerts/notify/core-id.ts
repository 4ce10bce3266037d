import type { DatabaseSync } from 'node:sqlite';

/** What names this core among those beside it, over its restarts: as long as its database. @param make a new one */
export function coreId(database: DatabaseSync, make: () => string): string {
  database.exec('CREATE TABLE IF NOT EXISTS notify_core (id TEXT NOT NULL)');
  const row = database.prepare('SELECT id FROM notify_core').get() as { id: string } | undefined;
  if (row) return row.id;
  const id = make();
  database.prepare('INSERT INTO notify_core VALUES (?)').run(id);
  return id;
}
