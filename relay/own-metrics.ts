import { HeliographError } from '../lib/errors.ts';
import type { Journal } from '../lib/journal/journal.ts';
import type { Hash } from '../proto/hash.ts';
import { LIMITS } from '../proto/limits.ts';
import { type EncodedSection, encodeMetricsBody } from '../proto/metrics-body.ts';
import type { DefinitionEntry } from './definition-index.ts';
import type { DefinitionStore } from './definitions.ts';
import { OwnFrames, type OwnFramesParts } from './own-frames.ts';

/** A page of series; it stays as it is as long as it is used. */
export interface OwnPage {
  readonly hash: Hash;
  readonly content: Uint8Array;
}

/** Samples of one page, ready for a frame. */
export interface OwnSection {
  readonly page: OwnPage;
  readonly section: EncodedSection;
  readonly samples: number;
  /** Cells, absent ones included: what the frame's limit counts. */
  readonly values: number;
}

/** A frame's body of kind sketches. */
export interface SketchesBody {
  readonly sketches: number;
  readonly body: Uint8Array;
}

/** What one frame holds at most: well below the wire's limits, so that a block of others has room for it. */
const FRAME_SECTIONS = 256;
const FRAME_VALUES = LIMITS.valuesPerFrame / 4;
export const FRAME_BYTES: number = LIMITS.frameBytes / 4;

/** With the sequences of class metric. */
export interface OwnMetricsParts extends OwnFramesParts {
  readonly journal: Journal;
  readonly definitions: DefinitionStore;
}

/** Samples that the relay made frames of itself (its roll-ups, what its doors took), in its own journal, as durable as everybody's. */
export class OwnMetrics {
  readonly #parts: OwnMetricsParts;
  readonly #frames: OwnFrames;

  constructor(parts: OwnMetricsParts) {
    this.#parts = parts;
    this.#frames = new OwnFrames('metric', 'metrics', parts);
  }

  /**
   * Resolves when all of it is in the journal. Called again with what failed, it writes some of it twice; stores keep one sample of a series and time.
   * @returns pages whose samples were given up because the host has more of them in use than one may have
   * @throws HeliographError HG_JOURNAL_* when the journal takes nothing now
   */
  async write(sections: readonly OwnSection[]): Promise<ReadonlySet<OwnPage>> {
    const entries = new Map<OwnPage, DefinitionEntry | null>();
    for (const { page } of sections) if (!entries.has(page)) entries.set(page, await this.#define(page));
    const kept = sections.filter(({ page }) => entries.get(page) !== null);
    for (const some of framesOf(kept)) {
      const named = new Set(some.map(({ page }) => entries.get(page)!));
      await this.#append(some, [...named]);
    }
    return new Set([...entries].filter(([, entry]) => entry === null).map(([page]) => page));
  }

  /**
   * The same for sketches of windows, which name no definitions. Written a second time, a window's sketch takes the place of the first.
   * @throws HeliographError HG_JOURNAL_* when the journal takes nothing now
   */
  async writeSketches(bodies: readonly SketchesBody[]): Promise<void> {
    for (const { sketches, body } of bodies) {
      const frame = this.#frames.next(sketches, body, [], 'sketches');
      await this.#parts.journal.appendDurably('metric', frame.record);
      this.#frames.kept(frame);
    }
  }

  /** Durable when it resolves; null: there is no room for it. */
  async #define(page: OwnPage): Promise<DefinitionEntry | null> {
    const { definitions, host } = this.#parts;
    const known = definitions.known(host, page.hash);
    if (known) return known;
    try {
      await new Promise<void>((resolve, reject) => {
        definitions.add(host, page.content, (error) => (error ? reject(error) : resolve()));
      });
    } catch (error) {
      if (error instanceof HeliographError && error.code === 'HG_RELAY_QUOTA') return null;
      throw error;
    }
    return definitions.known(host, page.hash) ?? null;
  }

  async #append(sections: readonly OwnSection[], named: readonly DefinitionEntry[]): Promise<void> {
    const { journal, definitions } = this.#parts;
    const items = sections.reduce((sum, { samples }) => sum + samples, 0);
    const body = encodeMetricsBody(sections.map(({ section }) => section));
    const hashes = named.map(({ hash }) => hash);
    const frame = this.#frames.next(items, body, hashes);
    const position = await journal.appendDurably('metric', frame.record);
    this.#frames.kept(frame);
    definitions.named(named, position);
  }
}

function* framesOf(sections: readonly OwnSection[]): Generator<OwnSection[]> {
  let frame: OwnSection[] = [];
  let values = 0;
  let bytes = 0;
  for (const one of sections) {
    const full =
      frame.length >= FRAME_SECTIONS ||
      values + one.values > FRAME_VALUES ||
      bytes + one.section.columns.length > FRAME_BYTES;
    if (full && frame.length > 0) {
      yield frame;
      frame = [];
      values = bytes = 0;
    }
    frame.push(one);
    values += one.values;
    bytes += one.section.columns.length;
  }
  if (frame.length > 0) yield frame;
}
