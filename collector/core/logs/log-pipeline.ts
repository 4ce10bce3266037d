import { HeliographError } from '../../../lib/errors.ts';
import type { MaskStage } from '../../../lib/mask/mask.ts';
import { CborWriter } from '../../../proto/cbor-writer.ts';
import type { Caps } from '../caps/caps.ts';
import type { Host } from '../host.ts';
import type { Spool } from '../spool/spool.ts';
import type { LineBatch, LineConsumer, LostBytes } from '../tail/contract.ts';
import type { FileIdentity } from '../tail/identity.ts';
import { LINE_JOINED } from '../tail/lines.ts';
import { LINE_CLASSES, type LineClass, type SpoolMark } from '../tail/positions.ts';
import { FileFields } from './file-fields.ts';
import { isJoined, type LineOwner, type LineStages } from './line-stages.ts';
import { LogFrames, type Waiter } from './log-frames.ts';
import type { LogRules } from './log-rules.ts';

export interface LogPipelineOptions {
  readonly host: Host;
  readonly spool: Spool;
  readonly rules: LogRules;
  readonly stages: LineStages;
  readonly mask: MaskStage;
  /** Bytes of files that nobody can read any more. */
  readonly onLost: (lost: LostBytes) => void;
  /** How long files wait before they are read on. */
  readonly caps: Pick<Caps, 'readWaitMs'>;
  /** Whose lines a file holds, where its format has more to say than its name. */
  readonly originOf: ((path: string) => LineOrigin | null) | null;
  /** How long a few lines wait for company. */
  readonly lingerMs: number;
}

/** Whose lines a file holds. */
export interface LineOrigin {
  readonly service: string;
  readonly fields: Readonly<Record<string, string>>;
}

/**
 * Lines of so many bytes may be here and not yet in the spool before the files are not read on: enough that reading, compressing and the disk
 * go on beside each other, and that the few lines of a rare class wait for company without holding up the others.
 */
const MOST_HELD = 1536 * 1024;
/** A new file is in the durable state after this: one that is rotated out of its pattern unread is found again after a crash. */
const CHECKPOINT_MS = 500;

interface FollowedFile extends LineOwner {
  /** Batches of it of which something is not durable yet. */
  batches: number;
  /** The tail is done with it. */
  closed: boolean;
}

/** From batches of lines to frames in the spool: mask, leave out what is not wanted or there already, split by class. */
export class LogPipeline implements LineConsumer {
  readonly #options: LogPipelineOptions;
  readonly #rules: LogRules;
  readonly #stages: LineStages;
  readonly #frames: Record<LineClass, LogFrames>;
  readonly #files = new Map<string, FollowedFile>();
  /** Batches that are taken, and whose files may be read on when there is room. */
  readonly #unanswered: (() => void)[] = [];
  #checkpoint: number | null = null;
  #pause: number | null = null;

