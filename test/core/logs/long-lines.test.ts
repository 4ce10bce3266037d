import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { BlockLine } from '../../../core/logs/block.ts';
import { Partition } from '../../../core/logs/partition.ts';
import { PartitionReader } from '../../../core/logs/partition-reader.ts';

test('blocks that are small in lines because the lines are long are merged once, not for ever', () => {
  const folder = mkdtempSync(join(tmpdir(), 'heliograph-long-lines-'));
  const partition = new Partition(folder, 10);
  const frame = { host: 'h', boot: 'b', class: 'log' as const, sequence: 1, instance: 'h', site: 's' };
  const message = 'x'.repeat(50_000);
  let line = 0;
  for (let batch = 1; batch <= 24; batch++) {
    const lines = Array.from({ length: 15 }, (): BlockLine => {
      line++;
      return { time: 36_000_000 + line, message, level: 'info', service: 'a', fields: {}, frame, line };
    });
    partition.write(batch, lines);
  }
  let merges = 0;
  while (merges < 10 && partition.mergeSmall()) merges++;
  expect(merges).toBeGreaterThan(0);
  expect(merges).toBeLessThan(4);
  const reader = PartitionReader.open(folder, 10)!;
  const stored = reader.blocks('', 0, Number.MAX_SAFE_INTEGER).flatMap(({ id }) => reader.lines(id));
  expect(stored.map((one) => one.line).sort((a, b) => a - b)).toEqual(Array.from({ length: line }, (_, i) => i + 1));
  reader.close();
  partition.close();
  rmSync(folder, { recursive: true });
});
