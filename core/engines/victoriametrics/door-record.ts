import { decode, encode } from 'cbor-x';
import { HeliographError } from '../../../lib/errors.ts';
import type { FrameId, MetricFrame, PageSeries, ResolvedPage } from '../../ports/frames.ts';
import type { FrameOutcome } from '../../ports/metric-store.ts';

/** A frame as it waits on our disk: whole, with its series, and what was refused of it already. */
export interface WaitingFrame {
  readonly frame: MetricFrame;
  readonly outcome: FrameOutcome;
}

interface Record {
  readonly v: 1;
  readonly id: FrameId;
  readonly outcome: FrameOutcome;
  readonly target: Readonly<{ [name: string]: string }>;
  readonly route: Pick<MetricFrame, 'relay' | 'created' | 'received' | 'skew' | 'lane'>;
  readonly rows: readonly { page: string; times: Uint8Array; values: Uint8Array; present: Uint8Array | null }[];
  /** Series of each page by its hash: encoded by itself, and once for each page. */
  readonly pages: readonly (readonly [string, Uint8Array])[];
}

const encodedPages = new WeakMap<ResolvedPage, Uint8Array>();

export function encodeWaiting({ frame, outcome }: WaitingFrame): Uint8Array {
  const { id, target, relay, created, received, skew, lane } = frame;
  const pages = new Map<string, Uint8Array>();
  for (const { page } of frame.rows) {
    let bytes = encodedPages.get(page);
    if (bytes === undefined) {
      bytes = encode(page.series.map(({ name, labels }) => [name, labels]));
      encodedPages.set(page, bytes);
    }
    pages.set(page.hash, bytes);
  }
  const record: Record = {
    v: 1,
    id,
    outcome,
    target,
    route: { relay, created, received, skew, lane },
    rows: frame.rows.map(({ page, times, values, present }) => ({
      page: page.hash,
      times: bytesOf(times),
      values: bytesOf(values),
      present,
    })),
    pages: [...pages],
  };
  return encode(record);
}

/**
 * @param known pages by their hash: one that is there is not read again, one that is read is entered
 * @throws HeliographError HG_STORE_VERSION for a form this program does not know
 */
export function decodeWaiting(bytes: Uint8Array, known: Map<string, ResolvedPage>): WaitingFrame {
  const record = decode(bytes) as Record;
  if (record?.v !== 1) throw new HeliographError('HG_STORE_VERSION', `a waiting frame of form ${String(record?.v)}`);
  for (const [hash, encoded] of record.pages) {
    if (known.has(hash)) continue;
    const series = (decode(encoded) as [string, PageSeries['labels']][]).map(([name, labels]) => ({ name, labels }));
    known.set(hash, { hash, series });
  }
  const frame: MetricFrame = {
    id: record.id,
    target: record.target,
    ...record.route,
    rows: record.rows.map(({ page, times, values, present }) => ({
      page: known.get(page)!,
      times: doublesOf(times),
      values: doublesOf(values),
      present: present && Uint8Array.from(present),
    })),
  };
  return { frame, outcome: record.outcome };
}

function bytesOf(array: Float64Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

/** A copy: the bytes may stand anywhere in the record. */
function doublesOf(bytes: Uint8Array): Float64Array {
  return new Float64Array(Uint8Array.from(bytes).buffer);
}
