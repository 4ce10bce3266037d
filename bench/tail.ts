import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LineBatch } from '../collector/core/tail/contract.ts';
import { Tail } from '../collector/core/tail/tail.ts';
import { createNodeHost } from '../collector/node/host.ts';
import { classOfLevel, type LineFacts, readLineFacts } from '../lib/log-lines/level.ts';
import { cardMask } from '../lib/mask/cards.ts';
import { MaskStage } from '../lib/mask/mask.ts';
import { LINE_BYTES, logLines } from './log-lines.ts';
import type { BenchResult } from './result.ts';

const LINES = 600_000;

/** CPU seconds a GB from file to lines, and with masking, level and time. Encoding and the spool come on top: they have their own. */
export async function run(): Promise<BenchResult[]> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-tail-'));
  const path = join(folder, 'app.log');
  writeFileSync(path, logLines(LINES, 50));
  const host = createNodeHost();
  const facts: LineFacts = { level: '', time: 0 };
  const mask = new MaskStage(host, [cardMask()]);
  const now = Date.now();
  let errors = 0;
  const read = (batch: LineBatch): void => {
    for (let i = 0; i < batch.count; i++) {
      readLineFacts(batch.bytes, batch.starts[i]!, batch.ends[i]!, now, 0, facts);
      if (classOfLevel(facts.level) === 'error') errors++;
    }
  };
  const masked = (batch: LineBatch): void => {
    mask.bytes(batch.bytes);
    read(batch);
  };
  const stages: [string, number, (batch: LineBatch) => void][] = [
    ['tail', 3, () => undefined],
    ['tail, level and time', 6, read],
    ['tail, mask, level and time', 8, masked],
  ];
  try {
    return stages.map(([name, target, stage]) => {
      // The first pass over the file warms the code up.
      let value = 0;
      for (let round = 0; round < 2; round++) {
        let lines = 0;
        errors = 0;
        const consumer = {
          take(batch: LineBatch, answer: () => void) {
            stage(batch);
            lines += batch.count;
            answer();
          },
          opened: () => undefined,
          closed: () => undefined,
        };
        const tail = new Tail(host, { paths: [path] }, consumer);
        const before = process.cpuUsage();
        while (tail.poll());
        const { user, system } = process.cpuUsage(before);
        tail.stop();
        if (lines !== LINES) throw new Error(`${lines} lines came of ${LINES}`);
        if (stage !== stages[0]![2] && errors !== LINES / 8) throw new Error(`${errors} errors were seen`);
        value = (user + system) / 1e6 / ((LINES * LINE_BYTES) / 1e9);
      }
      return { name, value, unit: 'CPU s/GB', target, note: `lines of ${LINE_BYTES} bytes, a card in one of fifty` };
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
