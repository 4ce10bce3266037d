import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { FolderObjects } from '../../../core/objects/folder.ts';
import { objectsContract } from '../../contracts/objects.ts';

const made: string[] = [];
async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'heliograph-objects-'));
  made.push(path);
  return path;
}
afterEach(async () => {
  for (const path of made.splice(0)) await rm(path, { recursive: true, force: true });
});

objectsContract('folder', async () => new FolderObjects(join(await folder(), 'not', 'there', 'yet')));

test('a file that cannot be written is told with its cause, and leaves nothing behind', async () => {
  const path = await folder();
  await writeFile(join(path, 'taken'), 'a file where a directory would have to be');
  const objects = new FolderObjects(path);
  await expect(objects.put('taken/x', new Uint8Array(1))).rejects.toMatchObject({ code: 'HG_OBJECT_DISK' });
  expect(await readdir(path)).toEqual(['taken']);
});
