import { classOfLevel, type LineFacts, readLineFacts } from '../../../lib/log-lines/level.ts';
import type { LogRoutes } from '../../../lib/log-lines/routes.ts';
import { KEPT } from '../../../lib/relabel/rule.ts';
import type { LogLevel } from '../../../proto/desired.ts';
import type { Caps } from '../caps/caps.ts';
import type { Host } from '../host.ts';
import type { LineBatch } from '../tail/contract.ts';
import { LINE_JOINED, LINE_OPEN, LINE_SPLIT } from '../tail/lines.ts';
import { LINE_CLASSES, type LineClass } from '../tail/positions.ts';
import { type DesiredLevels, levelRank } from './desired-levels.ts';
import type { FileFields } from './file-fields.ts';
import { LineRouting, ROUTE_BYTES } from './line-routing.ts';
import type { LineRules, LineShape } from './line-rules.ts';

export interface LineStagesOptions {
  readonly host: Pick<Host, 'now' | 'utf8' | 'utf8Bytes'>;
  readonly desired: DesiredLevels;
  /** What is done to lines before they are sent; null: nothing. */
  readonly relabel: LineRules | null;
  /** What share of which lines is sent; null: all. */
  readonly routes: LogRoutes | null;
  /** What the caps leave out now. */
  readonly caps: Pick<Caps, 'shedding'>;
  /** Lines that rules dropped (`relabel`), that a route does not send (`sampled`), or that a cap leaves out (`shed_...`). */
  readonly onDropped: (reason: string, lineClass: LineClass, lines: number) => void;
  /** East of UTC, for times without a zone. */
  readonly zoneMinutes: number;
}

/** Of what brought a batch: what stands in for what its lines do not say. */
export interface LineOwner {
  readonly service: string;
  readonly level: LogLevel;
  readonly fields: FileFields;
}

/** What became of a line. `filtered`: below the level that is sent. `repeated`: it is durable already. */
export type LineFate = 'kept' | 'filtered' | 'repeated' | 'dropped' | 'shed' | 'sampled';

/**
 * What every line goes through once secrets are covered, whatever way it came: level and time are read, rules of `relabelLogs`, the level that is sent, the
 * caps, the routes. What it says of a batch's lines holds until the next batch is sorted.
 */
export class LineStages {
  readonly stats = { kept: 0, filtered: 0, repeated: 0, refused: 0, dropped: 0, sampled: 0, shed: 0 };
  readonly #options: LineStagesOptions;
  readonly #routing: LineRouting | null;
  readonly #facts: LineFacts = { level: '', time: Number.NaN };
  readonly #fates: LineFate[] = [];
  readonly #classes: LineClass[] = [];
  readonly #levels: string[] = [];
  readonly #services: string[] = [];
  /** What rules made of the lines of a batch; empty without rules. */
  readonly #shapes: LineShape[] = [];
  #times = new Float64Array(1024);
  #isUsed = false;

  constructor(options: LineStagesOptions) {
    this.#options = options;
    this.#routing = options.routes && new LineRouting(options.routes);
  }

  /** Lines have come. */
  get isUsed(): boolean {
    return this.#isUsed;
  }

