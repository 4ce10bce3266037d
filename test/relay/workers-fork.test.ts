import cluster from 'node:cluster';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, expect, test, vi } from 'vitest';
import { silentLog } from '../../lib/log.ts';
import { Registry } from '../../lib/metrics.ts';
import { BEAT_MS, PATIENCE } from '../../relay/workers/heartbeat.ts';
import type { WorkerOrder } from '../../relay/workers/messages.ts';
import { Slot } from '../../relay/workers/slot.ts';
import { until } from '../support/until.ts';

/** Asked for a page, it says first that its disk has not answered for so many ms as the page's name says. */
const CHILD = `process.on('message', ({ kind, id, path }) => {
  if (kind === 'start') process.send({ kind: 'ready', port: 1, hosts: [] });
  if (kind === 'page') {
    process.send({ kind: 'beat', diskMs: Number(path) });
    process.send({ kind: 'answer', id, value: null });
  }
  if (kind === 'stop') process.exit(0);
});`;
const folder = mkdtempSync(join(tmpdir(), 'fork-'));
const node = process.execPath;
let slot: Slot;
let downs = 0;

function openSlot(registry: Registry): Slot {
  const exec = join(folder, 'child.mjs');
  writeFileSync(exec, CHILD);
  cluster.setupPrimary({ exec, args: [], execArgv: [], serialization: 'advanced' });
  downs = 0;
  return new Slot({
    order: { worker: 0 } as WorkerOrder,
    events: { onUp: () => undefined, onDown: () => void downs++, onMessage: () => undefined },
    log: silentLog,
    restarts: registry.counter('restarts_total', 'Restarts.'),
    hangs: registry.counter('hangs_total', 'Hangs.'),
    patience: PATIENCE,
    now: () => performance.now(),
  });
}

afterEach(async () => {
  process.execPath = node;
  vi.restoreAllMocks();
  await slot.stop();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('a fork that fails counts as an end and is tried again, whether it throws or gives no process', async () => {
  slot = openSlot(new Registry());
  await slot.start();

  process.execPath = join(folder, 'no-such-program');
  process.kill(slot.pid!, 'SIGKILL');
  await until('a fork that gives no process is tried again', () => slot.restarts >= 2);
  process.execPath = node;
  await until('the worker stands', () => slot.up);

  const before = slot.restarts;
  vi.spyOn(cluster, 'fork').mockImplementationOnce(() => {
    throw new Error('no process to be had');
  });
  process.kill(slot.pid!, 'SIGKILL');
  await until('a fork that throws is tried again', () => slot.restarts >= before + 2);
  await until('the worker stands', () => slot.up);
  expect(downs).toBe(slot.restarts);
});

test('a worker whose disk is slow goes on; one whose disk does not answer is ended, and started again when it is gone', async () => {
  const registry = new Registry();
  slot = openSlot(registry);
  await slot.start();
  const { pid } = slot;
  const diskWaits = (ms: number) => slot.ask((id) => ({ kind: 'page', id, path: String(ms) }));
  await diskWaits(PATIENCE.diskMs);
  slot.look();
  expect([slot.up, slot.pid, slot.why]).toEqual([true, pid, null]);
  // Nobody waits anew for what it has on disk.
  expect(slot.awaySince).toBeLessThan(performance.now() - PATIENCE.diskMs + 1000);

  await diskWaits(PATIENCE.diskMs + 1);
  slot.look();
  expect(slot.up).toBe(false);
  expect(slot.why).toBe(
    'HG_RELAY_HUNG: A worker of the relay hangs and is ended: worker 0: its disk did not answer for 60 s',
  );
  slot.look();
  expect(registry.render()).toContain('hangs_total{worker="0",cause="disk"} 1\n');
  await until('the next', () => slot.up);
  expect(slot.pid).not.toBe(pid);
  expect([slot.restarts, downs, slot.why]).toEqual([1, 1, null]);
});

test('a worker that stops as soon as it stands is one that stood: it is given the time of a loop, not that of a start', async () => {
  const registry = new Registry();
  slot = openSlot(registry);
  await slot.start();
  for (let look = 0; look < PATIENCE.loopMs / BEAT_MS; look++) slot.look();
  expect(slot.up).toBe(true);
  slot.look();
  expect(slot.up).toBe(false);
  expect(registry.render()).toContain('hangs_total{worker="0",cause="loop"} 1\n');
  await until('the next', () => slot.up);
});
