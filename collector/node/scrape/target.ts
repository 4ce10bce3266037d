import { HeliographError } from '../../../lib/errors.ts';
import { readExposition } from '../../../lib/ingest/exposition/read.ts';
import type { ExposedSample } from '../../../lib/ingest/exposition/series.ts';
import type { Host } from '../../core/host.ts';
import type { PushedSample, PushedTarget } from '../../core/pushed/target.ts';
import { NO_LABELS, type SampleSink } from '../../core/sources/source.ts';
import type { FetchedPage } from './fetch-page.ts';

export interface ScrapeTargetParts {
  readonly host: Host;
  readonly name: string;
  readonly target: PushedTarget;
  /** For samples with times of their own, which end with nothing: as in Prometheus, no marker is set for them. */
  readonly timedTarget: () => PushedTarget;
  readonly fetch: () => Promise<FetchedPage>;
  /** Labels that the target gives to all its series, by name. */
  readonly targetLabels: ReadonlySet<string>;
  readonly honorLabels: boolean;
  readonly honorTimestamps: boolean;
  readonly sampleLimit: number;
}

/** Scrapes one target, and tells of it as Prometheus does. */
export class ScrapeTarget {
  readonly #parts: ScrapeTargetParts;
  /** The code of what went wrong the last time, so that the log tells of it once. */
  #trouble = '';
  #timed: PushedTarget | null = null;
  #stopped = false;

  constructor(parts: ScrapeTargetParts) {
    this.#parts = parts;
  }

  /** What is under way tells nothing any more. */
  stop(): void {
    this.#stopped = true;
  }

  /** One scrape of the time `instant`, ms since the epoch. Never throws: that it failed is `up` 0, and all series of the target end. */
  async scrape(instant: number): Promise<void> {
    const { host, target, sampleLimit } = this.#parts;
    const began = host.mono();
    const samples: ExposedSample[] = [];
    let scraped = 0;
    let error: HeliographError | null = null;
    try {
      const { text, type } = await this.#parts.fetch();
      readExposition(text, type, (sample) => {
        if (scraped++ < sampleLimit) samples.push(sample);
      });
      if (scraped > sampleLimit) {
        throw new HeliographError('HG_SCRAPE_SAMPLES', `${scraped} samples, at most ${sampleLimit}`, { scraped });
      }
    } catch (cause) {
      if (!(cause instanceof HeliographError)) throw cause;
      error = cause;
      samples.length = 0;
    }
    // That the collector ends says nothing of the target.
    if (this.#stopped) return;
    this.#tell(error);
    const seconds = (host.mono() - began) / 1000;
    const timed: PushedSample[] = [];
    target.row(instant, (sink, pushed) => {
      for (const { name, labels, value, time } of samples) {
        const own = this.#labels(labels);
        if (time === null || !this.#parts.honorTimestamps) sink.add(name, own, value);
        else timed.push({ name, labels: own, value, time });
      }
      const { dropped, added } = pushed;
      report(sink, 'up', error === null ? 1 : 0);
      report(sink, 'scrape_duration_seconds', seconds);
      report(sink, 'scrape_samples_scraped', scraped);
      report(sink, 'scrape_samples_post_metric_relabeling', error === null ? scraped - dropped : scraped);
      report(sink, 'scrape_series_added', added);
    });
    if (timed.length === 0) return;
    this.#timed ??= this.#parts.timedTarget();
    this.#timed.samples(timed);
  }

  #labels(labels: readonly string[]): readonly string[] {
    const { honorLabels, targetLabels } = this.#parts;
    if (honorLabels) return labels;
    let own: string[] | null = null;
    for (let i = 0; i < labels.length; i += 2) {
      if (!targetLabels.has(labels[i]!)) continue;
      own ??= [...labels];
      let name = `exported_${labels[i]!}`;
      while (targetLabels.has(name) || labels.some((label, at) => at % 2 === 0 && label === name))
        name = `exported_${name}`;
      own[i] = name;
    }
    return own ?? labels;
  }

  #tell(error: HeliographError | null): void {
    const { host, name } = this.#parts;
    const code = error?.code ?? '';
    if (code === this.#trouble) return;
    this.#trouble = code;
    if (error === null) host.log('info', 'a target can be scraped again', { target: name });
    else host.log('warn', 'a target cannot be scraped', { target: name, code, error: error.message });
  }
}

function report(sink: SampleSink, name: string, value: number): void {
  sink.add(name, NO_LABELS, value);
}