  constructor(options: LogPipelineOptions) {
    this.#options = options;
    this.#rules = options.rules;
    this.#stages = options.stages;
    const { host, spool, lingerMs } = options;
    const scratch = new CborWriter();
    this.#frames = {
      error: new LogFrames(host, spool, 'error', lingerMs, scratch),
      log: new LogFrames(host, spool, 'log', lingerMs, scratch),
      debug: new LogFrames(host, spool, 'debug', lingerMs, scratch),
    };
  }

  opened(file: FileIdentity, offset: number): void {
    const { host, spool } = this.#options;
    spool.progress.opened(file, offset);
    this.#checkpoint ??= host.timer(() => {
      this.#checkpoint = null;
      spool.checkpoint();
    }, CHECKPOINT_MS);
  }

  closed(file: FileIdentity): void {
    const known = this.#files.get(file.id);
    // What of it is not durable yet must be found again after a crash.
    if (known !== undefined && known.batches > 0) known.closed = true;
    else this.#forget(file.id);
  }

  lost(lost: LostBytes): void {
    this.#options.onLost(lost);
  }

  #forget(id: string): void {
    this.#files.delete(id);
    this.#options.spool.progress.forget(id);
  }

  /** Takes what is wanted of a batch. The answer follows when there is room for more, not when the lines are durable: the spool's marks say that. */
  take(batch: LineBatch, answer: () => void): void {
    const file = this.#file(batch.file);
    // Before anything is kept or written anywhere.
    this.#options.mask.bytes(batch.bytes);
    const present = this.#stages.sort(batch, file);
    const classes = LINE_CLASSES.filter((_, i) => (present & (1 << i)) !== 0);
    if (classes.length === 0) {
      this.#mark(batch, [], 'log');
      // To read what nobody wants costs CPU too.
      this.#unanswered.push(answer);
      this.#answer();
      return;
    }
    file.batches++;
    const waiter: Waiter = {
      pending: 1,
      done: () => {
        file.batches--;
        if (file.closed && file.batches === 0) this.#forget(batch.file.id);
        this.#answer();
      },
    };
    this.#unanswered.push(answer);
    for (const name of classes) this.#put(batch, name, classes, file, waiter);
    // The one this function held: all frames may have been durable at once.
    if (--waiter.pending === 0) waiter.done();
    else this.#answer();
  }

  #answer(): void {
    while (this.#unanswered.length > 0) {
      if (this.#pause !== null) return;
      const wait = this.#options.caps.readWaitMs();
      if (wait > 0) {
        // What is not read yet is on the disk.
        this.#pause = this.#options.host.timer(() => {
          this.#pause = null;
          this.#answer();
        }, wait);
        return;
      }
      const held = LINE_CLASSES.reduce((sum, name) => sum + this.#frames[name].held, 0);
      if (held > MOST_HELD) return;
      this.#unanswered.shift()!();
    }
  }

  /** Puts everything gathered into the spool, and takes in no more. */
  stop(): void {
    for (const timer of [this.#checkpoint, this.#pause]) if (timer !== null) this.#options.host.cancel(timer);
    this.#checkpoint = null;
    this.#pause = null;
    for (const name of LINE_CLASSES) this.#frames[name].stop();
  }

  #file(file: FileIdentity): FollowedFile {
    let known = this.#files.get(file.id);
    if (known === undefined) {
      const { service, level, named } = this.#rules.of(file.path);
      const origin = this.#rules.formatOf(file.path)?.container ? this.#options.originOf?.(file.path) : null;
      known = {
        service: named ? service : (origin?.service ?? service),
        level,
        // What is no file has a name with a colon.
        fields: file.id.includes(':')
          ? new FileFields({}, this.#options.mask)
          : new FileFields({ 'log.file.path': file.path, ...origin?.fields }),
        batches: 0,
        closed: false,
      };
      this.#files.set(file.id, known);
    }
    return known;
  }

  #put(batch: LineBatch, name: LineClass, classes: readonly LineClass[], file: FollowedFile, waiter: Waiter): void {
    const frames = this.#frames[name];
    const stages = this.#stages;
    let from = batch.from;
    for (let i = 0; i < batch.count; i++) {
      const first = (batch.flags[i]! & LINE_JOINED) === 0;
      const isOurs = stages.class(i) === name && stages.fate(i) === 'kept';
      if (!isOurs && !(first && isJoined(batch, i + 1))) continue;
      if (first && frames.full(stages.room(batch, i, file))) {
        const to = batch.from + batch.places[i]!;
        if (to > from) frames.mark({ file: batch.file, from, to, anchor: '', classes, class: name }, waiter);
        from = to;
        frames.flush();
      }
      if (isOurs) this.#add(frames, batch, i, file);
    }
    frames.mark({ file: batch.file, from, to: batch.to, anchor: batch.anchor, classes, class: name }, waiter);
  }

  #add(frames: LogFrames, batch: LineBatch, i: number, file: FollowedFile): void {
    const stages = this.#stages;
    const service = stages.service(i);
    const message = stages.message(batch, i);
    try {
      frames.line(stages.time(i), stages.level(i), service, message, stages.fields(batch, i, file));
      stages.stats.kept++;
    } catch (error) {
      if (!(error instanceof HeliographError)) throw error;
      stages.stats.refused++;
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
