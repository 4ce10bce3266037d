import { createHash } from 'node:crypto';
import { ColumnEncoder } from '../../../proto/columns.ts';
import { encodeFrame, openFrame } from '../../../proto/frame.ts';
import { hashOf } from '../../../proto/hash.ts';
import { decodeSections, encodeMetricsBody } from '../../../proto/metrics-body.ts';
import { decodeDefinition, encodePage, type PageSeries, sortSeries } from '../../../proto/page.ts';
import type { IngestCore } from '../../support/ingest-core.ts';
import { type Host, header } from '../setup.ts';

const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest();

/** A page as a host sends it. */
export interface SentPage {
  readonly series: readonly PageSeries[];
  readonly content: Uint8Array;
  readonly hash: string;
}

/** @param series name and labels; sorted here */
export function sentPage(series: readonly { name: string; labels?: Record<string, string> }[]): SentPage {
  const sorted = sortSeries(series.map(({ name, labels = {} }) => ({ name, labels: Object.entries(labels) })));
  const content = encodePage(sorted);
  return { series: sorted, content, hash: hashOf(content, sha256) };
}

/** @param rows [time, values in the page's order; NaN: absent] */
export function samplesFrame(
  page: SentPage,
  sequence: number,
  rows: readonly (readonly [number, ...number[]])[],
  floor = 1,
): Uint8Array {
  const n = page.series.length;
  const cells = rows.flatMap(([, ...values]) => values);
  const absent = cells.some(Number.isNaN);
  const columns = new ColumnEncoder().encode(
    n,
    Float64Array.from(rows, ([time]) => time),
    Float64Array.from(cells, (value) => (Number.isNaN(value) ? 0 : value)),
    absent ? Uint8Array.from(cells, (value) => (Number.isNaN(value) ? 0 : 1)) : null,
    null,
  );
  const count = cells.filter((value) => !Number.isNaN(value)).length;
  const body = encodeMetricsBody([{ page: page.hash, base: null, columns }]);
  return encodeFrame(header(sequence, { class: 'metric', kind: 'metrics', count, floor }), body);
}

/** Defines the page and sends the rows, acknowledged. */
export async function sendSamples(
  host: Host,
  page: SentPage,
  sequence: number,
  rows: readonly (readonly [number, ...number[]])[],
): Promise<void> {
  if (sequence === 1) await host.publish('definitions', page.content);
  await host.publish('metric', samplesFrame(page, sequence, rows));
}

/** What a core got from a host, as name{labels}@time: value; later frames write over earlier ones, as in a store. */
export function samplesAt(core: IngestCore, host: string): Record<string, number> {
  const found: Record<string, number> = {};
  for (const one of core.frames) {
    if (one.host !== host || one.class !== 'metric') continue;
    const { sections } = openFrame(one.frame);
    const pageOf = (hash: string) => {
      const definition = decodeDefinition(core.definitions.get(hash)!);
      if (definition.kind !== 'page') throw new Error('no page');
      return definition.series;
    };
    const known = { pageSize: (hash: string) => pageOf(hash).length, base: () => undefined };
    for (const { page, n, times, values, present } of decodeSections(sections, known)) {
      const series = pageOf(page);
      for (let at = 0; at < values.length; at++) {
        if (present && present[at] === 0) continue;
        const { name, labels } = series[at % n]!;
        const text = labels.map(([label, value]) => `${label}=${value}`).join();
        found[`${name}{${text}}@${times[Math.floor(at / n)]}`] = values[at]!;
      }
    }
  }
  return found;
}
