import type { DoorClient, Taken, Taker } from '../../../lib/doors/taker.ts';
import { HeliographError } from '../../../lib/errors.ts';
import type { Batch, ItemCode, LineItem } from '../../../lib/ingest/batch.ts';
import { STALE_HIGH, STALE_LOW } from '../../../lib/ingest/sample-columns.ts';
import type { Host } from '../../core/host.ts';
import type { PushedSample, PushedTarget, RefusedSample } from '../../core/pushed/target.ts';
import type { Spool } from '../../core/spool/spool.ts';
import type { DoorLines } from './door-lines.ts';

export interface CollectorSinkOptions {
  readonly host: Host;
  readonly name: string;
  readonly target: PushedTarget;
  readonly lines: DoorLines;
  readonly spool: Spool;
}

/** Frames of lines on their way into the spool, of one class; more are refused, and the application comes again. */
const MOST_WAITING = 32;
/** A client for whom there is no room comes again after this, s. */
const BUSY_S = 5;

const CODES: Readonly<Record<RefusedSample, ItemCode>> = {
  labels: 'HG_ITEM_LABELS',
  reserved: 'HG_ITEM_LABELS',
  unsendable: 'HG_ITEM_LABELS',
  series_limit: 'HG_ITEM_SERIES_CAP',
  disordered: 'HG_ITEM_TIME',
  future: 'HG_ITEM_TIME',
  duplicate: 'HG_ITEM_DUPLICATE',
  disk: 'HG_ITEM_PRESSURE',
};
const WHY: Readonly<Record<RefusedSample, string>> = {
  labels: 'a name or labels that are none, or too long',
  reserved: "names that begin with heliograph_collector_ are the collector's own",
  unsendable: 'its labels are too long',
  series_limit: 'the collector has no room for another series',
  disordered: 'its series has a sample of that time or a later one',
  future: 'the time is no time, or in the future',
  duplicate: 'two samples of one series and time',
  disk: 'there is no room',
};

/** What an application gave to a door of the collector, into the spool. */
export class CollectorSink implements Taker {
  readonly #options: CollectorSinkOptions;

  constructor(options: CollectorSinkOptions) {
    this.#options = options;
  }

  /**
   * Resolves when everything that is not in `rejected` is in the spool, but for what rules, levels and routes leave out. A request that comes again is taken again: its samples are refused as older than those before, its
   * lines stand twice.
   * @throws HeliographError HG_COLLECTOR_BUSY, HG_JOURNAL_*: the application must send all of it again
   */
  async take(_door: string, _client: DoorClient, batch: Batch): Promise<Taken> {
    const { spool, target, lines, host, name } = this.#options;
    for (const dataClass of ['error', 'log', 'debug'] as const) {
      if (batch.lines.length > 0 && spool.waiting(dataClass) > MOST_WAITING) throw busy();
    }
    const refusedBefore = refusedLines(batch);
    const bodies = batch.lines.length === 0 ? [] : lines.bodies(withHosts(batch, name));
    // Also those that are not sent: that is as its operator wants it.
    const linesTaken = batch.lines.length - (refusedLines(batch) - refusedBefore);
    let samples = 0;
    const metric = new Promise<void>((resolve, reject) => {
      const refused = new Map<number, Map<RefusedSample, number>>();
      const { taken } = target.samples(
        samplesOf(batch),
        (error) => (error === null ? resolve() : reject(error)),
        ({ item }, reason) => {
          const reasons = refused.get(item) ?? new Map<RefusedSample, number>();
          refused.set(item, reasons.set(reason, (reasons.get(reason) ?? 0) + 1));
        },
      );
      samples = taken;
      for (const [item, reasons] of refused)
        for (const [reason, count] of reasons) batch.reject('metric', item, CODES[reason], WHY[reason], count);
    });
    const logs = bodies.map(
      ({ class: dataClass, lines: items, body }) =>
        new Promise<void>((resolve, reject) => {
          spool.add(dataClass, {
            kind: 'logs',
            ...{ created: host.now(), items, body, marks: [] },
            done: (error) => (error === null ? resolve() : reject(error)),
          });
        }),
    );
    // What waits for the disk waits as frames; the request's own objects, ten times as large, need not.
    batch.series.length = 0;
    batch.lines.length = 0;
    // All of them come to an end before the answer, whatever becomes of one.
    const failed = (await Promise.allSettled([metric, ...logs])).find((one) => one.status === 'rejected');
    if (failed) {
      for (const step of batch.undo.toReversed()) step();
      throw failed.reason;
    }
    return { samples, lines: linesTaken, repeated: 0, rejected: batch.rejected };
  }
}

interface ItemSample extends PushedSample {
  /** Its place in the request. */
  readonly item: number;
}

function* samplesOf(batch: Batch): Generator<ItemSample> {
  const { samples } = batch;
  const words = new Uint32Array(2);
  for (const { index: item, series, from, to } of batch.series) {
    const labels = series.labels.flat();
    for (let at = from; at < to; at++) {
      samples.copyTo(at, words, 0);
      const ended = words[0] === STALE_LOW && words[1] === STALE_HIGH;
      yield { item, name: series.name, labels, time: samples.times[at]!, value: ended ? 0 : samples.value(at), ended };
    }
  }
}

/** A line is the collector's host's; what an application calls its host is a field. */
function withHosts(batch: Batch, name: string): Batch {
  for (const [i, line] of batch.lines.entries()) {
    if (line.host === '' || line.host === name) continue;
    const fields: LineItem['fields'] = { ...line.fields, exported_host: line.host };
    batch.lines[i] = { ...line, host: '', fields };
  }
  return batch;
}

function refusedLines({ rejected }: Batch): number {
  return rejected.reduce((sum, { kind, items }) => sum + (kind === 'log' ? items : 0), 0);
}

function busy(): HeliographError {
  return new HeliographError('HG_COLLECTOR_BUSY', 'lines wait for the disk', { retryAfterS: BUSY_S });
}
