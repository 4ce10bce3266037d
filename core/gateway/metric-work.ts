import { HeliographError } from '../../lib/errors.ts';
import type { Counter } from '../../lib/metrics.ts';
import type { BlockEntry } from '../../proto/block.ts';
import type { DataClass } from '../../proto/class.ts';
import { isDoorSender } from '../../proto/door-sender.ts';
import { decodeFrame, decodeMetrics, type FrameHeader } from '../../proto/frame.ts';
import type { SketchWindow } from '../../proto/sketches.ts';
import { spokenInstances } from '../../proto/spoken-instance.ts';
import type { Freshness, MetricFrameTimes } from '../freshness/freshness.ts';
import type { Account } from '../ledger/account.ts';
import type { DeadLetter } from '../ledger/dead-letters.ts';
import type { Gaps } from '../ledger/gaps.ts';
import type { FrameRoute, MetricFrame, ResolvedPage } from '../ports/frames.ts';
import type { FrameOutcome, MetricStore } from '../ports/metric-store.ts';
import { hostSender, hostWindow } from '../rollup/host-window.ts';
import type { SketchIntake } from '../rollup/inbox.ts';
import { HOST_SAMPLES, sketchRows } from '../rollup/sketch-rows.ts';
import { METRIC_FRAME_TAKEN, type MetricFrameTaken } from '../traces.ts';
import { keepDeclared } from './declared.ts';
import type { Definitions } from './definitions.ts';
import { doorPage } from './door-pages.ts';
import { type BlockOrigin, idOf, isOurs, letterOf, type Opened } from './frames.ts';
import { Lots } from './lots.ts';
import { Making } from './making.ts';
import { rolledPage } from './rolled-pages.ts';
import { isSpoken, spokenPage, uncheckedPage, uncheckedSeries } from './spoken-pages.ts';
import { unzstd, utf8 } from './tools.ts';

export interface MetricWorkParts {
  readonly now: () => number;
  readonly definitions: Definitions;
  readonly metrics: MetricStore;
  readonly gaps: Gaps;
  /** What becomes of frames that cannot be taken; resolves when they are put away. */
  readonly setAside: (letters: readonly DeadLetter[]) => Promise<void>;
  readonly account: Account;
  readonly freshness: Freshness;
  /** Where sketches of relays are merged; null: not here. */
  readonly sketches?: SketchIntake | null;
  /** Of what a store did not take; label `code`. */
  readonly refused: Counter;
  /** Frames about others than their host of which nobody has checked that it may; label `relay`. */
  readonly unchecked?: Counter | null;
  /** Lets others have their turn. */
  readonly breathe: (dataClass: DataClass, lane: 'live' | 'backfill') => Promise<unknown>;
}

/**
 * What is decoded and handed to the store before others have their turn: some ms of work. Of a backlog it is less, and the next when the store has it, where what is
 * in the store's queue is passed by nobody: what is live comes behind it.
 */
const AT_ONCE = { frames: 500, samples: 100_000 };
const OF_A_BACKLOG = { frames: 100, samples: 20_000 };
/** Samples that take as long as a sketch, and as much memory. */
const SAMPLES_OF_A_SKETCH = 100;

/** What the accounts need of a frame once it is written. */
interface WrittenHeader extends MetricFrameTimes {
  readonly host: string;
  /** When its turn came. */
  readonly decoded: number;
  readonly count: number;
  /** A declared drop that was known. */
  readonly known: boolean;
}

/** Frames that are written together. */
interface Lot {
  readonly frames: MetricFrame[];
  readonly headers: WrittenHeader[];
}

function emptyLot(): Lot {
  return { frames: [], headers: [] };
}

/** Metrics of a block on their way to the store. */
export class MetricWork {
  readonly #parts: MetricWorkParts;
  readonly #making = new Making();

  constructor(parts: MetricWorkParts) {
    this.#parts = parts;
  }

