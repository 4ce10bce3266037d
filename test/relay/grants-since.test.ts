import { expect, test } from 'vitest';
import { nextBoot } from '../../relay/boot-number.ts';
import { grantsSince } from '../../relay/grants-since.ts';

function keeper() {
  const blobs = new Map<string, Uint8Array>();
  return {
    state: (name: string) => blobs.get(name),
    setState: (name: string, bytes: Uint8Array) => void blobs.set(name, bytes),
    flush: async () => undefined,
  };
}

test('what a version took in that did not look at grants is never said to be checked, also of one that was gone back to', async () => {
  const journal = keeper();
  const start = async (now: number) => {
    const since = grantsSince(journal, now);
    await nextBoot(journal);
    return since;
  };
  // A journal that is new has nothing of another version.
  expect(await start(1000)).toBe(1);
  expect(await start(2000)).toBe(1);
  // The version before counts its starts, and nothing else.
  await nextBoot(journal);
  expect(await start(3000.5)).toBe(3001);
  expect(await start(4000)).toBe(3001);
  await nextBoot(journal);
  await nextBoot(journal);
  expect(await start(5000)).toBe(5000);
  journal.setState('grants', Buffer.from('torn'));
  expect(await start(6000)).toBe(6000);
});
