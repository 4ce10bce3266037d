import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { silentLog } from '../../lib/log.ts';
import type { Directory } from '../../relay/workers/directory.ts';
import { Emptying } from '../../relay/workers/emptying.ts';
import type { ToWorker } from '../../relay/workers/messages.ts';
import type { WorkerPages } from '../../relay/workers/pages.ts';
import { folderOf } from '../../relay/workers/share.ts';
import type { Slot } from '../../relay/workers/slot.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'emptying-'));
  mkdirSync(folderOf(home, 1));
});
afterEach(() => rmSync(home, { recursive: true }));

/** A folder with nothing to deliver, and a core that hears its last account or does not. */
function place() {
  const core = { hears: false };
  const warnings: unknown[] = [];
  const ask = async (make: (id: number) => ToWorker) =>
    make(1).kind === 'farewell' ? core.hears : { body: JSON.stringify({ entries: [] }) };
  const slots = new Map<number, Slot>(
    [0, 1].map((worker) => {
      const slot = { worker, takesIn: worker === 0, up: true, ask, stop: async () => undefined };
      return [worker, slot as unknown as Slot];
    }),
  );
  const emptying = new Emptying({
    home,
    slots,
    directory: { heldBy: () => [] } as unknown as Directory,
    pages: { keepLast: async () => undefined, ended: () => undefined } as unknown as WorkerPages,
    log: { ...silentLog, warn: (_message, facts) => void warnings.push(facts) },
  });
  const look = async () => {
    emptying.look();
    await nextTurn();
  };
  return { core, warnings, slots, look };
}

test('a core that is away is waited for, and told of once', async () => {
  const { core, warnings, slots, look } = place();
  for (let looks = 0; looks < 5; looks++) await look();
  expect(warnings).toEqual([{ worker: 1, error: expect.stringContaining('the core has not heard') }]);
  expect(existsSync(join(folderOf(home, 1), 'emptied'))).toBe(false);
  core.hears = true;
  await look();
  expect([...slots.keys()]).toEqual([0]);
  expect(existsSync(join(folderOf(home, 1), 'emptied'))).toBe(true);
});
