import { appendFileSync, copyFileSync, mkdtempSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FileFormat } from '../../../collector/core/tail/file-format.ts';
import { createNodeHost } from '../../../collector/node/host.ts';
import { seeded } from '../random.ts';
import { SpoolModel } from './spool-model.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'records-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

type Random = (below: number) => number;
const LEVELS = ['INFO', 'ERROR', 'DEBUG', 'WARN', ''];
const MULTILINE = { traces: ['java'] as const, begins: null, lines: 8, bytes: 600, waitMs: 1000 };

/** How a program's lines come into the file. */
interface Form {
  readonly format: FileFormat;
  /** Bytes for the lines of two streams, as they came. */
  write(random: Random, lines: readonly { stream: number; text: string }[], time: number): string;
}

const stamp = (time: number): string => new Date(1_800_000_000_000 + time).toISOString().replace('Z', '123456Z');
/** A runtime's pieces of lines of both streams, mixed as they come. */
function pieces(
  random: Random,
  lines: readonly { stream: number; text: string }[],
): { stream: number; text: string; last: boolean }[] {
  const queues = [0, 1].map((stream) =>
    lines.flatMap((line) => {
      if (line.stream !== stream) return [];
      const cut = random(3) === 0 ? 1 + random(line.text.length) : line.text.length;
      const parts = [line.text.slice(0, cut), line.text.slice(cut)].filter((part) => part !== '');
      return parts.map((text, i) => ({ stream, text, last: i === parts.length - 1 }));
    }),
  );
  const all = [];
  while (queues.some((queue) => queue.length > 0)) {
    const queue = queues[random(2)]!;
    const next = queue.shift();
    if (next !== undefined) all.push(next);
  }
  return all;
}
const name = (stream: number): string => (stream === 0 ? 'stdout' : 'stderr');
const FORMS: Record<string, Form> = {
  lines: {
    format: { container: false, multiline: MULTILINE },
    write: (_, lines) => lines.map(({ text }) => `${text}\n`).join(''),
  },
  CRI: {
    format: { container: true, multiline: null },
    write: (random, lines, time) =>
      pieces(random, lines)
        .map(({ stream, text, last }) => `${stamp(time)} ${name(stream)} ${last ? 'F' : 'P'} ${text}\n`)
        .join(''),
  },
  'json-file': {
    format: { container: true, multiline: null },
    write: (random, lines, time) =>
      pieces(random, lines)
        .map(
          ({ stream, text, last }) =>
            `${JSON.stringify({ log: last ? `${text}\n` : text, stream: name(stream), time: stamp(time) })}\n`,
        )
        .join(''),
  },
};
FORMS['CRI with traces'] = { ...FORMS.CRI!, format: { container: true, multiline: MULTILINE } };
FORMS['json-file with traces'] = { ...FORMS['json-file']!, format: { container: true, multiline: MULTILINE } };

describe('every line once, in records', () => {
  for (const [of, form] of Object.entries(FORMS)) {
    it(`of ${of}: rotations, slow consumer, kills`, () => {
      let total = 0;
      let joined = 0;
      for (let seed = 0; seed < 25; seed++) {
        const random = seeded(seed);
        let clock = 0;
        const path = join(folder, 'app.log');
        writeFileSync(path, '');
        const host = createNodeHost({ mono: () => clock, now: () => 1_800_000_000_000 + clock, log: () => undefined });
        const options = {
          paths: [join(folder, 'app.log*')],
          batchBytes: 10_000,
          maxLineBytes: 4_000,
          idleFlushMs: 1e9,
          buffers: 3,
          formatOf: () => form.format,
        };
        const model = new SpoolModel(host, options, random);
        model.tail.poll();
        const written: string[] = [];
        let rest = '';
        const write = (): void => {
          const lines: { stream: number; text: string }[] = [];
          for (let i = 1 + random(10); i > 0; i--) {
            const stream = random(3) === 0 ? 1 : 0;
            const say = (text: string) => {
              lines.push({ stream, text });
              written.push(text);
            };
            say(`${LEVELS[random(5)]} line ${written.length} "\\u00e9 ${'x'.repeat(random(120))}`);
            if (random(4) === 0) for (let n = random(14); n > 0; n--) say(`\tat frame.of(${written.length})`);
          }
          clock += random(400);
          const text = rest + form.write(random, lines, clock);
          const cut = random(3) === 0 ? random(Math.min(40, text.length)) : 0;
          rest = text.slice(text.length - cut);
          appendFileSync(path, text.slice(0, text.length - cut));
        };
        const flush = (): void => {
          appendFileSync(path, rest);
          rest = '';
        };
        let rotations = 0;
        const rotate = (): void => {
          flush();
          model.tail.poll();
          for (let i = rotations; i >= 1; i--) renameSync(`${path}.${i}`, `${path}.${i + 1}`);
          rotations++;
          if (random(2) === 0) {
            renameSync(path, `${path}.1`);
            writeFileSync(path, '');
          } else {
            copyFileSync(path, `${path}.1`);
            truncateSync(path, 0);
          }
        };
        for (let step = 0; step < 400; step++) {
          const dice = random(100);
          if (dice < 45) write();
          else if (dice < 75) model.tail.poll();
          else if (dice < 90) model.answerOne();
          else if (dice < 93) model.checkpoint();
          else if (dice < 96) model.restart();
          else if (dice < 98) rotate();
          else clock += 1500;
        }
        flush();
        for (let idle = 0; idle < 5; ) {
          const before = model.lines.length;
          clock += 3000;
          model.tail.poll();
          model.answerAll();
          idle = model.lines.length === before ? idle + 1 : 0;
        }
        const got = model.lines.flatMap((record) => record.split('\n')).sort();
        const want = [...written].sort();
        if (got.length !== want.length || got.some((line, i) => line !== want[i])) {
          const wanted = new Set(want);
          const had = new Set(got);
          const twice = got.filter((line, i) => line === got[i - 1]);
          expect({
            seed,
            missing: want.filter((line) => !had.has(line)).slice(0, 3),
            twice: twice.slice(0, 3),
            strange: got.filter((line) => !wanted.has(line)).slice(0, 3),
          }).toBe('every line once');
        }
        total += written.length;
        joined += model.lines.filter((record) => record.includes('\n')).length;
        model.stop();
        rmSync(folder, { recursive: true });
        folder = mkdtempSync(join(tmpdir(), 'records-'));
      }
      expect(total).toBeGreaterThan(20_000);
      expect(joined > 500).toBe(form.format.multiline !== null);
    });
  }
});
