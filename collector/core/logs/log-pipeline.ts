import { HeliographError } from '../../../lib/errors.ts';
import { classOfLevel, type LineFacts, readLineFacts } from '../../../lib/log-lines/level.ts';
import type { LogRoutes } from '../../../lib/log-lines/routes.ts';
import type { MaskStage } from '../../../lib/mask/mask.ts';
import { KEPT } from '../../../lib/relabel/rule.ts';
import { CborWriter } from '../../../proto/cbor-writer.ts';
import type { LogLevel } from '../../../proto/desired.ts';
import type { Caps } from '../caps/caps.ts';
import type { Host } from '../host.ts';
import type { Spool } from '../spool/spool.ts';
import type { LineBatch, LineConsumer, LostBytes } from '../tail/contract.ts';
import type { FileIdentity } from '../tail/identity.ts';
import { LINE_JOINED, LINE_OPEN, LINE_SPLIT } from '../tail/lines.ts';
import { LINE_CLASSES, type LineClass, type SpoolMark } from '../tail/positions.ts';
import { type DesiredLevels, levelRank } from './desired-levels.ts';
import { FileFields } from './file-fields.ts';
import { LineRouting, ROUTE_BYTES } from './line-routing.ts';
import type { LineRules, LineShape } from './line-rules.ts';
import { LogFrames, type Waiter } from './log-frames.ts';
import { type LogRule, LogRules } from './log-rules.ts';

export interface LogPipelineOptions {
  readonly host: Host;
  readonly spool: Spool;
  readonly rules: readonly LogRule[];
  readonly desired: DesiredLevels;
  readonly mask: MaskStage;
  /** Bytes of files that nobody can read any more. */
  readonly onLost: (lost: LostBytes) => void;
  /** What is done to lines before they are sent; null: nothing. */
  readonly relabel: LineRules | null;
  /** What share of which lines is sent; null: all. */
  readonly routes: LogRoutes | null;
  /** Lines that rules dropped (`relabel`), that a route does not send (`sampled`), or that a cap leaves out (`shed_...`). */
  readonly onDropped: (reason: string, lineClass: LineClass, lines: number) => void;
  /** What the caps leave out now. */
  readonly caps: Caps;
  /** Whose lines a file holds, where its format has more to say than its name. */
  readonly originOf: ((path: string) => LineOrigin | null) | null;
  /** How long a few lines wait for company. */
  readonly lingerMs: number;
  /** East of UTC, for times without a zone. */
  readonly zoneMinutes: number;
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
const NOT_KEPT = 255;

interface FollowedFile {
  readonly service: string;
  readonly level: LogLevel;
  readonly fields: FileFields;
  /** Batches of it of which something is not durable yet. */
  batches: number;
  /** The tail is done with it. */
  closed: boolean;
}

/** From batches of lines to frames in the spool: mask, read level and time, leave out what is not wanted or there already, split by class. */
export class LogPipeline implements LineConsumer {
  readonly stats = { kept: 0, filtered: 0, repeated: 0, refused: 0, dropped: 0, sampled: 0, shed: 0 };
  readonly #options: LogPipelineOptions;
  readonly #rules: LogRules;
  readonly #frames: Record<LineClass, LogFrames>;
  readonly #facts: LineFacts = { level: '', time: Number.NaN };
  readonly #files = new Map<string, FollowedFile>();
  /** Batches that are taken, and whose files may be read on when there is room. */
  readonly #unanswered: (() => void)[] = [];
  #checkpoint: number | null = null;
  #pause: number | null = null;
  #classes = new Uint8Array(1024);
  #levels: string[] = [];
  readonly #services: string[] = [];
  /** What rules made of the lines of a batch; empty without rules. */
  readonly #shapes: LineShape[] = [];
  readonly #routing: LineRouting | null;
  #times = new Float64Array(1024);

