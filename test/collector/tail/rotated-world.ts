import {
  appendFileSync,
  copyFileSync,
  existsSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { createNodeHost } from '../../../collector/node/host.ts';
import { withPackedFiles } from '../../../collector/node/packed-files.ts';
import { seeded } from '../random.ts';
import { SpoolModel } from './spool-model.ts';

const LEVELS = ['INFO', 'ERROR', 'DEBUG', 'WARN', ''];

/** `delete`: and made anew, with the inode of the one before where nobody has that open. `link`: of files with a number in their name, to the newest. */
export type Rotation = 'rename' | 'copytruncate' | 'pack' | 'copypack' | 'delete' | 'link';

/** How a collector fares with it: what must be read by descriptor, and whether it may be killed at any moment. */
export interface WorldOptions {
  readonly folder: string;
  /** Of names, below the folder. */
  readonly pattern: string;
  readonly kinds: readonly Rotation[];
}

/**
 * A program that writes numbered lines, and what happens to its file, whoever looks: a look, a kill or a longer absence of the collector may come between any two
 * things that are done to files, and what was not durable then is forgotten.
 */
export class RotatedWorld {
  readonly random: (below: number) => number;
  readonly model: SpoolModel;
  readonly written: string[] = [];
  readonly happened: string[] = [];
  readonly #path: string;
  readonly #kinds: readonly Rotation[];
  #clock = 0;
  /** Of the files, ms. */
  #time = 1_800_000_000_000;
  /** Rotated files that stand there, at most. */
  #rotations = 0;
  /** What is on its way to the file: some of a line may be written. */
  #rest = '';
  /** Lines that only a descriptor holds. */
  #isDeleted = false;
  #isUp = true;

  constructor(seed: number, { folder, pattern, kinds }: WorldOptions) {
    this.random = seeded(seed);
    this.#path = join(folder, 'app.log');
    this.#kinds = kinds;
    if (kinds.includes('link')) this.#linkToNew();
    else this.#empty();
    const host = withPackedFiles(
      createNodeHost({
        mono: () => this.#clock,
        now: () => 1_800_000_000_000 + this.#clock,
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
    // What was never known to exist is not missed.
    this.#poll();
    this.model.takeTime();
  }

  /** One thing that happens. */
  step(): void {
    const dice = this.random(100);
    if (dice < 45) this.#write(1 + this.random(20));
    else if (dice < 70) this.#poll();
    else if (dice < 85) this.#isUp && this.model.answerOne();
    else if (dice < 88) this.#isUp && this.model.checkpoint();
    else if (dice < 91) this.#moment();
    else if (dice < 97) this.#rotate(this.#kinds[this.random(this.#kinds.length)]!);
    else this.#clock += this.random(10) === 0 ? 700_000 : 1_000;
  }

  /** Until nothing more comes. */
  drain(): void {
    if (!this.#isUp) this.#restart();
    this.#append(this.#path, this.#rest);
    this.#rest = '';
    this.#readAll();
  }

  /** What is wrong, or null if each line came once. */
  wrong(): string | null {
    const count = new Map<string, number>();
    for (const line of this.model.lines) count.set(line, (count.get(line) ?? 0) + 1);
    const missing = this.written.filter((line) => !count.has(line));
    const doubled = [...count].filter(([, times]) => times > 1).map(([line]) => line);
    const known = new Set(this.written);
    const strange = [...count.keys()].filter((line) => !known.has(line));
    if (missing.length + doubled.length + strange.length === 0) return null;
    return JSON.stringify({
      missing: [missing.length, missing[0]],
      doubled: [doubled.length, doubled[0]],
      strange: strange.slice(0, 3),
      happened: this.happened.join(', '),
    });
  }

  #write(lines: number): void {
    let text = this.#rest;
    for (let i = 0; i < lines; i++) {
      const line = `${LEVELS[this.random(5)]} line ${this.written.length} ${'x'.repeat(this.random(80))}`;
      this.written.push(line);
      text += `${line}${this.random(20) === 0 ? '\r' : ''}\n`;
    }
    // Some of the last line comes with the next write.
    const cut = this.random(3) === 0 ? this.random(Math.min(10, text.length)) : 0;
    this.#rest = text.slice(text.length - cut);
    this.happened.push(`to ${this.written.length}`);
    this.#append(this.#path, text.slice(0, text.length - cut));
  }

  #rotate(kind: Rotation): void {
    this.happened.push(kind);
    if (kind === 'delete') this.#deleteFile();
    else if (kind === 'link') {
      const before = `${this.#path}.${this.#rotations}`;
      if (this.random(2) === 0) this.#writeLate(before);
      this.#append(before, this.#rest);
      this.#rest = '';
      this.#linkToNew();
      if (this.random(3) === 0) this.#pack(before);
    } else {
      const copies = kind.startsWith('copy');
      const late = !copies && this.random(2) === 0;
      if (!late) this.#flush(this.#path);
      this.#moment();
      this.#shift();
      const old = `${this.#path}.1`;
      if (copies) {
        copyFileSync(this.#path, old);
        this.#touch(old);
        this.#moment();
        truncateSync(this.#path, 0);
        this.#touch(this.#path);
      } else {
        renameSync(this.#path, old);
        this.#moment();
        // The program goes on writing to the renamed file until it is told.
        if (late) this.#writeLate(old);
        this.#flush(old);
        this.#empty();
      }
      this.#moment();
      if (kind === 'pack' || kind === 'copypack') this.#pack(old);
    }
  }

  /** What is deleted before it was opened, or is read by nobody as its reader ends, is lost to everybody. */
  #deleteFile(): void {
    this.#flush(this.#path);
    if (!this.#isUp) return;
    if (this.random(2) === 0) {
      this.#poll();
      this.#isDeleted = true;
    } else this.#readAll();
    unlinkSync(this.#path);
    if (this.random(2) === 0) this.#moment();
    this.#empty();
  }

  /** A look, a kill, a collector that is down for a while, or nothing. */
  #moment(): void {
    const dice = this.random(8);
    if (dice < 3) this.#poll();
    else if (dice === 3) this.#restart();
    else if (dice === 4) this.#stop();
  }

  #restart(): void {
    this.#stop();
    this.happened.push('started');
    this.model.restart();
    this.#isUp = true;
    this.#poll();
  }

  #stop(): void {
    if (!this.#isUp) return;
    if (this.#isDeleted) this.#readAll();
    this.#isDeleted = false;
    this.happened.push('killed');
    this.model.stop();
    this.#isUp = false;
  }

  #poll(): void {
    if (!this.#isUp) return;
    this.happened.push('look');
    this.model.tail.poll();
  }

  #readAll(): void {
    this.happened.push('all read');
    for (let idle = 0; idle < 3; ) {
      const before = this.model.lines.length;
      this.model.tail.poll();
      this.model.answerAll();
      this.#clock += 100;
      idle = this.model.lines.length === before ? idle + 1 : 0;
    }
  }

  #writeLate(path: string): void {
    const line = `late line ${this.written.length}`;
    this.written.push(line);
    this.#rest += `${line}\n`;
    this.#flush(path);
  }

  #flush(path: string): void {
    this.#append(path, this.#rest);
    this.#rest = '';
  }

  #shift(): void {
    for (let i = this.#rotations; i >= 1; i--)
      for (const end of ['', '.gz']) {
        const old = `${this.#path}.${i}${end}`;
        if (existsSync(old)) renameSync(old, `${this.#path}.${i + 1}${end}`);
      }
    this.#rotations++;
  }

  #linkToNew(): void {
    const newest = `${this.#path}.${++this.#rotations}`;
    writeFileSync(newest, '');
    this.#touch(newest);
    const link = `${this.#path}.link`;
    symlinkSync(newest, link);
    renameSync(link, this.#path);
  }

  /** As gzip does it: the packed one grows beside the other and gets the time of that which goes. */
  #pack(old: string): void {
    const packed = gzipSync(readFileSync(old));
    const { atime, mtime } = statSync(old);
    writeFileSync(`${old}.gz`, packed.subarray(0, this.random(packed.length)));
    this.#moment();
    writeFileSync(`${old}.gz`, packed);
    // Not every packer does.
    if (this.random(4) === 0) this.#touch(`${old}.gz`);
    else utimesSync(`${old}.gz`, atime, mtime);
    this.#moment();
    unlinkSync(old);
  }

  #empty(): void {
    writeFileSync(this.#path, '');
    this.#touch(this.#path);
  }

  #append(path: string, text: string): void {
    if (text === '') return;
    appendFileSync(path, text);
    this.#touch(path);
  }

  /** Later than what was written before; now and then by so much that it tells. */
  #touch(path: string): void {
    this.#time += this.random(2) === 0 ? 5 : 10_000;
    utimesSync(path, this.#time / 1000, this.#time / 1000);
  }
}