  /**
   * Some frames after the others, so that a large block holds nobody up; each lot is accounted for by itself, whatever becomes of the others.
   * Resolves, rejects and calls `onAccepted` as BlockWork.write has it. @param opened empty afterwards
   */
  async write(origin: BlockOrigin, opened: Opened[], onAccepted: () => void): Promise<void> {
    const lots = new Lots(onAccepted);
    const patient = origin.lane === 'backfill' && this.#parts.metrics.inOrder === true;
    try {
      while (opened.length > 0 && !lots.failed) {
        // Not kept: their samples are soon with the store, packed, and what is waited for then is the account.
        const { frames, headers, aside, puts } = this.#decode(
          origin,
          opened.splice(0, lotOf(opened, patient ? OF_A_BACKLOG : AT_ONCE)),
        );
        await this.#parts.setAside(aside);
        // Before the store knows the frame: what comes again afterwards is a repeat.
        await Promise.all(puts);
        // Two writes: what can be written at once does not wait for series to be made, which may be those of thousands of hosts that just came.
        const { known, others } = this.#apart(frames, headers);
        if (known.frames.length > 0) lots.start((accepted) => this.#store(known, accepted));
        if (others.frames.length > 0) lots.start((accepted) => this.#make(others, accepted));
        if (patient) await lots.quiet();
        if (opened.length > 0) await this.#parts.breathe(origin.class, origin.lane);
      }
    } catch (error) {
      await lots.quiet();
      throw error;
    }
    await lots.end();
  }

  #decode(origin: BlockOrigin, opened: readonly Opened[]) {
    const frames: MetricFrame[] = [];
    const headers: WrittenHeader[] = [];
    const aside: DeadLetter[] = [];
    const puts: Promise<void>[] = [];
    // At once, and none is kept: what a few bytes decode to may be large.
    const put: SketchIntake['put'] = (from, time, window) => {
      const done = this.#parts.sketches?.put(from, time, window) ?? Promise.resolve();
      // Looked at when all are decoded, which may fail before.
      done.catch(() => undefined);
      puts.push(done);
      return done;
    };
    const decoded = this.#parts.now();
    const { lane, came = decoded } = origin;
    for (const { entry, header, definitions, sections } of opened) {
      const { received, skew } = entry;
      const about = { host: entry.host, decoded, lane, created: header.created, received, skew, came };
      try {
        const refusal = this.#parts.definitions.refusal(definitions);
        if (refusal) throw refusal;
        const route = routeOf(origin, entry, header);
        // What a relay computed itself is of no host.
        const own = entry.host === origin.relay;
        const door = isDoorSender(entry.host, origin.relay);
        const target: MetricFrame['target'] = own
          ? { relay: origin.relay, site: origin.site }
          : door
            ? { site: origin.site }
            : { instance: entry.host, site: origin.site };
        const stored = own ? rolledPage : door ? doorPage : asItIs;
        if (header.kind !== 'metrics') {
          const frame = decodeFrame(entry.frame, { unzstd, utf8 });
          if (frame.kind === 'sketches' && own) {
            const row = sketchRows(frame.window);
            const { worker } = frame.window;
            const its = worker === null ? target : { ...target, worker: String(worker) };
            put(origin, this.#parts.now(), frame.window);
            frames.push({ ...route, target: its, rows: [{ ...row, page: rolledPage(row.page) }] });
            headers.push({ ...about, count: header.count, known: false, oldest: Number.NaN });
            continue;
          }
          if (frame.kind === 'sketches' && !door) {
            const checked = this.#checkedWindow(origin, received, frame.window);
            const window = hostWindow(checked, entry.host);
            put({ relay: hostSender(entry.host, header), site: origin.site }, this.#parts.now(), window);
            const row = sketchRows(checked, HOST_SAMPLES);
            frames.push({
              ...route,
              target: { site: origin.site },
              rows: [{ ...row, page: spokenPage(row.page, entry.host) }],
            });
            headers.push({ ...about, count: header.count, known: false, oldest: Number.NaN });
            continue;
          }
          if (frame.kind !== 'gap')
            throw new HeliographError('HG_CORE_FRAME', `${frame.kind} in a frame of class metric`);
          const known = keepDeclared(this.#parts.gaps, entry.host, header.class, frame.gaps);
          frames.push({ ...route, target, rows: [] });
          headers.push({ ...about, count: 0, known, oldest: Number.NaN });
          continue;
        }
        let oldest = Number.POSITIVE_INFINITY;
        const rows = decodeMetrics(header, sections, this.#parts.definitions).map((section) => {
          oldest = Math.min(oldest, section.times[0] ?? oldest);
          const page = this.#parts.definitions.page(section.page)!;
          const { times, values, present, finite } = section;
          return { page: stored(page), times, values, present, finite };
        });
        if (!own && !door && rows.some(({ page }) => isSpoken(page))) {
          if (isChecked(origin, received)) {
            const spoken = rows.map((row) => ({ ...row, page: spokenPage(row.page, entry.host) }));
            frames.push({ ...route, target: { site: origin.site }, rows: spoken });
          } else {
            this.#parts.unchecked?.inc({ relay: origin.relay });
            frames.push({ ...route, target, rows: rows.map((row) => ({ ...row, page: uncheckedPage(row.page) })) });
          }
        } else frames.push({ ...route, target, rows });
        headers.push({ ...about, count: header.count, known: false, oldest });
      } catch (error) {
        // It went out of memory since it was looked for: the block that comes again asks for it.
        const lost = error instanceof HeliographError && error.code === 'HG_FRAME_DEFINITION';
        if (isOurs(error) || (lost && this.#parts.definitions.missing(definitions).length > 0)) throw error;
        aside.push(letterOf(origin, entry, header, 'undecodable', error));
      }
    }
    return { frames, headers, aside, puts };
  }

  /** Sketches that a host sent, as far as it may speak for others. */
  #checkedWindow(origin: BlockOrigin, received: number, window: SketchWindow): SketchWindow {
    if (isChecked(origin, received) || spokenInstances(window.groups.map(({ series }) => series)) === null)
      return window;
    this.#parts.unchecked?.inc({ relay: origin.relay });
    return { ...window, groups: window.groups.map((group) => ({ ...group, series: uncheckedSeries(group.series) })) };
  }

  #apart(frames: readonly MetricFrame[], headers: readonly WrittenHeader[]): { known: Lot; others: Lot } {
    const { metrics } = this.#parts;
    const [known, others]: [Lot, Lot] = [emptyLot(), emptyLot()];
    for (const [i, frame] of frames.entries()) {
      const lot = (metrics.knows?.(frame) ?? true) ? known : others;
      lot.frames.push(frame);
      lot.headers.push(headers[i]!);
    }
    return { known, others };
  }

  /** Those behind in the lane do not wait for it, as long as there is room. */
  async #make(lot: Lot, onAccepted: () => void): Promise<void> {
    const samples = lot.headers.reduce((sum, { count }) => sum + count, 0);
    if (!this.#making.enter(samples)) return this.#store(lot, onAccepted);
    onAccepted();
    try {
      await this.#store(lot, () => undefined);
    } finally {
      this.#making.leave(samples);
    }
  }

  async #store({ frames, headers }: Lot, onAccepted: () => void): Promise<void> {
    const { metrics, account, now } = this.#parts;
    let accepted = false;
    const accept = (isNew: (frame: number) => boolean) => {
      if (accepted) return;
      accepted = true;
      // Queries see them from here on, long before they are durable. What the store loses after all comes again, and is counted again.
      this.#countFreshness(headers, now(), isNew);
      frames.length = 0;
      onAccepted();
    };
    const outcomes = await metrics.write(frames, accept);
    for (const [i, outcome] of outcomes.entries()) {
      const { count, known } = headers[i]!;
      account.take('metric', count);
      if (known) account.repeat('metric', 0);
      else account.settle('metric', outcome);
    }
    this.#countDrops(outcomes);
    accept((frame) => outcomes[frame]!.repeated === 0);
  }

  #countFreshness(headers: readonly WrittenHeader[], taken: number, isNew: (frame: number) => boolean): void {
    const { freshness, metrics } = this.#parts;
    const visible = taken + metrics.visibleAfterMs;
    for (const [i, header] of headers.entries()) {
      if (!header.known && isNew(i)) freshness.queryable(header, taken, visible);
      if (METRIC_FRAME_TAKEN.hasSubscribers)
        METRIC_FRAME_TAKEN.publish({ ...header, taken } satisfies MetricFrameTaken);
    }
  }

