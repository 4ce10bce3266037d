import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openEmbeddedLogStore } from '../../core/logs/open.ts';
import { silentLog } from '../../lib/log.ts';
import { Registry } from '../../lib/metrics.ts';
import { exportLines, logQuery } from '../contracts/log-frames.ts';
import { killedWriter } from '../support/kill-rounds.ts';
import { crashFrame, NOW } from './logs/crash-frames.ts';

const ROUNDS = process.env.HELIOGRAPH_LONG === '1' ? 60 : 4;
const writer = new URL('./logs/crash-writer.ts', import.meta.url).pathname;

test('kill -9 while it writes: lines, frames and the position on the bus agree after every restart, and nothing acknowledged is gone', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'heliograph-crash-'));
  const acknowledgements = `${directory}.acknowledged`;
  let last = 0;
  try {
    for (let round = 0; round < ROUNDS; round++) {
      const acknowledged = await killedWriter(
        [writer, directory, `${last + 1}`],
        acknowledgements,
        20 + ((round * 137) % 600),
        (round % 3) * 5,
      );
      const store = await openEmbeddedLogStore({
        directory,
        retention: { days: 15, maxBytes: 1e10 },
        clock: { now: () => NOW, mono: () => performance.now() },
        log: silentLog,
        registry: new Registry(),
      });
      // 0: it was killed before its first commit.
      last = Number((await store.positions())['logs.log'] ?? 0);
      expect(last).toBeGreaterThanOrEqual(Math.max(0, ...acknowledged));
      expect(await store.sequences()).toMatchObject(last === 0 ? [] : [{ ranges: [[1, last]] }]);
      const lines = (await exportLines(store)).map((line) => `${line.id} ${line.message}`).sort();
      const want = Array.from({ length: last }, (_, i) => crashFrame(i + 1)).flatMap((frame) =>
        frame.lines.map((line, i) => `h1/${frame.id.boot}/log/${frame.id.sequence}/${i} ${line.message}`),
      );
      expect(lines).toEqual(want.sort());
      expect(await store.totals()).toMatchObject({ lines: last * 7, repeated: 0 });
      expect((await store.search(logQuery({ text: `f${last}` }))).lines).toHaveLength(last === 0 ? 0 : 7);
      await store.close();
    }
    expect(last).toBeGreaterThan(ROUNDS);
  } finally {
    rmSync(directory, { recursive: true, force: true });
    rmSync(acknowledgements, { force: true });
  }
}, 600_000);
