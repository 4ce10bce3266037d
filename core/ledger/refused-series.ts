import { createHash } from 'node:crypto';
import { encode } from 'cbor-x';
import type { RefusedSamples } from '../engines/victoriametrics/job.ts';
import { flatLabels } from '../metrics/target-labels.ts';
import type { MetricFrame } from '../ports/frames.ts';
import type { Objects } from '../ports/objects.ts';

const FOLDER = 'dead-letters/series/';

/**
 * Dead letters of single series: what the metric store would not take of a frame, with its words. The store counts the samples as dropped
 * with their frame, so no account is made of them here. One object a frame, named by the frame: one that comes again is kept once.
 */
export class RefusedSeries {
  readonly #objects: Objects;
  readonly #maxBytes: number;
  readonly #onLeftOut: (frame: MetricFrame) => void;
  /** Bytes that are kept; asked of the objects once. */
  #used: Promise<number> | null = null;

  /** @param maxBytes kept in all; beyond, series are counted by the store and told to `onLeftOut`, without their samples */
  constructor(objects: Objects, maxBytes: number, onLeftOut: (frame: MetricFrame) => void) {
    this.#objects = objects;
    this.#maxBytes = maxBytes;
    this.#onLeftOut = onLeftOut;
  }

  /**
   * Resolves when the series are durable.
   * @throws HeliographError HG_OBJECT_DISK, or of the objects' engine
   */
  async put(frame: MetricFrame, { series }: RefusedSamples): Promise<void> {
    const { id, relay, received, target } = frame;
    const letters = frame.rows.flatMap(({ page, times, values, present }) =>
      page.series.flatMap((one, column) => {
        const refusal = series.find((refused) => refused.column === column && refused.page === page);
        if (!refusal) return [];
        const n = page.series.length;
        const samples = Array.from(times, (time, i) => [time, values[i * n + column]!, present?.[i * n + column] ?? 1]);
        const kept = samples.filter(([, , there]) => there === 1).map(([time, value]) => [time, value]);
        return [{ labels: flatLabels(one, target), why: refusal.reason, samples: kept }];
      }),
    );
    const name = `${id.host}\0${id.boot}\0${id.class}\0${id.sequence}`;
    const key = createHash('sha256').update(name).digest('hex').slice(0, 32);
    const bytes = encode({ v: 1, id, relay, received, series: letters });
    this.#used ??= this.#kept();
    const used = await this.#used;
    if (used + bytes.length > this.#maxBytes) {
      this.#onLeftOut(frame);
      return;
    }
    await this.#objects.put(`${FOLDER}${key}`, bytes);
    this.#used = Promise.resolve((await this.#used) + bytes.length);
  }

  async #kept(): Promise<number> {
    let bytes = 0;
    for await (const object of this.#objects.list(FOLDER)) bytes += object.bytes;
    return bytes;
  }
}
