import { closeSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { createNodeHost } from '../../collector/node/host.ts';
import { classOfLevel, type LineLevel } from '../../lib/log-lines/level.ts';
import { CborWriter } from '../../proto/cbor-writer.ts';
import { LogFrameBuilder } from '../../proto/log-builder.ts';
import type { NumberedLines } from './numbered-lines.ts';

/** Most important first, as a collector sends them. */
export const FLOODED = ['error', 'log', 'debug'] as const;
export type Flooded = (typeof FLOODED)[number];

/** Files that a host's service writes, of which it has one. */
const FILES = 20;
/** Between two lines of a host, ms. */
const LINE_EVERY_MS = 5;

interface Body {
  readonly class: Flooded;
  readonly at: number;
  readonly bytes: number;
  readonly lines: number;
}

/** What a host says at one moment: a frame of each class that it has lines of. */
export interface Saying {
  readonly bodies: readonly Body[];
  readonly lines: number;
}

/**
 * Bodies of frames, made beforehand by the collector's own builder and compression and kept in a file: compressing is the collector's work and has
 * its own benchmark (collector-logs); done meanwhile it would take the CPU that relay and core are measured on. Each is sent once.
 */
export class PreparedFrames {
  readonly sayings: Saying[] = [];
  readonly #path: string;
  readonly #file: number;
  readonly #host = createNodeHost();
  readonly #builders: Readonly<Record<Flooded, LogFrameBuilder>>;
  #end = 0;

  constructor(path: string) {
    this.#path = path;
    this.#file = openSync(path, 'w+');
    const scratch = new CborWriter();
    const builder = () => new LogFrameBuilder(scratch);
    this.#builders = { error: builder(), log: builder(), debug: builder() };
  }

  /** Makes what `hosts` in turn say of `count` lines from `from` on, so many lines at a time. */
  make(lines: NumberedLines, from: number, count: number, perSaying: number, hosts: number): void {
    const now = Date.now();
    for (let at = 0; at < count; at += perSaying) {
      const turn = this.sayings.length % hosts;
      const fields = { 'log.file.path': `/var/log/app-${turn % FILES}/current.log` };
      const service = `service-${turn % FILES}`;
      const end = Math.min(count, at + perSaying);
      for (let i = at; i < end; i++) {
        const level = lines.level(from + i);
        const builder = this.#builders[classOfLevel(level as LineLevel)];
        builder.add(now + (i - at) * LINE_EVERY_MS, level, service, lines.message(from + i), fields);
      }
      const bodies: Body[] = [];
      for (const name of FLOODED) {
        const builder = this.#builders[name];
        if (builder.lines === 0) continue;
        const { lines: many } = builder;
        const body = builder.encode(this.#host.compress);
        writeSync(this.#file, body, 0, body.length, this.#end);
        bodies.push({ class: name, at: this.#end, bytes: body.length, lines: many });
        this.#end += body.length;
      }
      this.sayings.push({ bodies, lines: end - at });
    }
  }

  read({ at, bytes }: Body): Uint8Array {
    const body = Buffer.allocUnsafe(bytes);
    readSync(this.#file, body, 0, bytes, at);
    return body;
  }

  close(): void {
    closeSync(this.#file);
    rmSync(this.#path);
  }
}
