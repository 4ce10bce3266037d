import { Ranges } from '../../../lib/ranges.ts';
import type { Anchor, FileIdentity } from './identity.ts';

/**
 * Where to go on after a restart, worked out from what is durable and nothing else.
 *
 * The file is the truth, not the acknowledgement. One batch of lines becomes records in several class chains, and a crash may
 * keep some of them. So each spool record says which part of which file it holds (`SpoolMark`), and for each class we keep the
 * byte intervals whose lines of that class are durable. A line belongs to the interval that holds its first byte.
 * The resume offset is the first byte that is not durable for every class; above it, lines of a class whose interval is
 * durable are read again and not emitted again.
 */
export const LINE_CLASSES = ['error', 'log', 'debug'] as const;
export type LineClass = (typeof LINE_CLASSES)[number];

/** Stands in a spool record for each part of a file the record holds lines of. JSON as it is. */
export interface SpoolMark {
  readonly file: FileIdentity;
  /** Bytes [from, to) of the file; both at line boundaries. */
  readonly from: number;
  readonly to: number;
  /** hashWindow of the bytes before `to` (LineBatch.anchor), or '' if `to` is not the end of a batch. */
  readonly anchor: string;
  /** The classes that lines of [from, to) have (more is allowed, fewer is not). Empty: nothing in it is to be kept. */
  readonly classes: readonly LineClass[];
  /** The class of this record: all lines of it in [from, to) are in this record. Ignored if `classes` is empty. */
  readonly class: LineClass;
}

export type DoneIntervals = Readonly<Record<LineClass, Ranges>>;

/** Where the tail takes a file up again. */
export interface FilePosition {
  readonly file: FileIdentity;
  readonly offset: number;
  /** For each class, the bytes (closed intervals) whose lines are durable already. */
  readonly done: DoneIntervals;
  /** Known places, ascending: proof that the file is still the one that was read. */
  readonly anchors: readonly Anchor[];
}

/** What the owner keeps in the journal's state, before it lets records go. JSON as it is. */
export interface Checkpoint {
  readonly version: 1;
  readonly files: readonly {
    readonly file: FileIdentity;
    readonly done: Readonly<Record<LineClass, readonly (readonly [number, number])[]>>;
    readonly anchors: readonly Anchor[];
    /** Closed for good. Kept for a while, as records of it may stand in the spool still and must not revive it. */
    readonly closed?: boolean;
  }[];
}

interface FileProgress {
  file: FileIdentity;
  closed: boolean;
  done: Record<LineClass, Ranges>;
  anchors: Anchor[];
}

const MOST_ANCHORS = 16;
/** Files that were closed for good and are known still. */
export const MOST_CLOSED = 256;

/**
 * The durable progress of every followed file. At start: `new Progress(checkpoint)`, then `add` every mark found in the spool,
 * in any order, repeats allowed; then `positions()` is what the Tail is given. While running: `opened` for each file the tail
 * opens, `add` when a record is durable (or a batch had nothing to keep: classes []), `forget` when the tail closes a file;
 * `checkpoint()` must be durable before the records it speaks of are released or dropped.
 */
export class Progress {
  readonly #files = new Map<string, FileProgress>();