  /** Decides on each line, and counts those that are not kept. Gives which classes are kept, as bits in the order of LINE_CLASSES. */
  sort(batch: LineBatch, owner: LineOwner): number {
    const { host, desired, zoneMinutes, relabel } = this.#options;
    const { facts } = batch;
    if (this.#times.length < batch.count) this.#times = new Float64Array(batch.count * 2);
    this.#isUsed ||= batch.count > 0;
    const now = host.now();
    const otherwise = facts?.lowest ?? owner.level;
    const ofOwner = levelRank(lowestRead(desired.lowest(owner.service, otherwise)));
    let present = 0;
    for (let i = 0; i < batch.count; i++) {
      readLineFacts(batch.bytes, batch.starts[i]!, batch.ends[i]!, now, zoneMinutes, this.#facts);
      const level = facts?.level(i) ?? this.#facts.level;
      const said = facts?.time(i) ?? Number.NaN;
      const time = Number.isNaN(said) ? this.#facts.time : said;
      const named = facts?.service(i) ?? null;
      const service = named === null ? owner.service : owner.fields.service(named);
      const name = classOfLevel(level);
      this.#services[i] = service;
      this.#levels[i] = level;
      this.#times[i] = Number.isNaN(time) ? now : time;
      this.#classes[i] = name;
      let lowest = service === owner.service ? ofOwner : levelRank(lowestRead(desired.lowest(service, otherwise)));
      let dropped = false;
      if (relabel !== null) {
        const shape = this.#shape(relabel, batch, i, owner.fields.of(facts?.fields(i)));
        if (shape.service !== service) lowest = levelRank(lowestRead(desired.lowest(shape.service, otherwise)));
        dropped = shape.droppedBy !== KEPT;
      }
      const fate = this.#fateOf(batch, i, lowest, dropped);
      this.#fates[i] = fate;
      if (fate === 'kept') present |= 1 << LINE_CLASSES.indexOf(name);
      else this.#count(fate, i);
    }
    return present;
  }

  /** What the rules make of a line; it stands in `#shapes` after. */
  #shape(relabel: LineRules, batch: LineBatch, i: number, fields: Readonly<Record<string, string>>): LineShape {
    const { host } = this.#options;
    const line = { service: this.#services[i]!, level: this.#levels[i]!, fields };
    const shape = relabel.shape(line, () => host.utf8(batch.bytes, batch.starts[i]!, batch.ends[i]!));
    this.#shapes[i] = shape;
    return shape;
  }

  #fateOf(batch: LineBatch, i: number, lowest: number, dropped: boolean): LineFate {
    const level = this.#levels[i]!;
    const rank = levelRank(level);
    if (rank < lowest) return 'filtered';
    if (batch.done?.[this.#classes[i]!].has(batch.from + batch.places[i]!)) return 'repeated';
    if (dropped) return 'dropped';
    if (rank < this.#options.caps.shedding.lowestRank) return 'shed';
    return this.#routing?.sends(batch, i, this.service(i), level) === false ? 'sampled' : 'kept';
  }

  #count(fate: Exclude<LineFate, 'kept'>, i: number): void {
    const { onDropped, relabel, caps } = this.#options;
    this.stats[fate]++;
    const name = this.#classes[i]!;
    if (fate === 'shed') onDropped(caps.shedding.reason, name, 1);
    else if (fate === 'sampled') onDropped('sampled', name, 1);
    else if (fate === 'dropped') {
      relabel!.dropped[this.#shapes[i]!.droppedBy]!++;
      onDropped('relabel', name, 1);
    }
  }

  fate(i: number): LineFate {
    return this.#fates[i]!;
  }

  /** By its level, kept or not. */
  class(i: number): LineClass {
    return this.#classes[i]!;
  }

  level(i: number): string {
    return this.#levels[i]!;
  }

  /** ms since the epoch; of a line that nobody knows it of: now. */
  time(i: number): number {
    return this.#times[i]!;
  }

  service(i: number): string {
    return this.#shapes[i]?.service ?? this.#services[i]!;
  }

  /** Its text, of a kept line. */
  message(batch: LineBatch, i: number): Uint8Array {
    const message = this.#shapes[i]?.message ?? null;
    return message === null
      ? batch.bytes.subarray(batch.starts[i]!, batch.ends[i]!)
      : this.#options.host.utf8Bytes(message);
  }

  /** Its fields with what its route adds, of a kept line. The same object again for the same fields. */
  fields(batch: LineBatch, i: number, owner: LineOwner): Readonly<Record<string, string>> {
    const whole = (batch.flags[i]! & (LINE_SPLIT | LINE_OPEN)) === 0;
    const shape = this.#shapes[i];
    let fields: Readonly<Record<string, string>>;
    if (shape !== undefined) fields = whole ? shape.fields : shape.truncated;
    else {
      fields = owner.fields.of(batch.facts?.fields(i));
      if (!whole) fields = owner.fields.truncated(fields);
    }
    return this.#routing?.fieldsOf(i, fields) ?? fields;
  }

  /** Bytes that a line takes at most, and with it those that no frame may end before. */
  room(batch: LineBatch, first: number, owner: LineOwner): number {
    let bytes = this.#routing === null ? 0 : ROUTE_BYTES;
    let i = first;
    do {
      const shape = this.#shapes[i];
      bytes += shape?.fieldBytes ?? owner.fields.bytesOf(owner.fields.of(batch.facts?.fields(i)));
      bytes += Math.max(batch.ends[i]! - batch.starts[i]!, (shape?.message?.length ?? 0) * 3);
    } while (isJoined(batch, ++i));
    return bytes;
  }
}

/** A frame may not end before the line. */
export function isJoined(batch: LineBatch, i: number): boolean {
  return i < batch.count && (batch.flags[i]! & LINE_JOINED) !== 0;
}

/** Trace and debug are one class and one level here. */
function lowestRead(level: LogLevel): LogLevel {
  return level === 'trace' ? 'debug' : level;
}
