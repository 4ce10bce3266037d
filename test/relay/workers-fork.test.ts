import cluster from 'node:cluster';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { silentLog } from '../../lib/log.ts';
import { Registry } from '../../lib/metrics.ts';
import type { WorkerOrder } from '../../relay/workers/messages.ts';
import { Slot } from '../../relay/workers/slot.ts';
import { until } from '../support/until.ts';

const CHILD = `process.on('message', ({ kind }) => {
  if (kind === 'start') process.send({ kind: 'ready', port: 1, hosts: [] });
  if (kind === 'stop') process.exit(0);
});`;
const folder = mkdtempSync(join(tmpdir(), 'fork-'));
const node = process.execPath;
let slot: Slot;

afterEach(async () => {
  process.execPath = node;
  vi.restoreAllMocks();
  await slot.stop();
  rmSync(folder, { recursive: true, force: true });
});

test('a fork that fails counts as an end and is tried again, whether it throws or gives no process', async () => {
  const exec = join(folder, 'child.mjs');
  writeFileSync(exec, CHILD);
  cluster.setupPrimary({ exec, args: [], execArgv: [], serialization: 'advanced' });
  let downs = 0;
  slot = new Slot({
    order: { worker: 0 } as WorkerOrder,
    events: { onUp: () => undefined, onDown: () => void downs++, onMessage: () => undefined },
    log: silentLog,
    restarts: new Registry().counter('restarts_total', 'Restarts.'),
    now: () => performance.now(),
  });
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
