import { createHash } from 'node:crypto';
import type { PageRows, ResolvedPage } from '../../lib/doors/page-rows.ts';
import type { DoorClient } from '../../lib/doors/taker.ts';
import type { Label } from '../../lib/ingest/batch.ts';
import { ColumnEncoder } from '../../proto/columns.ts';
import { escapedLabel, looksEscaped } from '../../proto/door-sender.ts';
import { hashOf } from '../../proto/hash.ts';
import { LIMITS } from '../../proto/limits.ts';
import { compareSeries, encodePage, type PageSeries, RESERVED_LABELS } from '../../proto/page.ts';
import type { OwnPage, OwnSection } from '../own-metrics.ts';

/** Bytes of the texts of one page: a definition has a limit. */
const PAGE_TEXT_BYTES = LIMITS.definitionBytes / 2;

/** A part of a page of the door, as it is sent: its series, and in which columns of the door's rows they stand. */
interface Part {
  readonly page: OwnPage;
  readonly columns: Int32Array;
}

/** Rows of a door's pages as sections of frames. A page that comes again names the same definitions. */
export class DoorPages {
  readonly #client: DoorClient;
  readonly #encoder = new ColumnEncoder();
  readonly #parts = new WeakMap<ResolvedPage, readonly Part[]>();

  constructor(client: DoorClient) {
    this.#client = client;
  }

  /** Series that cannot stand on a page must have been taken out before (`fitsPage`). */
  sections(rows: readonly PageRows[]): OwnSection[] {
    return rows.flatMap((one) => this.#partsOf(one.page).flatMap((part) => this.#encode(part, one)));
  }

  #partsOf(page: ResolvedPage): readonly Part[] {
    let parts = this.#parts.get(page);
    if (!parts) {
      parts = partsOf(page.series.map((series) => named(series, this.#client)));
      this.#parts.set(page, parts);
    }
    return parts;
  }

  #encode({ page, columns }: Part, rows: PageRows): OwnSection[] {
    const sections: OwnSection[] = [];
    const width = rows.page.series.length;
    const n = columns.length;
    // As words: the bits of a stale marker pass as they are.
    const from = new Uint32Array(rows.values.buffer, rows.values.byteOffset, rows.values.length * 2);
    for (let first = 0; first < rows.times.length; first += LIMITS.instants) {
      const times = rows.times.slice(first, first + LIMITS.instants);
      const values = new Float64Array(times.length * n);
      const words = new Uint32Array(values.buffer);
      const present = new Uint8Array(values.length);
      let samples = 0;
      for (let i = 0; i < times.length; i++) {
        for (let column = 0; column < n; column++) {
          const source = (first + i) * width + columns[column]!;
          if (rows.present !== null && rows.present[source] === 0) continue;
          const cell = i * n + column;
          words[cell * 2] = from[source * 2]!;
          words[cell * 2 + 1] = from[source * 2 + 1]!;
          present[cell] = 1;
          samples++;
        }
      }
      if (samples === 0) continue;
      const all = samples === values.length ? null : present;
      const encoded = this.#encoder.encode(n, times, values, all, null);
      const section = { page: page.hash, base: null, columns: encoded };
      sections.push({ page, section, samples, values: values.length });
    }
    return sections;
  }
}

/** Whether a series' texts have room in a page. */
export function fitsPage(name: string, labels: readonly Label[]): boolean {
  let units = name.length;
  let longest = name.length;
  for (const [label, value] of labels) {
    units += label.length + value.length + 10;
    longest = Math.max(longest, label.length + 1, value.length);
  }
  // By far the most frequent case, without a look at bytes: a unit of UTF-16 is three of them at most.
  if (longest * 3 <= LIMITS.labelBytes && units * 3 <= PAGE_TEXT_BYTES) return true;
  if (longest > LIMITS.labelBytes) return false;
  const texts = [name, ...labels.flat()].map((text) => Buffer.byteLength(text) + 1);
  return Math.max(...texts) <= LIMITS.labelBytes && texts.reduce((sum, bytes) => sum + bytes + 9, 0) <= PAGE_TEXT_BYTES;
}

function partsOf(series: readonly PageSeries[]): Part[] {
  const sorted = series.map((one, column) => ({ ...one, column })).sort(compareSeries);
  const parts: Part[] = [];
  let some: typeof sorted = [];
  let bytes = 0;
  const close = () => {
    const content = encodePage(some);
    const hash = hashOf(content, (data) => createHash('sha256').update(data).digest());
    parts.push({ page: { hash, content }, columns: Int32Array.from(some, ({ column }) => column) });
    some = [];
    bytes = 0;
  };
  for (const one of sorted) {
    const own = textBytes(one);
    if (some.length > 0 && (some.length >= LIMITS.seriesPerPage || bytes + own > PAGE_TEXT_BYTES)) close();
    some.push(one);
    bytes += own;
  }
  if (some.length > 0) close();
  return parts;
}

/** As it stands on the page: who may not speak for others is the instance. */
function named({ name, labels }: PageSeries, { name: client, anyHost }: DoorClient): PageSeries {
  const taken = new Set(labels.map(([label]) => label));
  const own = labels.map(([label, value]): Label => {
    if (label === 'instance' && !anyHost) {
      let other = `exported_${label}`;
      while (taken.has(other)) other = `exported_${other}`;
      return [other, value];
    }
    return [RESERVED_LABELS.has(label) || looksEscaped(label) ? escapedLabel(label) : label, value];
  });
  if (!anyHost) own.push([escapedLabel('instance'), client]);
  return { name, labels: own.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)) };
}

function textBytes({ name, labels }: PageSeries): number {
  return labels.reduce(
    (sum, [label, value]) => sum + Buffer.byteLength(label) + Buffer.byteLength(value) + 6,
    Buffer.byteLength(name) + 8,
  );
}
