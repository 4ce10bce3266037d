import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { LineBatch } from '../../../collector/core/tail/contract.ts';
import { Tail } from '../../../collector/core/tail/tail.ts';
import { createNodeHost } from '../../../collector/node/host.ts';

const LINES = 200_000;

it('a program writes and rotates at full speed, the consumer is slow: every line once', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tail-'));
  const path = join(folder, 'app.log');
  const host = createNodeHost({ log: () => undefined });
  const seen = new Uint8Array(LINES);
  let lines = 0;
  let strange = 0;
  const consumer = {
    take(batch: LineBatch, answer: () => void) {
      for (let i = 0; i < batch.count; i++) {
        const match = /^(?:ERROR|INFO) line (\d+) of a program$/.exec(
          host.utf8(batch.bytes, batch.starts[i]!, batch.ends[i]!),
        );
        if (match === null) strange++;
        else {
          seen[Number(match[1])]! += 1;
          lines++;
        }
      }
      // As late as a disk under load.
      setTimeout(answer, 3);
    },
    opened: () => undefined,
    closed: () => undefined,
  };
  const tail = new Tail(
    host,
    { paths: [path], pollMs: 10, batchBytes: 32 * 1024, maxLineBytes: 1024, buffers: 2 },
    consumer,
  );
  tail.start();
  const writer = spawn(process.execPath, [join(import.meta.dirname, 'writer.ts'), path, String(LINES)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  writer.on('message', () => {
    tail.poll();
    writer.send('seen');
  });
  try {
    const [code] = await once(writer, 'exit');
    expect(code).toBe(0);
    const deadline = Date.now() + 30_000;
    while (lines < LINES && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 10));
    expect({ lines, strange, once: seen.every((count) => count === 1), lost: tail.stats.lostBytes }).toEqual({
      lines: LINES,
      strange: 0,
      once: true,
      lost: 0,
    });
    expect(tail.stats.truncations).toBeGreaterThan(5);
  } finally {
    tail.stop();
    writer.kill();
    rmSync(folder, { recursive: true, force: true });
  }
});
