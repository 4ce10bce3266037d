import type { HeliographError } from '../../../lib/errors.ts';
import type { DropRecord, JournalReader, JournalRecord, RecordOutcome } from '../../../lib/journal/contract.ts';
import type { Journal } from '../../../lib/journal/journal.ts';
import { DATA_CLASSES, type DataClass } from '../../../proto/class.ts';
import type { FrameHeader, FrameKind } from '../../../proto/frame.ts';
import { encodeGapsBody, type Gap } from '../../../proto/gap.ts';
import type { Boot } from '../boot.ts';
import type { Host } from '../host.ts';
import type { Progress, SpoolMark } from '../tail/positions.ts';
import { type BootSpan, newSpan, pruneSpans, splitByBoot } from './boots.ts';
import { OpenGaps } from './open-gaps.ts';
import { RecordWriter } from './record.ts';
import { scanSpool } from './scan.ts';
import { Sequence } from './sequence.ts';
import { byClass, decodeState, encodeState } from './state.ts';

/** The name under which the way to the relay reads every chain. */
export const READER = 'uplink';
const STATE = 'collector';

/** A frame that wants into the spool. Its number and floor are given when its turn comes. */
export interface NewFrame {
  readonly kind: FrameKind;
  readonly created: number;
  /** Samples, lines, events. */
  readonly items: number;
  readonly body: Uint8Array;
  readonly marks: readonly SpoolMark[];
  /** Null when it is durable (and numbered), else why it is not in: HG_JOURNAL_FULL, HG_JOURNAL_DISK ... The number is then used by the next. */
  readonly done: (error: HeliographError | null, sequence: number) => void;
}

/**
 * Everything that waits for the relay: five chains of frames, numbered when they go in, sent as they stand. One frame of a class is on its
 * way into the journal at a time, so that a refused one leaves no hole in the numbers.
 */
export class Spool {
  readonly journal: Journal;
  readonly progress: Progress;
  readonly boot: Boot;
  readonly sequences: Record<DataClass, Sequence> = byClass(() => new Sequence());
  readonly #host: Host;
  readonly #records: RecordWriter;
  readonly #readers: Record<DataClass, JournalReader>;
  readonly #waiting: Record<DataClass, NewFrame[]> = byClass(() => []);
  readonly #current: Record<DataClass, NewFrame | null> = byClass(() => null);
  readonly #after = new Map<NewFrame, () => void>();
  /** Up to where the state, as it was set last, speaks for the records. */
  readonly #covered: Record<DataClass, number>;
  readonly #previous: Record<DataClass, { boot: string; sequence: number } | null>;
  #spans: BootSpan[];
  readonly #openGaps: OpenGaps;

  private constructor(
    host: Host,
    journal: Journal,
    boot: Boot,
    found: { progress: Progress; spans: BootSpan[] },
    openGaps: OpenGaps,
  ) {
    this.#openGaps = openGaps;
    this.#host = host;
    this.#records = new RecordWriter(host);
    this.journal = journal;
    this.boot = boot;
    this.progress = found.progress;
    this.#readers = byClass((name) => journal.reader(name, READER));
    this.#covered = byClass((name) => journal.end(name));
    this.#previous = byClass((name) => lastOf(found.spans, name));
    this.#spans = [...found.spans, newSpan(boot.id, (name) => journal.end(name))];
    // Before the checkpoint, which forgets boots of which nothing is left.
    for (const drop of [...journal.drops()]) this.declareDrop(drop, 0);
    this.checkpoint();
  }

  /**
   * Looks at what earlier lives left, and begins this one. The state is durable when it returns.
   * @throws HG_JOURNAL_DISK
   */
  static async open(host: Host, journal: Journal, boot: Boot): Promise<Spool> {
    const state = decodeState(host, journal.state(STATE));
    const found = await scanSpool(host, journal, READER, state);
    const spool = new Spool(host, journal, boot, found, new OpenGaps(state?.openGaps ?? []));
    await journal.flush();
    return spool;
  }

  reader(dataClass: DataClass): JournalReader {
    return this.#readers[dataClass];
  }

  /** Frames of the class that are not durable yet. */
  waiting(dataClass: DataClass): number {
    return this.#waiting[dataClass].length + (this.#current[dataClass] === null ? 0 : 1);
  }

  add(dataClass: DataClass, frame: NewFrame): void {
    this.#waiting[dataClass].push(frame);
    this.#next(dataClass);
  }

