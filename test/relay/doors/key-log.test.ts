import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
import type { JournalFiles } from '../../../lib/journal/contract.ts';
import { nodeFiles } from '../../../lib/node-files.ts';
import { KeyLog } from '../../../relay/doors/key-log.ts';

const directory = mkdtempSync(join(tmpdir(), 'key-log-'));
afterAll(() => rmSync(directory, { recursive: true }));
const path = join(directory, 'keys.log');
beforeEach(() => rmSync(path, { force: true }));

const refuse = () => Promise.reject(Object.assign(new Error('no room'), { code: 'ENOSPC' }));

/** A disk that refuses one step of writing the log anew, once. */
function refusing(step: 'open' | 'write' | 'sync' | 'rename' | 'syncDirectory' | 'reopen'): JournalFiles {
  let refused = false;
  const once =
    <A extends unknown[], R>(name: string, act: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      if (name !== step || refused) return act(...args);
      refused = true;
      return refuse();
    };
  const openNew = once('open', nodeFiles.open);
  const reopen = once('reopen', nodeFiles.open);
  let opened = 0;
  return {
    ...nodeFiles,
    rename: once('rename', nodeFiles.rename),
    syncDirectory: once('syncDirectory', nodeFiles.syncDirectory),
    open: async (name, create) => {
      if (!name.endsWith('.new')) return create && opened++ > 0 ? reopen(name, create) : nodeFiles.open(name, create);
      const file = await openNew(name, create);
      const { write, sync } = file;
      return Object.assign(file, { write: once('write', write.bind(file)), sync: once('sync', sync.bind(file)) });
    },
  };
}

async function valuesThere(): Promise<unknown[]> {
  const { log, values } = await KeyLog.open(nodeFiles, path);
  await log.close();
  return values;
}

test.for(['open', 'write', 'sync', 'rename'] as const)(
  'a log that a disk does not take anew (%s) goes on as it was',
  async (step) => {
    const { log } = await KeyLog.open(refusing(step), path);
    await log.append('a');
    const replaced = log.replace(['a']);
    const meanwhile = log.append('b');
    await expect(replaced).rejects.toMatchObject({ code: 'ENOSPC' });
    await meanwhile;
    await log.append('c');
    expect(readdirSync(directory)).toEqual(['keys.log']);
    expect(await valuesThere()).toEqual(['a', 'b', 'c']);
    await log.replace(['c']);
    await log.append('d');
    await log.close();
    expect(await valuesThere()).toEqual(['c', 'd']);
  },
);

test.for(['syncDirectory', 'reopen'] as const)(
  'a log written anew that cannot be turned to (%s) is at the next append',
  async (step) => {
    await (await KeyLog.open(nodeFiles, path)).log.close();
    const { log } = await KeyLog.open(refusing(step), path);
    await log.append('a');
    const replaced = log.replace(['b']);
    await expect(replaced).rejects.toMatchObject({ code: 'ENOSPC' });
    await log.append('c');
    await log.close();
    expect(await valuesThere()).toEqual(['b', 'c']);
  },
);

test('what is appended when a log is about to be written anew is not written beside it', async () => {
  const { log } = await KeyLog.open(nodeFiles, path);
  const known = new Set<string>();
  const append = (value: string) => {
    known.add(value);
    return log.append(value);
  };
  // Who appended goes on before who waits for the end of the writing.
  const next = append('a').then(() => append('b'));
  await Promise.all([log.replace(known), next]);
  await append('c');
  await log.close();
  expect(await valuesThere()).toEqual(['a', 'b', 'c']);
});
