import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../../lib/clock.ts';
import { HeliographError } from '../../lib/errors.ts';
import type { JournalFiles, JournalReader, JournalRecord } from '../../lib/journal/contract.ts';
import type { Journal } from '../../lib/journal/journal.ts';
import type { Logger } from '../../lib/log.ts';
import { openFrame } from '../../proto/frame.ts';
import type { DecodedDefinitions } from '../decoded-definitions.ts';
import { readWhole, writeDurably } from '../durable-file.ts';
import { knownHex } from '../known-texts.ts';
import type { OwnMetrics, SketchesBody } from '../own-metrics.ts';
import { decodeRecord, type FrameRecord } from '../record.ts';
import { ROLLUP_READER } from '../sequence-memory.ts';
import type { RollupEngine } from './engine.ts';
import { FrameSections } from './frame-sections.ts';
import type { OutputPages, OutputSection } from './output-pages.ts';
import { type OutputSketch, sketchBodies } from './output-sketches.ts';
import type { PartialReason } from './rule-state.ts';
import type { RollupRule } from './rules.ts';
import { readSnapshot, snapshotParts } from './snapshot.ts';
import { TakenFrames } from './taken-frames.ts';
import { type ClosedOutputs, writableOutputs } from './writable.ts';

/** Of the journal at once: some ms of work. */
const READ_BYTES = 128 * 1024;
/** Between two looks at a journal whose end was reached, ms: frames of many hosts are taken together. */
const IDLE_MS = 200;
const RETRY_MS = 500;
const FORGET_MS = 60_000;
/** A host that was quiet this long may begin anew. */
const HOST_MS = 86_400_000;

export interface RollupStreamParts {
  readonly engine: RollupEngine;
  readonly journal: Journal;
  readonly definitions: DecodedDefinitions;
  readonly own: OwnMetrics;
  readonly pages: OutputPages;
  /** The relay's name: its own frames are no inputs. */
  readonly relay: string;
  /** Which of the relay's processes it is; null: the relay is one. */
  readonly worker: number | null;
  /** Whether series go on to the core as others than they came, or not at all. */
  readonly changed: () => boolean;
  readonly files: JournalFiles;
  /** Where the state is kept. */
  readonly snapshot: string;
  readonly clock: Clock;
  /** No window is closed so soon after the start, ms: hosts have to come back first with what they kept meanwhile. */
  readonly graceMs: number;
  /** Between two snapshots, ms: what came since is read again after a crash. */
  readonly saveMs: number;
  readonly log: Logger;
}

/** What closed windows come to, as it is written. */
interface Built {
  readonly sections: readonly OutputSection[];
  /** How many those have. */
  readonly samples: number;
  readonly bodies: readonly SketchesBody[];
}

/** What the stream did since the start. */
export interface RollupCounts {
  readonly frames: { taken: number; repeated: number; undecodable: number; no_definition: number };
  /** Samples that were written, and that were given up for want of room for their definitions; and sketches that the core is to merge. */
  readonly outputs: { written: number; dropped: number; sketches: number };
  snapshots: number;
}

/**
 * Reads all metric frames out of the journal, in its order, whether there is a core or not, gives their samples to the engine, and writes what closed
 * windows come to. The reader's cursor follows the snapshots: what a crash takes of the state is read again.
 */
export class RollupStream {
  readonly counts: RollupCounts = {
    frames: { taken: 0, repeated: 0, undecodable: 0, no_definition: 0 },
    outputs: { written: 0, dropped: 0, sketches: 0 },
    snapshots: 0,
  };
  readonly #parts: RollupStreamParts;
  readonly #reader: JournalReader;
  readonly #frames = new TakenFrames();
  readonly #sections: FrameSections;
  readonly #started: number;
  #position = 0;
  /** The relay's time of what was read last. */
  #received = Number.NEGATIVE_INFINITY;
  /** The next frame tells until when inputs are missing. */
  #lost: PartialReason | null = null;
  #rules: readonly RollupRule[] | null = null;
  #unsaved = false;
  /** Windows are closed of which not all is written. */
  #torn = false;
  #saved: number;
  #forgot: number;
  #closed = false;
  #running: Promise<void> = Promise.resolve();
  #wake: () => void = () => undefined;

