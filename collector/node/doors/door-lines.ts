import { FieldMask } from '../../../lib/doors/masked-fields.ts';
import { MaskedMessages } from '../../../lib/doors/masked-messages.ts';
import { HeliographError } from '../../../lib/errors.ts';
import type { Batch, LineItem } from '../../../lib/ingest/batch.ts';
import type { MaskStage } from '../../../lib/mask/mask.ts';
import { levelOfText } from '../../../lib/stages/line-class.ts';
import { badTime, type TimeLimits } from '../../../lib/stages/time-check.ts';
import { LIMITS } from '../../../proto/limits.ts';
import { LogFrameBuilder } from '../../../proto/log-builder.ts';
import type { Host } from '../../core/host.ts';
import { FileFields } from '../../core/logs/file-fields.ts';
import type { LineOwner, LineStages } from '../../core/logs/line-stages.ts';
import { RecordBatch, sourceIdentity } from '../../core/logs/record-batch.ts';
import { newFileId } from '../../core/tail/identity.ts';
import { LINE_CLASSES, type LineClass } from '../../core/tail/positions.ts';

/** A body of a log frame. */
export interface DoorLineBody {
  readonly class: LineClass;
  readonly lines: number;
  readonly body: Uint8Array;
}

export interface DoorLinesOptions {
  readonly host: Host;
  readonly mask: MaskStage;
  readonly stages: LineStages;
  readonly times: TimeLimits;
  /** Lines that are taken and not sent, for the ledger: the application was told that they are taken. */
  readonly onFiltered: (lineClass: LineClass) => void;
}

type Fields = LineItem['fields'];

const BATCH_BYTES = 128 * 1024;
const BATCH_LINES = 1024;
/** Bytes of a line beside its text and its fields, at most. */
const LINE_BYTES = 1024;

/**
 * Lines of applications through the same stages as those of files. The frames are the door's own, for their application waits for the answer: they have no company
 * of other lines, and are not tried again where the spool refuses them.
 */
export class DoorLines {
  readonly #options: DoorLinesOptions;
  readonly #fields: FieldMask;
  readonly #identity;
  readonly #batch = new RecordBatch('trace', BATCH_BYTES, BATCH_LINES);
  /** Of the lines of `#batch`: their places in the request. */
  readonly #items: number[] = [];
  /** All that is brought is masked already. */
  readonly #owner: LineOwner = { service: '', level: 'trace', fields: new FileFields({}) };
  /** Lines so far: their places, by which routes choose among those without a trace. */
  #places = 0;

  /** @param door stands for the name of a file in rules of routes */
  constructor(door: string, options: DoorLinesOptions) {
    this.#options = options;
    this.#fields = new FieldMask(options.mask);
    this.#identity = sourceIdentity(`${door}:${newFileId(options.host)}`, door);
  }

  /** Bodies of frames with what is to be sent; refuses lines one by one in the batch. */
  bodies(batch: Batch): DoorLineBody[] {
    const { host, mask, times } = this.#options;
    const now = host.now();
    // What a fault left of another request.
    this.#clear();
    const messages = new MaskedMessages(batch.lines, mask);
    const services = new Map<string, string>();
    const known = new Map<Fields, Fields>();
    const frames = new Frames(host);
    for (const [i, line] of batch.lines.entries()) {
      const bad = Number.isNaN(line.time) ? null : badTime(line.time, now, times);
      if (bad !== null) batch.reject('log', line.index, 'HG_ITEM_TIME', bad);
      else if (line.service.length * 3 > LIMITS.nameBytes) {
        batch.reject('log', line.index, 'HG_ITEM_LINE', 'the name of the service is too long');
      } else {
        const text = messages.of(i);
        if (this.#batch.full(text.length)) this.#through(batch, frames, now);
        const service = remembered(services, line.service, () => mask.text(line.service));
        const fields = remembered(known, line.fields, () => this.#fields.masked(line.fields).fields);
        const level = (line.level !== '' && levelOfText(line.level)) || null;
        this.#items.push(line.index);
        this.#batch.add({ place: this.#places++, time: line.time, level, service, fields }, text);
      }
    }
    this.#through(batch, frames, now);
    return frames.end();
  }

  #through(batch: Batch, frames: Frames, now: number): void {
    const { stages, times, onFiltered } = this.#options;
    const owner = this.#owner;
    const lines = this.#batch.batch(this.#identity, this.#places - this.#batch.count, this.#places, null);
    stages.sort(lines, owner);
    for (let i = 0; i < lines.count; i++) {
      const fate = stages.fate(i);
      const item = this.#items[i]!;
      if (fate === 'filtered') onFiltered(stages.class(i));
      else if (fate === 'shed') {
        batch.reject('log', item, 'HG_ITEM_PRESSURE', `lines of class ${stages.class(i)} are not taken for now`);
      }
      if (fate !== 'kept') continue;
      const time = stages.time(i);
      const builder = frames.of(stages.class(i), stages.room(lines, i, owner) + LINE_BYTES);
      try {
        // A time that stands in the text only must not cost the line.
        const when = badTime(time, now, times) === null ? time : now;
        const message = stages.message(lines, i);
        builder.add(when, stages.level(i), stages.service(i), message, stages.fields(lines, i, owner));
        stages.stats.kept++;
      } catch (error) {
        if (!(error instanceof HeliographError)) throw error;
        stages.stats.refused++;
        batch.reject('log', item, 'HG_ITEM_LINE', error.message);
      }
    }
    this.#clear();
  }

  #clear(): void {
    this.#batch.clear();
    this.#items.length = 0;
  }
}

/** Frames of one request, by class. */
class Frames {
  readonly #host: Host;
  readonly #open = new Map<LineClass, LogFrameBuilder>();
  readonly #bodies: DoorLineBody[] = [];

  constructor(host: Host) {
    this.#host = host;
  }

  /** Where a line of at most so many bytes is added. */
  of(name: LineClass, bytes: number): LogFrameBuilder {
    const builder = remembered(this.#open, name, () => new LogFrameBuilder());
    if (builder.full(bytes)) this.#flush(name);
    return builder;
  }

  end(): DoorLineBody[] {
    for (const name of LINE_CLASSES) this.#flush(name);
    return this.#bodies;
  }

  #flush(name: LineClass): void {
    const builder = this.#open.get(name);
    const lines = builder?.lines ?? 0;
    if (lines > 0) this.#bodies.push({ class: name, lines, body: builder!.encode(this.#host.compress) });
  }
}

function remembered<K, V>(known: Map<K, V>, key: K, make: () => V): V {
  let value = known.get(key);
  if (value === undefined) {
    value = make();
    known.set(key, value);
  }
  return value;
}
