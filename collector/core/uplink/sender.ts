import { HeliographError } from '../../../lib/errors.ts';
import type { JournalRecord } from '../../../lib/journal/contract.ts';
import { DATA_CLASSES, type DataClass } from '../../../proto/class.ts';
import type { Control, PressureLevel } from '../../../proto/control.ts';
import { decodeHeader, type FrameHeader } from '../../../proto/frame.ts';
import type { Hash } from '../../../proto/hash.ts';
import { topicOf } from '../../../proto/topics.ts';
import type { Host, Uplink } from '../host.ts';
import type { Definitions } from '../spool/definitions.ts';
import { frameOf } from '../spool/record.ts';
import { READER, type Spool } from '../spool/spool.ts';
import { byClass } from '../spool/state.ts';
import { ClassLanes } from './class-lanes.ts';

export interface SenderOptions {
  readonly host: Host;
  /** The collector's name: in the topics, and in its certificate. */
  readonly name: string;
  readonly spool: Spool;
  readonly definitions: Definitions;
  readonly windowFrames: number;
  readonly windowBytes: number;
  readonly backfillShare: number;
  readonly staleMs: number;
}

/** Definitions that nothing names any more are looked for after so many metric frames. */
const COLLECT_EVERY = 16;

/** Puts the spool's frames on a connection, most important class first, and settles what is acknowledged. */
export class Sender {
  readonly lanes: Readonly<Record<DataClass, ClassLanes>>;
  /** Since the start: what was acknowledged, how long that took, and what was asked for and is not here. */
  readonly stats = {
    frames: byClass(() => 0),
    latencySeconds: 0,
    acknowledged: 0,
    definitions: 0,
    missing: 0,
    refused: 0,
    /** Frames whose connection ended before their acknowledgement: they are sent again on the next one. */
    unacknowledged: 0,
  };
  readonly #options: SenderOptions;
  #uplink: Uplink | null = null;
  /** Definitions that were sent on this connection. */
  #sent = new Set<Hash>();

  constructor(options: SenderOptions) {
    this.#options = options;
    const { spool, host, windowFrames, windowBytes, backfillShare, staleMs } = options;
    this.lanes = byClass(
      (name) =>
        new ClassLanes({
          reader: spool.reader(name),
          end: () => spool.journal.end(name),
          now: host.now,
          windowFrames,
          windowBytes,
          backfillShare,
          staleMs,
          send: (record, done) => this.#send(name, record, done),
          onError: (error) =>
            host.log('error', 'the spool cannot be read, this class waits for the next connection', {
              class: name,
              error: error instanceof Error ? error.message : String(error),
            }),
        }),
    );
  }

  open(uplink: Uplink): void {
    this.#uplink = uplink;
    this.#sent = new Set();
    for (const name of DATA_CLASSES) this.lanes[name].open();
  }

  close(): void {
    this.#uplink = null;
    for (const name of DATA_CLASSES) this.lanes[name].close();
  }

  /** What the relay says about frames and definitions. */
  control(control: Control): void {
    for (const hash of control.need ?? []) this.#define(hash);
    for (const name of DATA_CLASSES) {
      const level = control.pressure?.[name];
      if (level === undefined) continue;
      this.lanes[name].pressure = level;
      this.lanes[name].pump();
    }
    if (control.refused !== undefined) {
      this.stats.refused++;
      this.#options.host.log('error', 'the relay refused a message', { ...control.refused });
    }
  }

  /** The highest level of pressure that the relay has told for lines. */
  get linePressure(): PressureLevel {
    const { log, debug } = this.lanes;
    return log.pressure > debug.pressure ? log.pressure : debug.pressure;
  }

  /** Frames, items and bytes that wait in the spool. */
  queued(dataClass: DataClass): { frames: number; items: number; bytes: number } {
    const { journal } = this.#options.spool;
    const { queued } = journal.totals(dataClass, READER);
    const bytes = Math.max(0, journal.end(dataClass) - this.#options.spool.reader(dataClass).floor());
    return { frames: queued.records, items: queued.items, bytes: queued.records === 0 ? 0 : bytes };
  }

  #send(dataClass: DataClass, record: JournalRecord, done: (acknowledged: boolean) => void): boolean {
    const { spool, host, name, definitions } = this.#options;
    const uplink = this.#uplink;
    if (uplink === null) return false;
    const frame = this.#read(dataClass, record);
    if (frame === null) return false;
    for (const hash of frame.header.definitions) {
      if (this.#sent.has(hash) || this.#define(hash)) continue;
      spool.giveUp(dataClass, record, frame.header.boot, 'definition_lost');
      host.log('error', 'a frame names a definition that is not here any more', { class: dataClass, definition: hash });
      return false;
    }
    const began = host.mono();
    uplink.publish(topicOf(name, dataClass), frame.bytes, { retain: false }, (error) => {
      if (error === null) {
        this.stats.frames[dataClass]++;
        this.stats.acknowledged++;
        this.stats.latencySeconds += (host.mono() - began) / 1000;
        spool.settle(dataClass, record, frame.header.boot, 'out');
        if (dataClass === 'metric' && this.stats.frames.metric % COLLECT_EVERY === 0) {
          definitions.collect(spool.reader('metric').floor());
        }
      } else this.stats.unacknowledged++;
      done(error === null);
    });
    return true;
  }

  /** The frame in a record; null if it is none: then it is given up. */
  #read(
    dataClass: DataClass,
    record: JournalRecord,
  ): { bytes: Uint8Array; header: FrameHeader & { definitions: Hash[] } } | null {
    try {
      const bytes = frameOf(record.bytes);
      return { bytes, header: decodeHeader(bytes) };
    } catch (error) {
      if (!(error instanceof HeliographError)) throw error;
      this.#options.spool.reader(dataClass).acknowledge(record, { dropped: 'undecodable' });
      this.#options.host.log('error', 'a record of the spool is given up', { class: dataClass, error: error.message });
      return null;
    }
  }

  /** Sends a definition; false if it is not here. No acknowledgement is waited for: the relay holds frames that come before theirs. */
  #define(hash: Hash): boolean {
    const bytes = this.#options.definitions.bytes(hash);
    if (bytes === null) {
      this.stats.missing++;
      return false;
    }
    this.#sent.add(hash);
    this.stats.definitions++;
    this.#uplink?.publish(topicOf(this.#options.name, 'definitions'), bytes, { retain: false }, (error) => {
      if (error !== null) this.#sent.delete(hash);
    });
    return true;
  }
}