  constructor(parts: RollupStreamParts) {
    this.#parts = parts;
    this.#reader = parts.journal.reader('metric', ROLLUP_READER);
    this.#sections = new FrameSections({
      definitions: parts.definitions,
      wants: (page) => parts.engine.wants(page),
      missing: () => this.counts.frames.no_definition++,
    });
    this.#started = this.#saved = this.#forgot = parts.clock.mono();
  }

  /** Bytes of the journal that are not read yet. */
  get behind(): number {
    return this.#parts.journal.end('metric') - this.#position;
  }

  /** Brings back what was known before the start, and goes on from there. The engine has its rules already. */
  async start(): Promise<void> {
    const { engine, clock, journal, log, snapshot } = this.#parts;
    const states = engine.rules.map(({ state }) => state);
    let position: number | null = null;
    const markStarted = () => {
      for (const state of states) state.mark('started', clock.now());
    };
    // Those that are brought back were there before.
    markStarted();
    try {
      const bytes = await readWhole(this.#parts.files, snapshot);
      position = bytes && readSnapshot(bytes, this.#frames, states);
    } catch (error) {
      log.warn('the state of roll-ups cannot be read; windows begin anew', { file: snapshot, error: String(error) });
    }
    if (position === null) markStarted();
    // A snapshot of another journal, say of one that was put aside: it tells nothing of what is in this one.
    const foreign = position !== null && position > journal.end('metric');
    this.#position = position === null || foreign ? this.#reader.floor() : position;
    if (foreign || this.#position < journal.start('metric')) this.#lost = 'lost_inputs';
    this.#running = this.#run();
  }

  /** Other rules, from the next frames on. */
  setRules(rules: readonly RollupRule[]): void {
    this.#rules = rules;
  }

  /** Stops, and writes down the state. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#wake();
    await this.#running;
    await this.#save().catch((error) => this.#notSaved(error));
  }

  async #run(): Promise<void> {
    while (!this.#closed) {
      try {
        const more = await this.#step();
        if (!more) await this.#pause(IDLE_MS);
      } catch (error) {
        this.#parts.log.error('roll-ups do not come on; trying again', { error: String(error) });
        await this.#pause(RETRY_MS);
      }
    }
  }

  /** @returns whether there may be more to read at once */
  async #step(): Promise<boolean> {
    const { engine, clock, journal } = this.#parts;
    if (this.#rules) {
      for (const state of engine.setRules(this.#rules)) state.mark('started', clock.now());
      this.#rules = null;
    }
    if (this.#position < journal.start('metric')) this.#lost = 'lost_inputs';
    const { records, next } = await this.#reader.read(this.#position, READ_BYTES, true);
    for (const record of records) {
      const waits = this.#take(record);
      if (waits) await waits;
    }
    if (next > this.#position) this.#unsaved = true;
    this.#position = next;
    const atEnd = next >= journal.end('metric');
    // Behind the end the clock says nothing of what is still to be read.
    await this.#closeWindows(atEnd ? Math.max(clock.now(), this.#received) : this.#received);
    if (clock.mono() - this.#saved >= this.#parts.saveMs) await this.#save().catch((error) => this.#notSaved(error));
    return !atEnd;
  }

  /** Takes one record; a promise only where definitions have to be fetched first. */
  #take(record: JournalRecord): Promise<void> | null {
    const read = decodeRecord(record.bytes);
    if (!read || read.host === this.#parts.relay) return null;
    if (this.#lost) {
      this.#parts.engine.mark(this.#lost, read.received);
      this.#lost = null;
    }
    this.#received = Math.max(this.#received, read.received);
    try {
      const { header, sections } = openFrame(read.frame, knownHex);
      const place = this.#frames.take(read.host, read.boot, read.sequence, read.received, header.floor);
      if (!place) {
        this.counts.frames.repeated++;
        return null;
      }
      if (header.kind !== 'metrics') return null;
      this.counts.frames.taken++;
      const waits = this.#sections.each(read.host, sections, (section) => {
        this.#parts.engine.take(read.host, section, place, read.received);
      });
      return waits?.catch((error) => this.#undecodable(read, error)) ?? null;
    } catch (error) {
      this.#undecodable(read, error);
      return null;
    }
  }

  /** The core will refuse it too, and keep its bytes. What our own disk refuses says nothing of the frame. */
  #undecodable(read: FrameRecord, error: unknown): void {
    if (!(error instanceof HeliographError) || error.code.startsWith('HG_JOURNAL_')) throw error;
    this.counts.frames.undecodable++;
    this.#parts.log.debug('a frame cannot be rolled up', { host: read.host, code: error.code });
  }

  async #closeWindows(now: number): Promise<void> {
    const { engine, clock } = this.#parts;
    const mono = clock.mono();
    if (mono - this.#started < this.#parts.graceMs || now === Number.NEGATIVE_INFINITY) return;
    const sketches: OutputSketch[] = [];
    const samples = engine.close(now, sketches);
    if (samples.length + sketches.length > 0) await this.#write(this.#build({ samples, sketches }));
    if (mono - this.#forgot < FORGET_MS) return;
    this.#forgot = mono;
    engine.forget();
    this.#frames.forget(now - HOST_MS);
  }

  /** The windows are closed: what cannot be written of them must not take the others with it. */
  #build(closed: ClosedOutputs): Built {
    try {
      return this.#built(closed);
    } catch (error) {
      const kept = writableOutputs(closed);
      const dropped = closed.samples.length - kept.samples.length + closed.sketches.length - kept.sketches.length;
      this.#parts.log.error('results of roll-ups cannot be written; they are given up', {
        dropped,
        error: String(error),
      });
      const built = this.#built(kept);
      this.counts.outputs.dropped += dropped;
      return built;
    }
  }

  #built({ samples, sketches }: ClosedOutputs): Built {
    const { engine, pages, worker, changed } = this.#parts;
    const bodies = sketchBodies(sketches, worker, changed() || engine.drops);
    return { sections: pages.sections(samples), samples: samples.length, bodies };
  }

  /** Until it is durable: a snapshot that has the windows closed must not come before what they came to. */
  async #write({ sections, samples, bodies }: Built): Promise<void> {
    const { own, log } = this.#parts;
    this.#unsaved = true;
    for (;;) {
      try {
        const without = await own.write(sections);
        await own.writeSketches(bodies);
        const dropped = sections.reduce((sum, { page, samples: n }) => sum + (without.has(page) ? n : 0), 0);
        if (dropped > 0) log.error('no room for the definitions of roll-ups; their samples are given up', { dropped });
        this.counts.outputs.dropped += dropped;
        this.counts.outputs.written += samples - dropped;
        this.counts.outputs.sketches += bodies.reduce((sum, one) => sum + one.sketches, 0);
        return;
      } catch (error) {
        log.error('roll-ups cannot be journalled; trying again', { samples, error: String(error) });
        await this.#pause(RETRY_MS);
        // What the windows held is in the journal still, and no snapshot must say that they are closed.
        if (!this.#closed) continue;
        this.#torn = true;
        throw error;
      }
    }
  }

  async #save(): Promise<void> {
    if (!this.#unsaved || this.#torn) return;
    const { engine, files, snapshot } = this.#parts;
    this.#saved = this.#parts.clock.mono();
    const position = this.#position;
    const states = engine.rules.map(({ state }) => state);
    await writeDurably(files, snapshot, snapshotParts(position, this.#frames, states, nextTurn));
    this.#unsaved = false;
    this.counts.snapshots++;
    this.#release(position);
  }

  #notSaved(error: unknown): void {
    this.#parts.log.error('the state of roll-ups is not written; trying again', { error: String(error) });
    // On a full disk segments must go all the same; what a crash then takes is told as lost inputs.
    if ((error as { code?: unknown }).code === 'ENOSPC') this.#release(this.#position);
  }

  #release(position: number): void {
    const floor = this.#reader.floor();
    if (position > floor) this.#reader.acknowledge({ start: floor, end: position, items: 0 }, 'out');
  }

  #pause(ms: number): Promise<void> {
    if (this.#closed) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