  /** Calls back once every frame of the class that waits now is in the journal, or refused. */
  afterWaiting(dataClass: DataClass, run: () => void): void {
    const last = this.#waiting[dataClass].at(-1) ?? this.#current[dataClass];
    if (last === null) run();
    else {
      const before = this.#after.get(last);
      this.#after.set(last, () => {
        before?.();
        run();
      });
    }
  }

  #next(dataClass: DataClass): void {
    if (this.#current[dataClass] !== null) return;
    const frame = this.#waiting[dataClass].shift();
    if (frame === undefined) return;
    this.#current[dataClass] = frame;
    const sequence = this.sequences[dataClass];
    const number = sequence.next;
    const header: FrameHeader = {
      class: dataClass,
      boot: this.boot.id,
      sequence: number,
      floor: sequence.floor,
      created: frame.created,
      count: frame.items,
      previous: number === 1 ? this.#previous[dataClass] : null,
      kind: frame.kind,
    };
    // Lent: the journal copies it.
    const bytes = this.#records.write(frame.marks, header, frame.body);
    this.journal.append(dataClass, { bytes, items: frame.items, key: number }, (error) => {
      this.#current[dataClass] = null;
      if (error === null) {
        sequence.take();
        this.#spans.at(-1)!.last[dataClass] = number;
        for (const mark of frame.marks) this.progress.add(mark);
      }
      frame.done(error, number);
      this.#after.get(frame)?.();
      this.#after.delete(frame);
      this.#next(dataClass);
    });
  }

  /** What became of a record: it leaves the spool. `sequence` and `boot` are those of its frame. */
  settle(dataClass: DataClass, record: JournalRecord, boot: string, outcome: RecordOutcome): void {
    // What the state does not speak for yet must not go before it does.
    if (record.end > this.#covered[dataClass]) this.checkpoint();
    this.#readers[dataClass].acknowledge(record, outcome);
    if (boot === this.boot.id) this.sequences[dataClass].finish(record.key);
    for (const gap of this.#openGaps.settled(dataClass, boot, record.key)) {
      if (gap.boot === this.boot.id) this.sequences[dataClass].finish(gap.from, gap.to);
    }
  }

  /** Gives up one record that cannot be sent, and declares it. */
  giveUp(dataClass: DataClass, record: JournalRecord, boot: string, reason: string): void {
    if (record.end > this.#covered[dataClass]) this.checkpoint();
    this.#readers[dataClass].acknowledge(record, { dropped: reason });
    const { key, items, time } = record;
    this.#declare(dataClass, [{ boot, from: key, to: key, reason, frames: 1, items, firstTime: time, lastTime: time }]);
  }

  /**
   * Whole segments went: says so in a frame of the same class, so that the hole has a reason. The numbers count as finished only when that
   * frame is acknowledged; until then the floor stays before them.
   * @param start where the dropped part began, 0 if it is not known any more
   */
  declareDrop(drop: DropRecord, start: number): void {
    const dataClass = DATA_CLASSES.find((name) => name === drop.chain);
    if (dataClass === undefined) return;
    const parts = splitByBoot(this.#spans, dataClass, { ...drop, start });
    const gaps = parts.map((part) => ({
      boot: part.boot,
      from: part.from,
      to: part.to,
      reason: drop.reason,
      frames: part.records,
      items: part.items,
      firstTime: drop.firstTime,
      lastTime: drop.lastTime,
    }));
    this.#host.log('warn', 'the spool gave up its oldest data', {
      class: dataClass,
      reason: drop.reason,
      frames: drop.records,
      items: drop.items,
      from: new Date(drop.firstTime).toISOString(),
      to: new Date(drop.lastTime).toISOString(),
    });
    this.#declare(dataClass, this.#openGaps.absorb(dataClass, gaps), () => this.journal.forgetDrop(drop));
  }

  /**
   * Numbers of this boot that are open although nothing is in the spool any more and nothing is on its way: their records were damaged on
   * the disk. Says so, or the floor would stand still for ever.
   */
  declareLost(dataClass: DataClass): void {
    const { queued } = this.journal.totals(dataClass, READER);
    const open = this.#openGaps.all.some((gap) => gap.class === dataClass);
    if (queued.records > 0 || this.waiting(dataClass) > 0 || open) return;
    const now = this.#host.now();
    const gaps = this.sequences[dataClass].unfinished().map(([from, to]) => ({
      boot: this.boot.id,
      from,
      to,
      reason: 'corrupt',
      frames: to - from + 1,
      items: 0,
      firstTime: now,
      lastTime: now,
    }));
    this.#declare(dataClass, gaps);
  }

  #declare(dataClass: DataClass, gaps: readonly Gap[], declared: () => void = () => undefined): void {
    if (gaps.length === 0) {
      declared();
      return;
    }
    this.add(dataClass, {
      kind: 'gap',
      created: this.#host.now(),
      items: 0,
      body: encodeGapsBody(gaps),
      marks: [],
      done: (error, sequence) => {
        if (error !== null) {
          // It is told again at the next start: the journal keeps the drop until it is forgotten.
          this.#host.log('error', 'a drop could not be declared', { class: dataClass, error: error.message });
          return;
        }
        this.#openGaps.add({ class: dataClass, boot: this.boot.id, sequence, gaps });
        // One record makes both durable: that it is declared, and that the journal need not remember it.
        this.checkpoint();
        declared();
      },
    });
  }

  /** Sets the state to all that is durable now; it becomes durable with the next cursors, not before and not after them. */
  checkpoint(): void {
    for (const name of DATA_CLASSES) this.#covered[name] = this.journal.end(name);
    this.#spans = pruneSpans(this.#spans, (name) => this.journal.start(name));
    this.journal.setState(
      STATE,
      encodeState(this.#host, {
        version: 1,
        covered: { ...this.#covered },
        spans: this.#spans,
        openGaps: this.#openGaps.all,
        tail: this.progress.checkpoint(),
      }),
    );
  }
}

function lastOf(spans: readonly BootSpan[], dataClass: DataClass): { boot: string; sequence: number } | null {
  const newest = spans.findLast((span) => span.last[dataClass] > 0) ?? spans.at(-1);
  return newest === undefined ? null : { boot: newest.boot, sequence: newest.last[dataClass] };
}
