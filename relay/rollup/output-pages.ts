import { ColumnEncoder } from '../../proto/columns.ts';
import { hashOf, type Sha256 } from '../../proto/hash.ts';
import { LIMITS } from '../../proto/limits.ts';
import { encodePage, sortSeries } from '../../proto/page.ts';
import type { OwnPage, OwnSection } from '../own-metrics.ts';
import type { OutputSample, OutputSeries } from './output-series.ts';
import { seriesText } from './series-labels.ts';

/** A page of output series. */
export interface OutputPage extends OwnPage {
  readonly series: readonly OutputSeries[];
}

/** Samples of one page, ready for a frame. */
export interface OutputSection extends OwnSection {
  readonly page: OutputPage;
}

/** Bytes of the texts of one page: a definition has a limit. */
const PAGE_TEXT_BYTES = LIMITS.definitionBytes / 2;
/** A page of which less than this part is written is made anew from what is. */
const LEAST_USE = 0.5;

/**
 * Puts the samples of closed windows on pages. A series keeps its page, so that the same windows name the same definitions again and again; those that
 * are new get a page together.
 */
export class OutputPages {
  readonly #sha256: Sha256;
  readonly #encoder = new ColumnEncoder();

  constructor(sha256: Sha256) {
    this.#sha256 = sha256;
  }

  sections(samples: readonly OutputSample[]): OutputSection[] {
    this.#place(new Set(samples.map(({ series }) => series)));
    const byPage = new Map<OutputPage, OutputSample[]>();
    for (const sample of samples) {
      const page = sample.series.page!;
      const there = byPage.get(page);
      if (there) there.push(sample);
      else byPage.set(page, [sample]);
    }
    return [...byPage].flatMap(([page, its]) => this.#encode(page, its));
  }

  #place(series: ReadonlySet<OutputSeries>): void {
    const used = new Map<OutputPage, number>();
    for (const { page } of series) if (page) used.set(page, (used.get(page) ?? 0) + 1);
    const homeless = [...series].filter(
      ({ page }) => page === null || used.get(page)! < page.series.length * LEAST_USE,
    );
    let byText = new Map<string, OutputSeries>();
    let bytes = 0;
    for (const one of homeless) {
      const text = seriesText(one);
      const own = textBytes(one);
      const full = byText.size >= LIMITS.seriesPerPage || bytes + own > PAGE_TEXT_BYTES;
      // Two rules may call what they make the same: a page has each series once.
      if (byText.size > 0 && (full || byText.has(text))) {
        this.#makePage(byText);
        byText = new Map();
        bytes = 0;
      }
      byText.set(text, one);
      bytes += own;
    }
    if (byText.size > 0) this.#makePage(byText);
  }

  #makePage(byText: ReadonlyMap<string, OutputSeries>): void {
    const sorted = sortSeries([...byText.values()]);
    const content = encodePage(sorted);
    const placed = sorted.map((one) => byText.get(seriesText(one))!);
    const page = { hash: hashOf(content, this.#sha256), content, series: placed };
    for (const [column, one] of placed.entries()) {
      one.page = page;
      one.column = column;
    }
  }

  #encode(page: OutputPage, samples: readonly OutputSample[]): OutputSection[] {
    const times = [...new Set(samples.map(({ time }) => time))].sort((a, b) => a - b);
    const sections: OutputSection[] = [];
    for (let from = 0; from < times.length; from += LIMITS.instants) {
      const some = times.slice(from, from + LIMITS.instants);
      const row = new Map(some.map((time, i) => [time, i]));
      const n = page.series.length;
      const values = new Float64Array(n * some.length);
      const present = new Uint8Array(n * some.length);
      let count = 0;
      for (const { series, time, value } of samples) {
        const i = row.get(time);
        if (i === undefined) continue;
        values[i * n + series.column] = value;
        present[i * n + series.column] = 1;
        count++;
      }
      const all = count === values.length ? null : present;
      const columns = this.#encoder.encode(n, Float64Array.from(some), values, all, null);
      sections.push({ page, section: { page: page.hash, base: null, columns }, samples: count, values: values.length });
    }
    return sections;
  }
}

function textBytes({ name, labels }: OutputSeries): number {
  return labels.reduce(
    (sum, [label, value]) => sum + Buffer.byteLength(label) + Buffer.byteLength(value) + 6,
    name.length + 8,
  );
}
