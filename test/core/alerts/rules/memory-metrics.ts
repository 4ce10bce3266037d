import { AnsweredQueries } from '../../../../core/metrics/answered-queries.ts';
import type { MetricFrame } from '../../../../core/ports/frames.ts';
import type { FrameOutcome, MetricQueries, SeriesSamples } from '../../../../core/ports/metric-store.ts';
import { streamInstant } from '../../../../core/promql/evaluate.ts';
import { answerJson } from '../../../../core/promql/json.ts';
import { staleness } from '../../../../core/promql/stale.ts';
import { memorySource } from '../../promql/memory-source.ts';

type Labels = Readonly<Record<string, string>>;

/** A metric store in memory, with the real evaluator; `trouble` is what it fails with. */
export class MemoryMetrics extends AnsweredQueries {
  readonly visibleAfterMs = 0;
  readonly #series = new Map<string, { labels: Labels; samples: Map<number, Float64Array> }>();
  trouble: Error | null = null;
  /** Of the next answers: a part of the engine does not answer. */
  partial = false;
  /** Held up until it resolves. */
  gate: Promise<void> = Promise.resolve();
  asked: string[] = [];

  /** ms since the epoch */
  put(labels: Labels, time: number, value: number | Float64Array): void {
    const key = JSON.stringify(Object.entries(labels).sort());
    const there = this.#series.get(key) ?? { labels, samples: new Map<number, Float64Array>() };
    this.#series.set(key, there);
    there.samples.set(time, typeof value === 'number' ? Float64Array.of(value) : value);
  }

  async take({ rows }: MetricFrame): Promise<FrameOutcome> {
    if (this.trouble) throw this.trouble;
    let written = 0;
    for (const { page, times, values } of rows) {
      for (const [i, time] of times.entries()) {
        for (const [j, { name, labels }] of page.series.entries()) {
          const at = i * page.series.length + j;
          this.put({ __name__: name, ...Object.fromEntries(labels) }, time, values.slice(at, at + 1));
          written++;
        }
      }
    }
    return { written, repeated: 0, dropped: {} };
  }

  async answer(...[expression, at, options, limit]: Parameters<MetricQueries['answer']>) {
    this.asked.push(expression);
    await this.gate;
    if (this.trouble) throw this.trouble;
    const stream = streamInstant(expression, at as number, memorySource(this.#all()), options);
    const { json, cut } = answerJson(stream, limit, () => undefined);
    return { json, cut, warnings: [], infos: [], partial: this.partial };
  }

  /** The samples of a series as `value@seconds`, an end as `end@seconds`; null: there is no such series. */
  samplesOf(labels: Labels, epoch = 0): string[] | null {
    const found = this.#series.get(JSON.stringify(Object.entries(labels).sort()));
    if (!found) return null;
    return [...found.samples]
      .sort(([a], [b]) => a - b)
      .map(([time, value]) => `${staleness(value)(0) ? 'end' : value[0]}@${(time - epoch) / 1000}`);
  }

  /** Every series of a name. */
  named(name: string): Labels[] {
    return [...this.#series.values()].map(({ labels }) => labels).filter(({ __name__ }) => __name__ === name);
  }

  #all(): SeriesSamples[] {
    return [...this.#series.values()].map(({ labels, samples }) => {
      const sorted = [...samples].sort(([a], [b]) => a - b);
      const values = new Float64Array(sorted.length);
      for (const [i, [, value]] of sorted.entries()) values.set(value, i);
      return { labels, times: Float64Array.from(sorted, ([time]) => time), values };
    });
  }
}
