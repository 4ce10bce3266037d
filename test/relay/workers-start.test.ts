import { createServer } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { systemClock } from '../../lib/clock.ts';
import { silentLog } from '../../lib/log.ts';
import { startWorkers } from '../../relay/workers/supervisor.ts';
import { until } from '../support/until.ts';
import { WorkersPlace } from './workers-place.ts';

let place: WorkersPlace;
afterEach(() => place.close());

test('a relay that cannot start says why in the words of one process, and leaves none behind', async () => {
  place = await new WorkersPlace().open(2);
  const deps = { log: silentLog, clock: systemClock, workerLog: null };
  await expect(startWorkers(place.config, deps)).rejects.toMatchObject({ code: 'HG_STORE_LOCKED' });
  const pids = place.relay!.pids!();
  await place.stop();
  for (const pid of pids) expect(() => process.kill(pid!, 0)).toThrow('ESRCH');

  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const { port } = other.address() as { port: number };
  await expect(place.start(2, { mqtt: { listen: `127.0.0.1:${port}` } })).rejects.toMatchObject({
    code: 'HG_PORT_TAKEN',
    message: expect.stringContaining(`127.0.0.1:${port}; stop the other program`),
  });
  await expect(place.start(2, { http: { listen: `127.0.0.1:${port}` } })).rejects.toMatchObject({
    code: 'HG_PORT_TAKEN',
  });
  await new Promise((resolve) => other.close(resolve));
  // Nothing of those starts holds a folder.
  await place.start(2);
  expect(await place.health()).toMatchObject({ status: 'ok' });
});

test('a worker that is told to end does so in good order, and another takes its place', async () => {
  place = await new WorkersPlace().open(2);
  const { pid } = (await place.health()).workers[1]!;
  const host = await place.connectAt(1, 'h1');
  await host.listen();
  process.kill(pid!, 'SIGTERM');
  await until('the farewell', () => host.controls.some(({ comeBackAfterMs }) => comeBackAfterMs !== undefined));
  await until('the worker again', async () => {
    const worker = (await place.health()).workers[1]!;
    return worker.up && worker.pid !== pid;
  });
  await place.connectAt(1, 'h1');
  expect(place.events('h1')).not.toContain('host_down');
});
