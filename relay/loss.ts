import { Ranges } from '../lib/ranges.ts';
import type { DataClass } from '../proto/class.ts';
import type { FrameHeader } from '../proto/frame.ts';
import type { Boot } from '../proto/hash.ts';
import type { Sequences } from './sequences.ts';
import type { Session } from './session.ts';

/** Numbers that should have come and did not. */
export interface Loss {
  readonly host: string;
  readonly class: DataClass;
  readonly boot: Boot;
  readonly ranges: readonly (readonly [number, number])[];
  /** `floor`: below the floor, neither received nor declared. `boot`: the end of a boot before, as its successor names it. */
  readonly by: 'floor' | 'boot';
}

interface Judged {
  readonly boot: Boot;
  readonly class: DataClass;
  /** The floor so far; below it has been judged. */
  floor: number;
  received: Ranges;
}

/** What one connection's frames were of. */
export interface Lives {
  readonly all: Map<string, Judged>;
  /** Of the last frame: nearly always that of the next one too. */
  last: Judged | undefined;
}

interface Suspect extends Loss {
  readonly due: number;
}

/** Lives and classes of one connection that are judged at once; one that sends of more is not believed further. */
const JUDGED = 64;
/** Suspects of one host at once, and intervals of numbers that are kept apart. */
const SUSPECTS = 256;
const INTERVALS = 4096;

/** A boot's last frames are sent by its successor in the backfill lane; that may take a while. */
const BOOT_GRACE = 40;

/**
 * Finds frames that were lost between a collector and here: numbers below a boot's floor that neither came nor were
 * declared dropped. Only from a connection's first frame on: what was before may have gone through another relay. A number
 * is a suspect for a grace time first; the core judges over all relays.
 */
export class LossJudge {
  readonly #sequences: Readonly<Record<DataClass, Sequences>>;
  readonly #graceMs: number;
  readonly #now: () => number;
  readonly #report: (loss: Loss) => void;
  readonly #unheard: (host: string) => void;
  readonly #perHost = new Map<string, number>();
  #suspects: Suspect[] = [];

  constructor(options: {
    sequences: Readonly<Record<DataClass, Sequences>>;
    graceMs: number;
    now: () => number;
    report: (loss: Loss) => void;
    /** A host has so many suspects that this one is not looked into. */
    unheard: (host: string) => void;
  }) {
    this.#sequences = options.sequences;
    this.#graceMs = options.graceMs;
    this.#now = options.now;
    this.#report = options.report;
    this.#unheard = options.unheard;
  }

  /** A frame came on a connection (taken, waiting, or refused: it is not lost on the way). */
  came(session: Session, header: FrameHeader): void {
    session.judged ??= { all: new Map(), last: undefined };
    const mine = session.judged;
    let judged = mine.last;
    if (judged?.boot !== header.boot || judged.class !== header.class) {
      judged = mine.all.get(`${header.boot}${header.class}`);
      if (judged) mine.last = judged;
    }
    if (!judged) {
      if (mine.all.size >= JUDGED) mine.all.delete(mine.all.keys().next().value!);
      judged = { boot: header.boot, class: header.class, floor: header.floor, received: new Ranges() };
      mine.all.set(`${header.boot}${header.class}`, judged);
      mine.last = judged;
      if (header.previous) this.#judgeBoot(session.host, header);
    }
    judged.received.add(header.sequence);
    // Below the floor nothing is looked up again; and a host that leaves out every other number fills no memory.
    if (judged.received.intervals > INTERVALS) judged.received = new Ranges([[1, judged.received.pairs().at(-1)![1]]]);
    if (header.floor <= judged.floor) return;
    const missing = judged.received.missing(judged.floor, header.floor - 1);
    judged.floor = header.floor;
    judged.received.addRange(1, header.floor - 1);
    if (missing.length > 0) this.#suspect(session.host, header.class, header.boot, missing, 'floor', this.#graceMs);
  }

  /** Suspects whose grace is over, and that did not come and were not declared, are losses. */
  sweep(): void {
    const now = this.#now();
    const later: Suspect[] = [];
    for (const suspect of this.#suspects) {
      if (suspect.due > now) later.push(suspect);
      else {
        const others = (this.#perHost.get(suspect.host) ?? 1) - 1;
        if (others > 0) this.#perHost.set(suspect.host, others);
        else this.#perHost.delete(suspect.host);
        const ranges = this.#stillMissing(suspect);
        if (ranges.length > 0) this.#report({ ...suspect, ranges });
      }
    }
    this.#suspects = later;
  }

  #judgeBoot(host: string, header: FrameHeader): void {
    const { boot, sequence } = header.previous!;
    const state = this.#sequences[header.class].find(host, boot);
    // What this relay has nothing of went another way.
    const first = state?.received.pairs()[0]?.[0];
    if (state === undefined || first === undefined) return;
    const missing = state.received.missing(first, sequence);
    if (missing.length > 0) this.#suspect(host, header.class, boot, missing, 'boot', this.#graceMs * BOOT_GRACE);
  }

  #suspect(host: string, cls: DataClass, boot: Boot, ranges: [number, number][], by: Loss['by'], grace: number): void {
    const suspect = { host, class: cls, boot, ranges, by, due: this.#now() + grace };
    const open = this.#stillMissing(suspect);
    if (open.length === 0) return;
    const before = this.#perHost.get(host) ?? 0;
    if (before >= SUSPECTS) {
      this.#unheard(host);
      return;
    }
    this.#perHost.set(host, before + 1);
    this.#suspects.push({ ...suspect, ranges: open });
  }

  #stillMissing(loss: Loss): [number, number][] {
    const state = this.#sequences[loss.class].find(loss.host, loss.boot);
    let open = loss.ranges.map(([from, to]): [number, number] => [from, to]);
    for (const known of [state?.received, state?.declared, state?.elsewhere]) {
      if (known) open = open.flatMap(([from, to]) => known.missing(from, to));
    }
    return open;
  }
}
