import { HeliographError } from '../../lib/errors.ts';
import type { Logger } from '../../lib/log.ts';
import type { Counter, Registry } from '../../lib/metrics.ts';
import { ColumnEncoder } from '../../proto/columns.ts';
import { encodeFrame, openFrame } from '../../proto/frame.ts';
import {
  decodeSections,
  type EncodedSection,
  encodeMetricsBody,
  type MetricSection,
  namedDefinitions,
} from '../../proto/metrics-body.ts';
import { knownHex } from '../known-texts.ts';
import type { FrameRecord } from '../record.ts';
import type { DecodedDefinitions } from './decoded-definitions.ts';
import type { RollupEngine } from './engine.ts';

/** A frame as it goes on, and how many of its samples are left. */
export interface Stripped {
  readonly record: FrameRecord;
  readonly left: number;
}

/**
 * Takes the samples out of frames on their way to the core that a rule wants dropped. The frame goes on under its number with what is left, be it
 * nothing, so that no sequence is missing there. The journal has the whole frame until the roll-ups are durable.
 */
export class DroppedInputs {
  readonly #engine: RollupEngine;
  readonly #definitions: DecodedDefinitions;
  readonly #relay: string;
  readonly #log: Logger;
  readonly #samples: Counter;
  readonly #whole: Counter;
  readonly #encoder = new ColumnEncoder();

  /** @param options.relay its name: what it computed itself goes on as it is */
  constructor(options: {
    engine: RollupEngine;
    definitions: DecodedDefinitions;
    relay: string;
    log: Logger;
    metrics: Registry;
  }) {
    this.#engine = options.engine;
    this.#definitions = options.definitions;
    this.#relay = options.relay;
    this.#log = options.log;
    this.#samples = options.metrics.counter(
      'heliograph_relay_rollup_inputs_dropped_total',
      'Samples taken out of frames on their way to the core, because a rule drops its inputs.',
    );
    this.#whole = options.metrics.counter(
      'heliograph_relay_rollup_inputs_whole_total',
      'Frames that went on whole although a rule may drop some of it: they could not be read.',
    );
  }

  /** Whether any rule drops its inputs now. */
  get active(): boolean {
    return this.#engine.drops;
  }

  /** Makes ready what `strip` needs for these frames. Never rejects: what cannot be had now goes on whole. */
  async prepare(records: readonly FrameRecord[]): Promise<void> {
    for (const record of records) {
      if (record.host === this.#relay) continue;
      try {
        const { header, sections } = openFrame(record.frame, knownHex);
        if (header.kind !== 'metrics') continue;
        for (const section of sections) await this.#load(record.host, section);
      } catch (error) {
        this.#log.debug('what a frame names cannot be read; it goes on whole', {
          host: record.host,
          error: String(error),
        });
      }
    }
  }

  /** The frame without what is dropped; null: it goes on as it is. */
  strip(record: FrameRecord): Stripped | null {
    if (record.host === this.#relay) return null;
    try {
      return this.#strip(record);
    } catch (error) {
      if (!(error instanceof HeliographError)) throw error;
      // The core will refuse it and keep its bytes.
      this.#whole.inc();
      return null;
    }
  }

  #strip(record: FrameRecord): Stripped | null {
    const { header, sections } = openFrame(record.frame, knownHex);
    if (header.kind !== 'metrics') return null;
    const kept: EncodedSection[] = [];
    let dropped = 0;
    for (const section of sections) {
      const columns = this.#columns(record.host, section);
      if (columns.length === 0) {
        kept.push(section);
        continue;
      }
      if (!this.#definitions.ready(section)) {
        this.#whole.inc();
        return null;
      }
      const [decoded] = decodeSections([section], this.#definitions);
      const present = this.#leave(decoded!, columns);
      dropped += present.taken;
      if (present.left > 0) kept.push(this.#encode(decoded!, present.cells));
    }
    if (dropped === 0) return null;
    this.#samples.inc({}, dropped);
    const left = header.count - dropped;
    const frame = encodeFrame({ ...header, count: left }, encodeMetricsBody(kept));
    return { record: { ...record, definitions: namedDefinitions(kept), frame }, left };
  }

  #columns(host: string, section: EncodedSection): readonly number[] {
    const page = this.#definitions.page(section.page);
    return page === undefined ? [] : this.#engine.dropped(page, host);
  }

  async #load(host: string, section: EncodedSection): Promise<void> {
    const page = await this.#definitions.loadPage(host, section.page);
    if (page && this.#engine.dropped(page, host).length > 0) await this.#definitions.load(host, section);
  }

  #leave({ n, values, present }: MetricSection, columns: readonly number[]) {
    const cells = present === null ? new Uint8Array(values.length).fill(1) : Uint8Array.from(present);
    let taken = 0;
    for (const column of columns) {
      for (let at = column; at < cells.length; at += n) {
        taken += cells[at]!;
        cells[at] = 0;
      }
    }
    let left = 0;
    for (let at = 0; at < cells.length; at++) left += cells[at]!;
    return { cells, taken, left };
  }

  /** Under the page and the base row that it had: no definition of its own is needed. */
  #encode({ page, base, n, times, values }: MetricSection, present: Uint8Array): EncodedSection {
    const row = base === null ? null : this.#definitions.base(base)!.values;
    return { page, base, columns: this.#encoder.encode(n, times, values, present, row) };
  }
}