  constructor(checkpoint?: Checkpoint) {
    for (const entry of checkpoint?.files ?? []) {
      this.#files.set(entry.file.id, {
        file: entry.file,
        closed: entry.closed ?? false,
        done: {
          error: new Ranges(entry.done.error),
          log: new Ranges(entry.done.log),
          debug: new Ranges(entry.done.debug),
        },
        anchors: [...entry.anchors],
      });
    }
  }

  get size(): number {
    return this.#files.size;
  }

  /** A file is followed from `offset` on: what stands before it is not wanted. */
  opened(file: FileIdentity, offset: number): void {
    const known = this.#of(file);
    if (offset > 0) for (const name of LINE_CLASSES) known.done[name].addRange(0, offset - 1);
  }

  add(mark: SpoolMark): void {
    const known = this.#of(mark.file);
    if (known.closed) return;
    for (const name of LINE_CLASSES) {
      // A class without lines in [from, to) is done there as well.
      if (name === mark.class || !mark.classes.includes(name)) known.done[name].addRange(mark.from, mark.to - 1);
    }
    if (mark.anchor !== '') this.#anchor(known, mark.to, mark.anchor);
  }

  /** The tail has closed the file for good: it was read to its end and is out of sight. */
  forget(id: string): void {
    const known = this.#files.get(id);
    if (known === undefined) return;
    known.closed = true;
    known.done = { error: new Ranges(), log: new Ranges(), debug: new Ranges() };
    known.anchors = [];
    // Last closed, last dropped.
    this.#files.delete(id);
    this.#files.set(id, known);
    const closed = [...this.#files.values()].filter((file) => file.closed);
    for (const old of closed.slice(0, -MOST_CLOSED)) this.#files.delete(old.file.id);
  }

  checkpoint(): Checkpoint {
    const files = [];
    for (const known of this.#files.values()) {
      const { error, log, debug } = known.done;
      files.push({
        file: known.file,
        done: { error: error.pairs(), log: log.pairs(), debug: debug.pairs() },
        anchors: [...known.anchors],
        ...(known.closed ? { closed: true } : {}),
      });
    }
    return { version: 1, files };
  }

  positions(): FilePosition[] {
    const open = [...this.#files.values()].filter((known) => !known.closed);
    return open.map((known) => {
      const { error, log, debug } = known.done;
      return {
        file: known.file,
        offset: Math.min(...LINE_CLASSES.map((name) => firstMissing(known.done[name]))),
        done: { error: new Ranges(error.pairs()), log: new Ranges(log.pairs()), debug: new Ranges(debug.pairs()) },
        anchors: [...known.anchors],
      };
    });
  }

  /** Files that were read to their end, the last closed last. */
  closed(): FileIdentity[] {
    return [...this.#files.values()].filter((known) => known.closed).map((known) => known.file);
  }

  #of(file: FileIdentity): FileProgress {
    let known = this.#files.get(file.id);
    if (known === undefined) {
      known = {
        file,
        closed: false,
        done: { error: new Ranges(), log: new Ranges(), debug: new Ranges() },
        anchors: [],
      };
      this.#files.set(file.id, known);
    } else if (file.fingerprintBytes >= known.file.fingerprintBytes) {
      // The longest fingerprint is the strongest; between equals the later name wins.
      known.file = file;
    }
    return known;
  }

  #anchor(known: FileProgress, offset: number, hash: string): void {
    const anchors = known.anchors;
    let at = anchors.length;
    while (at > 0 && anchors[at - 1]![0] > offset) at--;
    if (at > 0 && anchors[at - 1]![0] === offset) return;
    anchors.splice(at, 0, [offset, hash]);
    // Thinned from the old end, so that the near past is dense and the far past is still there.
    if (anchors.length > MOST_ANCHORS) known.anchors = anchors.filter((_, i) => i % 2 === 1 || i >= anchors.length - 4);
  }
}

function firstMissing(done: Ranges): number {
  const missing = done.missing(0, Number.MAX_SAFE_INTEGER)[0];
  return missing === undefined ? Number.MAX_SAFE_INTEGER : missing[0];
}

/** The end of the highest interval that is done for any class. */
export function highestDone(done: DoneIntervals): number {
  let highest = 0;
  for (const name of LINE_CLASSES) {
    const last = done[name].pairs().at(-1);
    if (last !== undefined) highest = Math.max(highest, last[1] + 1);
  }
  return highest;
}

/**
 * Where interval ends lie between `from` and the highest one, ascending. Lines are cut there when they are read again: a last line
 * that was emitted without its newline, after the idle time, must come out in the same two pieces as the first time.
 */
export function cutsAbove(done: DoneIntervals, from: number): number[] {
  const cuts = new Set<number>();
  for (const name of LINE_CLASSES) {
    for (const [low, high] of done[name].pairs()) {
      if (low > from) cuts.add(low);
      if (high + 1 > from) cuts.add(high + 1);
    }
  }
  return [...cuts].sort((a, b) => a - b);
}