  constructor(options: LogPipelineOptions) {
    this.#options = options;
    this.#rules = new LogRules(options.rules);
    const { host, spool, lingerMs, routes } = options;
    this.#routing = routes && new LineRouting(routes);
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
    const present = this.#sort(batch, file);
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

  /** Level, time and class of each line; gives which classes are there, as bits. */
  #sort(batch: LineBatch, file: FollowedFile): number {
    const { host, desired, zoneMinutes, relabel } = this.#options;
    const { facts } = batch;
    if (this.#classes.length < batch.count) {
      this.#classes = new Uint8Array(batch.count * 2);
      this.#times = new Float64Array(batch.count * 2);
    }
    const now = host.now();
    const shedBelow = this.#options.caps.shedding.lowestRank;
    const otherwise = facts?.lowest ?? file.level;
    const ofFile = levelRank(lowestRead(desired.lowest(file.service, otherwise)));
    let present = 0;
    for (let i = 0; i < batch.count; i++) {
      readLineFacts(batch.bytes, batch.starts[i]!, batch.ends[i]!, now, zoneMinutes, this.#facts);
      const level = facts?.level(i) ?? this.#facts.level;
      const told = facts?.time(i) ?? Number.NaN;
      const time = Number.isNaN(told) ? this.#facts.time : told;
      const said = facts?.service(i) ?? null;
      const service = said === null ? file.service : file.fields.service(said);
      const name = classOfLevel(level);
      this.#services[i] = service;
      this.#levels[i] = level;
      this.#times[i] = Number.isNaN(time) ? now : time;
      this.#classes[i] = NOT_KEPT;
      let lowest = service === file.service ? ofFile : levelRank(lowestRead(desired.lowest(service, otherwise)));
      let dropped = false;
      if (relabel !== null) {
        const shape = this.#shape(relabel, batch, i, service, file.fields.of(facts?.fields(i)));
        if (shape.service !== service) lowest = levelRank(lowestRead(desired.lowest(shape.service, otherwise)));
        dropped = shape.droppedBy !== KEPT;
      }
      if (levelRank(level) < lowest) this.stats.filtered++;
      else if (batch.done?.[name].has(batch.from + batch.places[i]!)) this.stats.repeated++;
      else if (dropped) this.#drop(i, name);
      else if (levelRank(level) < shedBelow) this.#shed(name);
      else if (this.#routing?.sends(batch, i, this.#shapes[i]?.service ?? service, level) === false)
        this.#leaveOut(name);
      else {
        const index = LINE_CLASSES.indexOf(name);
        this.#classes[i] = index;
        present |= 1 << index;
      }
    }
    return present;
  }

  /** What the rules make of a line; it stands in `#shapes` after. */
  #shape(
    relabel: LineRules,
    batch: LineBatch,
    i: number,
    service: string,
    fields: Readonly<Record<string, string>>,
  ): LineShape {
    const { host } = this.#options;
    const line = { service, level: this.#levels[i]!, fields };
    const shape = relabel.shape(line, () => host.utf8(batch.bytes, batch.starts[i]!, batch.ends[i]!));
    this.#shapes[i] = shape;
    return shape;
  }

  #drop(i: number, name: LineClass): void {
    const { relabel, onDropped } = this.#options;
    relabel!.dropped[this.#shapes[i]!.droppedBy]!++;
    this.stats.dropped++;
    onDropped('relabel', name, 1);
  }

  #shed(name: LineClass): void {
    this.stats.shed++;
    this.#options.onDropped(this.#options.caps.shedding.reason, name, 1);
  }

  #leaveOut(name: LineClass): void {
    this.stats.sampled++;
    this.#options.onDropped('sampled', name, 1);
  }

  #put(batch: LineBatch, name: LineClass, classes: readonly LineClass[], file: FollowedFile, waiter: Waiter): void {
    const frames = this.#frames[name];
    const index = LINE_CLASSES.indexOf(name);
    const routing = this.#routing;
    const routeBytes = routing === null ? 0 : ROUTE_BYTES;
    let from = batch.from;
    for (let i = 0; i < batch.count; i++) {
      const first = (batch.flags[i]! & LINE_JOINED) === 0;
      if (this.#classes[i] !== index && !(first && isJoined(batch, i + 1))) continue;
      const shape = this.#shapes[i];
      if (first && frames.full(this.#roomOf(batch, i, file) + routeBytes)) {
        const to = batch.from + batch.places[i]!;
        if (to > from) frames.mark({ file: batch.file, from, to, anchor: '', classes, class: name }, waiter);
        from = to;
        frames.flush();
      }
      if (this.#classes[i] !== index) continue;
      const flags = batch.flags[i]!;
      const whole = (flags & (LINE_SPLIT | LINE_OPEN)) === 0;
      let fields: Readonly<Record<string, string>>;
      if (shape !== undefined) fields = whole ? shape.fields : shape.truncated;
      else {
        fields = file.fields.of(batch.facts?.fields(i));
        if (!whole) fields = file.fields.truncated(fields);
      }
      const message = this.#message(batch, i);
      this.#add(frames, i, shape?.service ?? this.#services[i]!, message, routing?.fieldsOf(i, fields) ?? fields);
    }
    frames.mark({ file: batch.file, from, to: batch.to, anchor: batch.anchor, classes, class: name }, waiter);
  }

  /** What a line takes at most, and with it those that no frame may end before. */
  #roomOf(batch: LineBatch, first: number, file: FollowedFile): number {
    let bytes = 0;
    let i = first;
    do {
      const shape = this.#shapes[i];
      bytes += shape?.fieldBytes ?? file.fields.bytesOf(file.fields.of(batch.facts?.fields(i)));
      bytes += Math.max(batch.ends[i]! - batch.starts[i]!, (shape?.message?.length ?? 0) * 3);
    } while (isJoined(batch, ++i));
    return bytes;
  }

  #message(batch: LineBatch, i: number): Uint8Array {
    const message = this.#shapes[i]?.message ?? null;
    return message === null
      ? batch.bytes.subarray(batch.starts[i]!, batch.ends[i]!)
      : this.#options.host.utf8Bytes(message);
  }

  #add(
    frames: LogFrames,
    i: number,
    service: string,
    message: Uint8Array,
    fields: Readonly<Record<string, string>>,
  ): void {
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

/** A frame may not end before the line. */
function isJoined(batch: LineBatch, i: number): boolean {
  return i < batch.count && (batch.flags[i]! & LINE_JOINED) !== 0;
}

/** Trace and debug are one class and one level here. */
function lowestRead(level: LogLevel): LogLevel {
  return level === 'trace' ? 'debug' : level;
}
