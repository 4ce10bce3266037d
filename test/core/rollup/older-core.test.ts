import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { Account } from '../../../core/ledger/account.ts';
import { DeadLetters } from '../../../core/ledger/dead-letters.ts';
import { LetterBudget } from '../../../core/letters/budget.ts';
import { FolderObjects } from '../../../core/objects/folder.ts';
import type { MetricStore } from '../../../core/ports/metric-store.ts';
import { openState } from '../../../core/state.ts';
import { openFrame } from '../../../proto/frame.ts';
import type { PrometheusAnswer, Vector } from '../../support/core/answers.ts';
import { TestCore } from '../../support/core/core.ts';
import { sketchEntry, windowEntry, windowOf } from '../../support/core/sketches.ts';
import { until } from '../../support/until.ts';

let core: TestCore;
afterEach(() => core.remove());

const ROLLUPS = { rollups: { grace: '1ms' } };
/** Longer ago than a window may be changed. */
const END = Math.floor(Date.now() / 1000) * 1000 - 3_600_000;
const KEPT = { samples: 0, repeated: 0, dropped: {}, frames: { written: 0, repeated: 0 } };

async function counts(time: number): Promise<string[]> {
  const query = { query: '{__name__="took:1s_count_samples"}', time: String(time / 1000) };
  const { data } = await core.get<PrometheusAnswer<Vector>>('/api/v1/query', query);
  return data.result.map(({ value }) => value[1]);
}

test('what an older core could not read of a relay is merged when it is replayed after the upgrade', async () => {
  core = await (await TestCore.make()).start(ROLLUPS);
  await core.stop();
  // As the older one left it.
  const folder = join(core.directory, 'core');
  const state = openState(folder);
  const letters = new DeadLetters(
    new FolderObjects(join(folder, 'objects')),
    state,
    Date.now,
    new LetterBudget(state, 1e6),
  );
  const account = new Account('core', {
    metrics: KEPT as unknown as Awaited<ReturnType<MetricStore['totals']>>,
    logs: { classes: {} } as never,
    waiting: new Map(),
    aside: { dropped: [], repeated: [] },
  });
  const letterOf = (relay: string, values: number) => {
    const { host, received, skew, frame } = windowEntry(windowOf(1, values, END), 1, relay);
    const { boot, sequence } = openFrame(frame).header;
    const what = { class: 'metric', host, relay, site: 'north', received, skew, lane: 'live', frame } as const;
    const id = { host, boot, class: 'metric', sequence } as const;
    return { ...what, id, items: 1, reason: 'undecodable', code: 'HG_WIRE_VALUE', message: 'sketches of 11 parts' };
  };
  await letters.put([letterOf('relay-1', 10), letterOf('relay-2', 7)], account);
  state.close();
  await core.start(ROLLUPS);
  const answer = await fetch(core.url('/api/v1/deadletters/replay'), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ filter: { all: true } }),
  });
  expect(await answer.json()).toMatchObject({ replayed: 2 });
  await until('the window', async () => (await counts(END))[0] === '17');
});

test('sketches of a layout to come are dead letters, and what else a newer relay sends is taken', async () => {
  core = await (await TestCore.make()).start(ROLLUPS);
  const relay = await (await core.relay()).hello();
  const layoutToCome = Uint8Array.of(0x8c, ...new Array(12).fill(0xf6));
  const entries = [sketchEntry(layoutToCome, 1, 1, 'relay-1'), windowEntry(windowOf(1, 5, END), 2, 'relay-1')];
  expect(await relay.deliver('metric', entries)).toEqual({ kind: 'acknowledged' });
  const { letters } = await core.get<{ letters: { reason: string; host: string }[] }>('/api/v1/deadletters');
  expect(letters).toMatchObject([{ host: 'relay-1', reason: 'undecodable' }]);
  await until('the window', async () => (await counts(END))[0] === '5');
});