  #countDrops(outcomes: readonly FrameOutcome[]): void {
    for (const { dropped } of outcomes) {
      for (const [reason, items] of Object.entries(dropped)) this.#parts.refused.inc({ code: reason }, items);
    }
  }
}

/** How many of these frames are decoded and handed on together; one at least. */
function lotOf(opened: readonly Opened[], most: typeof AT_ONCE): number {
  let frames = 0;
  let samples = 0;
  for (const { header } of opened) {
    samples += header.count * (header.kind === 'sketches' ? SAMPLES_OF_A_SKETCH : 1);
    if (frames > 0 && (samples > most.samples || frames === most.frames)) break;
    frames++;
  }
  return frames;
}

/** Whether the relay has looked at what the certificate of the frame's host grants it. */
function isChecked({ grantsSince }: BlockOrigin, received: number): boolean {
  return grantsSince !== undefined && received >= grantsSince;
}

function routeOf(origin: BlockOrigin, entry: BlockEntry, header: FrameHeader): FrameRoute {
  return {
    id: idOf(entry.host, header),
    relay: origin.relay,
    created: header.created,
    received: entry.received,
    skew: entry.skew,
    lane: origin.lane,
  };
}

function asItIs(page: ResolvedPage): ResolvedPage {
  return page;
}
