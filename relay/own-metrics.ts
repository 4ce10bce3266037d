import { HeliographError } from '../lib/errors.ts';
import type { Journal } from '../lib/journal/journal.ts';
import { LIMITS } from '../proto/limits.ts';
import { encodeMetricsBody } from '../proto/metrics-body.ts';
import type { DefinitionEntry } from './definition-index.ts';
import type { DefinitionStore } from './definitions.ts';
import { OwnFrames, type OwnFramesParts } from './own-frames.ts';
import type { OutputPage, OutputSection } from './rollup/output-pages.ts';

/** What one frame holds at most: well below the wire's limits, so that a block of others has room for it. */
const FRAME_SECTIONS = 256;
const FRAME_VALUES = LIMITS.valuesPerFrame / 4;
const FRAME_BYTES = LIMITS.frameBytes / 4;

/** With the sequences of class metric. */
export interface OwnMetricsParts extends OwnFramesParts {
  readonly journal: Journal;
  readonly definitions: DefinitionStore;
}

/** Samples that the relay computed itself: frames of class metric under its own name, in its own journal, as durable as everybody's. */
export class OwnMetrics {
  readonly #parts: OwnMetricsParts;
  readonly #frames: OwnFrames;

  constructor(parts: OwnMetricsParts) {
    this.#parts = parts;
    this.#frames = new OwnFrames('metric', 'metrics', parts);
  }

  /**
   * Resolves when all of it is in the journal. Called again with what failed, it writes some of it twice; stores keep one sample of a series and time.
   * @returns samples that were given up because the relay has more pages in use than a host may have
   * @throws HeliographError HG_JOURNAL_* when the journal takes nothing now
   */
  async write(sections: readonly OutputSection[]): Promise<number> {
    const entries = new Map<OutputPage, DefinitionEntry | null>();
    for (const { page } of sections) if (!entries.has(page)) entries.set(page, await this.#define(page));
    const kept = sections.filter(({ page }) => entries.get(page) !== null);
    for (const some of framesOf(kept)) {
      const named = new Set(some.map(({ page }) => entries.get(page)!));
      await this.#append(some, [...named]);
    }
    return sections.reduce((sum, { page, samples }) => sum + (entries.get(page) === null ? samples : 0), 0);
  }

  /** Durable when it resolves; null: there is no room for it. */
  async #define(page: OutputPage): Promise<DefinitionEntry | null> {
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

  async #append(sections: readonly OutputSection[], named: readonly DefinitionEntry[]): Promise<void> {
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

function* framesOf(sections: readonly OutputSection[]): Generator<OutputSection[]> {
  let frame: OutputSection[] = [];
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
