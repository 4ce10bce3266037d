import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { until } from '../support/until.ts';
import { eventFrame } from './setup.ts';
import { WorkersPlace } from './workers-place.ts';

let place: WorkersPlace;
afterEach(() => place.close());

/** A file where a worker's journal should be: it cannot be opened, whoever tries. */
function breakJournal(folder: string): string {
  const journal = join(place.directory, 'relay', folder, 'journal');
  mkdirSync(join(place.directory, 'relay', folder), { recursive: true });
  rmSync(journal, { recursive: true, force: true });
  writeFileSync(journal, '');
  return journal;
}

test('a folder that cannot be opened is its worker’s trouble alone: the others serve, and it stands when it is mended', async () => {
  place = await new WorkersPlace().open(2);
  await place.stop();
  const journal = breakJournal('worker-1');
  await place.start(2);
  const health = await place.health();
  expect(health).toMatchObject({
    status: 'degraded',
    workers: [
      { worker: 0, up: true },
      { worker: 1, up: false },
    ],
  });
  expect(health.workers[1]!.why).toContain('HG_JOURNAL_DISK');
  expect(health.workers[1]!.why).toContain(journal);
  expect(place.errors[0]).toContain('a worker cannot start; the others serve');
  expect(place.errors[0]).toContain('HG_JOURNAL_DISK');
  const host = await place.connectAt(0, 'h1');
  await host.publish('log', eventFrame(1, { class: 'log' }));
  await until('further tries', async () => (await place.health()).workers[1]!.restarts >= 2);

  rmSync(journal);
  await until('the worker stands', async () => (await place.health()).status === 'ok');
  await place.connectAt(1, 'h1');
});

test('where no worker can open its folder the relay does not start', async () => {
  place = await new WorkersPlace().open(2);
  await place.stop();
  for (const folder of ['.', 'worker-1']) breakJournal(folder);
  await expect(place.start(2)).rejects.toMatchObject({ code: 'HG_JOURNAL_DISK' });
});
