import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LineBatch } from '../collector/core/tail/contract.ts';
import { TRACE_PRESETS } from '../collector/core/tail/stack-traces.ts';
import { Tail } from '../collector/core/tail/tail.ts';
import { createNodeHost } from '../collector/node/host.ts';
import { logLines } from './log-lines.ts';
import type { BenchResult } from './result.ts';

const LINES = 200_000;
const TIME = '2026-11-29T21:40:00.123456789Z';
const TRACE = `2026-11-29 21:40:00 ERROR order failed\njava.lang.IllegalStateException: no stock\n${'\tat com.example.Shop.order(Shop.java:42)\n'.repeat(20)}`;
const multiline = { traces: TRACE_PRESETS, begins: null, lines: 500, bytes: 65_536, waitMs: 0 };

/** CPU seconds a GB of file to records: stack traces of all presets looked for, and what runtimes write around containers' lines taken off. */
export async function run(): Promise<BenchResult[]> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-records-'));
  const lines = Buffer.from(logLines(LINES, 50)).toString('latin1').trimEnd().split('\n');
  const each = (wrap: (line: string) => string): string => lines.map(wrap).join('');
  const files = {
    lines: each((line) => `${line}\n`),
    traces: TRACE.repeat(60_000),
    CRI: each((line) => `${TIME} stdout F ${line}\n`),
    'json-file': each((line) => `${JSON.stringify({ log: `${line}\n`, stream: 'stdout', time: TIME })}\n`),
    hostile: '{"log":"x"}\n2\n'.repeat(2_000_000),
  };
  const cases: [keyof typeof files, boolean, boolean, number][] = [
    ['lines', false, false, 3],
    ['lines', false, true, 6],
    ['traces', false, true, 20],
    ['CRI', true, false, 6],
    ['CRI', true, true, 10],
    ['json-file', true, false, 8],
    ['json-file', true, true, 12],
    ['hostile', true, true, 150],
  ];
  try {
    return cases.map(([name, container, traces, target]) => {
      const path = join(folder, 'app.log');
      writeFileSync(path, files[name]);
      let value = 0;
      // The first pass over the file warms the code up.
      for (let round = 0; round < 2; round++) {
        let bytes = 0;
        let records = 0;
        const consumer = {
          take(batch: LineBatch, answer: () => void) {
            bytes += batch.to - batch.from;
            records += batch.count;
            answer();
          },
          opened: () => undefined,
          closed: () => undefined,
        };
        const format = { container, multiline: traces ? multiline : null };
        const tail = new Tail(createNodeHost(), { paths: [path], formatOf: () => format }, consumer);
        const before = process.cpuUsage();
        while (tail.poll());
        const { user, system } = process.cpuUsage(before);
        tail.stop();
        if (records < 60_000) throw new Error(`${records} records came`);
        value = (user + system) / 1e6 / (bytes / 1e9);
      }
      const note = traces ? 'stack traces of all presets are looked for' : '';
      return { name: `${name}${traces ? ', traces' : ''}`, value, unit: 'CPU s/GB', target, note };
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
