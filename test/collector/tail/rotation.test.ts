import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createNodeHost } from '../../../collector/node/host.ts';
import { withPackedFiles } from '../../../collector/node/packed-files.ts';
import { seeded } from '../random.ts';
import { SpoolModel } from './spool-model.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tail-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const LEVELS = ['INFO', 'ERROR', 'DEBUG', 'WARN', ''];

type Rotation = 'rename' | 'copytruncate' | 'recreate' | 'pack' | 'copypack';

/** A program that writes numbered lines, and what happens to its file meanwhile. */
class World {
  readonly random: (below: number) => number;
  readonly path: string;
  readonly model: SpoolModel;
  readonly written: string[] = [];
  readonly happened = new Map<string, number>();
  clock = 0;
  /** Of the files, s. */
  #time = 1_800_000_000;
  #rotations = 0;
  #rest = '';
  #deleted = false;
  #isUp = true;

  constructor(seed: number, pattern: string) {
    this.random = seeded(seed);
    this.path = join(folder, 'app.log');
    this.#empty();
    const host = withPackedFiles(
      createNodeHost({
        mono: () => this.clock,
        now: () => 1_800_000_000_000 + this.clock,
        log: () => undefined,
      }),
    );
    const options = {
      paths: [join(folder, pattern)],
      batchBytes: 2_000,
      maxLineBytes: 1_000,
      idleFlushMs: 1e9,
      buffers: 3,
    };
    this.model = new SpoolModel(host, options, this.random);
    this.model.tail.poll();
  }

  write(lines: number): void {
    let text = this.#rest;
    for (let i = 0; i < lines; i++) {
      const line = `${LEVELS[this.random(5)]} line ${this.written.length} ${'x'.repeat(this.random(80))}`;
      this.written.push(line);
      text += `${line}${this.random(20) === 0 ? '\r' : ''}\n`;
    }
    // Some of the last line comes with the next write.
    const cut = this.random(3) === 0 ? this.random(Math.min(10, text.length)) : 0;
    this.#rest = text.slice(text.length - cut);
    this.#append(this.path, text.slice(0, text.length - cut));
  }

  flush(): void {
    this.#append(this.path, this.#rest);
    this.#rest = '';
  }

  /** One thing of what happens to log files. */
  rotate(kind: Rotation): void {
    this.happened.set(kind, (this.happened.get(kind) ?? 0) + 1);
    if (kind === 'rename') {
      this.#shift();
      renameSync(this.path, `${this.path}.1`);
      if (this.random(2) === 0) {
        // The program goes on writing to the renamed file until it is told.
        this.flushInto(`${this.path}.1`);
        this.#append(`${this.path}.1`, this.#line());
      }
      this.flushInto(`${this.path}.1`);
      this.#empty();
    } else if (kind === 'copytruncate' || kind === 'copypack') {
      this.flush();
      this.#shift();
      copyFileSync(this.path, `${this.path}.1`);
      this.#touch(`${this.path}.1`);
      if (this.random(2) === 0) this.#poll();
      truncateSync(this.path, 0);
      this.#touch(this.path);
      if (this.random(2) === 0) this.#poll();
      if (kind === 'copypack') this.#pack();
    } else if (kind === 'pack') {
      this.flush();
      this.#shift();
      renameSync(this.path, `${this.path}.1`);
      this.#empty();
      if (this.random(2) === 0) this.#poll();
      this.#pack();
    } else {
      this.flush();
      // What is deleted unread can only be read by the descriptor: so the tail must have seen the file.
      this.model.tail.poll();
      this.#deleted = true;
      unlinkSync(this.path);
      this.#empty();
    }
  }

  flushInto(path: string): void {
    this.#append(path, this.#rest);
    this.#rest = '';
  }

  /** What only a descriptor holds (deleted unread) dies with the process, of whatever collector: it is read before. */
  restart(): void {
    if (this.#deleted) this.drain();
    this.#deleted = false;
    this.model.restart();
  }

  /** It goes on while the collector is down. */
  restartLater(kinds: readonly Rotation[]): void {
    this.model.stop();
    this.#isUp = false;
    for (let times = this.random(4); times > 0; times--) {
      this.write(1 + this.random(20));
      if (this.random(2) === 0) this.rotate(kinds[this.random(kinds.length)]!);
    }
    this.#isUp = true;
    this.model.restart();
  }

  #line(): string {
    const line = `late line ${this.written.length}`;
    this.written.push(line);
    return `${line}\n`;
  }

