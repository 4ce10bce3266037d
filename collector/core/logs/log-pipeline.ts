import { HeliographError } from '../../../lib/errors.ts';
import { classOfLevel, type LineFacts, readLineFacts } from '../../../lib/log-lines/level.ts';
import type { MaskStage } from '../../../lib/mask/mask.ts';
import type { LogLevel } from '../../../proto/desired.ts';
import type { Host } from '../host.ts';
import type { Spool } from '../spool/spool.ts';
import type { FileIdentity } from '../tail/identity.ts';
import { LINE_OPEN, LINE_SPLIT } from '../tail/lines.ts';
import { LINE_CLASSES, type LineClass, type SpoolMark } from '../tail/positions.ts';
import type { LineBatch, LineConsumer } from '../tail/tail.ts';
import { type DesiredLevels, levelRank } from './desired-levels.ts';
import { LogFrames, type Waiter } from './log-frames.ts';
import { type LogRule, LogRules } from './log-rules.ts';

export interface LogPipelineOptions {
  readonly host: Host;
  readonly spool: Spool;
  readonly rules: readonly LogRule[];
  readonly desired: DesiredLevels;
  readonly mask: MaskStage;
  /** How long a few lines wait for company. */
  readonly lingerMs: number;
  /** East of UTC, for times without a zone. */
  readonly zoneMinutes: number;
}

/** A batch of so many bytes is worth a frame of its own at once: its file has more to give. */
const LARGE_BATCH = 64 * 1024;
const NOT_KEPT = 255;

/** From batches of lines to frames in the spool: mask, read level and time, leave out what is not wanted or there already, split by class. */
export class LogPipeline implements LineConsumer {
  readonly stats = { kept: 0, filtered: 0, repeated: 0, refused: 0 };
  readonly #options: LogPipelineOptions;
  readonly #rules: LogRules;
  readonly #frames: Record<LineClass, LogFrames>;
  readonly #facts: LineFacts = { level: '', time: Number.NaN };
  readonly #files = new Map<string, { service: string; level: LogLevel }>();
  #classes = new Uint8Array(1024);
  #levels: string[] = [];
  #times = new Float64Array(1024);

  constructor(options: LogPipelineOptions) {
    this.#options = options;
    this.#rules = new LogRules(options.rules);
    const { host, spool, lingerMs } = options;
    this.#frames = {
      error: new LogFrames(host, spool, 'error', lingerMs),
      log: new LogFrames(host, spool, 'log', lingerMs),
      debug: new LogFrames(host, spool, 'debug', lingerMs),
    };
  }

  opened(file: FileIdentity, offset: number): void {
    this.#options.spool.progress.opened(file, offset);
  }

  closed(file: FileIdentity): void {
    this.#files.delete(file.id);
    this.#options.spool.progress.forget(file.id);
  }

  take(batch: LineBatch, answer: () => void): void {
    const file = this.#file(batch.file);
    // Before anything is kept or written anywhere.
    this.#options.mask.bytes(batch.bytes);
    const present = this.#sort(batch, file);
    const classes = LINE_CLASSES.filter((_, i) => (present & (1 << i)) !== 0);
    if (classes.length === 0) {
      this.#mark(batch, [], 'log');
      answer();
      return;
    }
    const waiter: Waiter = { pending: 1, done: answer };
    for (const name of classes) this.#put(batch, name, classes, file.service, waiter);
    // The one this function held: all frames may have been durable at once.
    if (--waiter.pending === 0) answer();
  }

  /** Puts everything gathered into the spool, and takes in no more. */
  stop(): void {
    for (const name of LINE_CLASSES) this.#frames[name].stop();
  }

  #file(file: FileIdentity): { service: string; level: LogLevel } {
    let known = this.#files.get(file.id);
    if (known === undefined) {
      known = this.#rules.of(file.path);
      this.#files.set(file.id, known);
    }
    return known;
  }

  /** Level, time and class of each line; gives which classes are there, as bits. */
  #sort(batch: LineBatch, file: { service: string; level: LogLevel }): number {
    const { host, desired, zoneMinutes } = this.#options;
    if (this.#classes.length < batch.count) {
      this.#classes = new Uint8Array(batch.count * 2);
      this.#times = new Float64Array(batch.count * 2);
    }
    const now = host.now();
    const lowest = levelRank(lowestRead(desired.lowest(file.service, file.level)));
    let present = 0;
    for (let i = 0; i < batch.count; i++) {
      readLineFacts(batch.bytes, batch.starts[i]!, batch.ends[i]!, now, zoneMinutes, this.#facts);
      const { level, time } = this.#facts;
      const name = classOfLevel(level);
      this.#levels[i] = level;
      this.#times[i] = Number.isNaN(time) ? now : time;
      this.#classes[i] = NOT_KEPT;
      if (levelRank(level) < lowest) this.stats.filtered++;
      else if (batch.done?.[name].has(batch.from + batch.starts[i]!)) this.stats.repeated++;
      else {
        const index = LINE_CLASSES.indexOf(name);
        this.#classes[i] = index;
        present |= 1 << index;
      }
    }
    return present;
  }

  #put(batch: LineBatch, name: LineClass, classes: readonly LineClass[], service: string, waiter: Waiter): void {
    const frames = this.#frames[name];
    const index = LINE_CLASSES.indexOf(name);
    const plain = { 'log.file.path': batch.file.path };
    let from = batch.from;
    for (let i = 0; i < batch.count; i++) {
      if (this.#classes[i] !== index) continue;
      const start = batch.starts[i]!;
      const message = batch.bytes.subarray(start, batch.ends[i]!);
      if (frames.full(message.length + batch.file.path.length * 3)) {
        const to = batch.from + start;
        if (to > from) frames.mark({ file: batch.file, from, to, anchor: '', classes, class: name }, waiter);
        from = to;
        frames.flush();
      }
      const flags = batch.flags[i]!;
      const fields = (flags & (LINE_SPLIT | LINE_OPEN)) === 0 ? plain : { ...plain, 'log.truncated': 'true' };
      this.#add(frames, i, service, message, fields);
    }
    frames.mark({ file: batch.file, from, to: batch.to, anchor: batch.anchor, classes, class: name }, waiter);
    if (batch.bytes.length >= LARGE_BATCH || frames.full(0)) frames.flush();
  }

  #add(frames: LogFrames, i: number, service: string, message: Uint8Array, fields: Record<string, string>): void {
    try {
      frames.line(this.#times[i]!, this.#levels[i]!, service, message, fields);
      this.stats.kept++;
    } catch (error) {
      if (!(error instanceof HeliographError)) throw error;
      this.stats.refused++;
      this.#options.host.log('error', 'a line cannot be sent', {
        service,
        bytes: message.length,
        error: error.message,
      });
    }
  }

  #mark(batch: LineBatch, classes: SpoolMark['classes'], name: LineClass): void {
    const { file, from, to, anchor } = batch;
    this.#options.spool.progress.add({ file, from, to, anchor, classes, class: name });
  }
}

/** Trace and debug are one class and one level here. */
function lowestRead(level: LogLevel): LogLevel {
  return level === 'trace' ? 'debug' : level;
}