  #shift(): void {
    for (let i = this.#rotations; i >= 1; i--) {
      for (const end of ['', '.gz']) {
        const old = `${this.path}.${i}${end}`;
        if (existsSync(old)) renameSync(old, `${this.path}.${i + 1}${end}`);
      }
    }
    this.#rotations++;
  }

  /** As gzip does it: the packed one has the time of the file that goes. */
  #pack(): void {
    const old = `${this.path}.1`;
    writeFileSync(`${old}.gz`, gzipSync(readFileSync(old)));
    const { atime, mtime } = statSync(old);
    // Not every packer does.
    if (this.random(4) === 0) this.#touch(`${old}.gz`);
    else utimesSync(`${old}.gz`, atime, mtime);
    if (this.random(2) === 0) this.#poll();
    unlinkSync(old);
  }

  #empty(): void {
    writeFileSync(this.path, '');
    this.#touch(this.path);
  }

  #append(path: string, text: string): void {
    appendFileSync(path, text);
    this.#touch(path);
  }

  /** So that what is older than what it saw first would be left unread. */
  #touch(path: string): void {
    this.#time += 10;
    utimesSync(path, this.#time, this.#time);
  }

  #poll(): void {
    if (this.#isUp) this.model.tail.poll();
  }

  drain(): void {
    this.flush();
    for (let idle = 0; idle < 3; ) {
      const before = this.model.lines.length;
      this.model.tail.poll();
      this.model.answerAll();
      this.clock += 100;
      idle = this.model.lines.length === before ? idle + 1 : 0;
    }
  }

  check(): void {
    const got = [...this.model.lines].sort();
    const want = [...this.written].sort();
    if (got.length !== want.length || got.some((line, i) => line !== want[i])) {
      const count = new Map<string, number>();
      for (const line of got) count.set(line, (count.get(line) ?? 0) + 1);
      const missing = want.filter((line) => !count.has(line));
      const twice = [...count].filter(([, n]) => n > 1).map(([line]) => line);
      const wanted = new Set(want);
      const strange = got.filter((line) => !wanted.has(line));
      expect({
        missing: missing.slice(0, 3),
        lost: missing.length,
        twice: twice.slice(0, 3),
        doubled: twice.length,
        strange: strange.slice(0, 3),
        happened: this.happened,
        files: readdirSync(folder),
      }).toBe('every line once');
    }
  }
}

describe('every line once', () => {
  for (const pattern of ['app.log', 'app.log*']) {
    for (const [name, kinds] of [
      ['rename', ['rename']],
      ['copy and truncate', ['copytruncate']],
      ['rename and pack', ['pack']],
      ['copy, truncate and pack', ['copypack']],
      ['delete and recreate', ['recreate']],
      ['all kinds', ['rename', 'copytruncate', 'recreate']],
      ['all but deletion', ['rename', 'copytruncate', 'pack', 'copypack']],
    ] as const) {
      it(`${pattern}, ${name}, slow consumer, kills`, () => {
        // What is deleted, or may be packed under a pattern that knows no packed names, and copies that the pattern matches, must be seen as they are written.
        const seen = pattern !== 'app.log' || (kinds as readonly Rotation[]).includes('recreate');
        let lines = 0;
        for (let seed = 0; seed < 12; seed++) {
          const world = new World(seed, pattern);
          if (!seen && !kinds.some((kind) => kind.startsWith('copy'))) world.model.takeTime();
          for (let step = 0; step < 500; step++) {
            const dice = world.random(100);
            if (dice < 45) world.write(1 + world.random(20));
            else if (dice < 75) world.model.tail.poll();
            else if (dice < 90) world.model.answerOne();
            else if (dice < 93) world.model.checkpoint();
            else if (dice < 95) {
              if (seen) world.restart();
              else world.restartLater(kinds);
            } else if (dice < 98) {
              if (seen) world.model.tail.poll();
              world.rotate(kinds[world.random(kinds.length)]!);
            } else world.clock += 1000;
          }
          world.drain();
          world.check();
          lines += world.written.length;
          world.model.stop();
          rmSync(folder, { recursive: true });
          folder = mkdtempSync(join(tmpdir(), 'tail-'));
        }
        expect(lines).toBeGreaterThan(20_000);
      });
    }
  }
});
