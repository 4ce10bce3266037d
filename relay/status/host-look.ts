import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Amount } from '../../lib/ledger.ts';
import type { DataClass } from '../../proto/class.ts';
import type { Sequences } from '../sequences.ts';
import type { Session } from '../session.ts';
import type { Sessions } from '../sessions.ts';
import type { HostTotals, Rate } from './contract.ts';
import { isOff, totalsOf } from './host-totals.ts';
import type { Ordered } from './row-order.ts';

/** All that ask within this see the same look, ms: what it costs does not grow with who looks. */
const LOOK_MS = 1000;
/** A look that nobody followed for so long is forgotten, ms: its memory, and as a beginning of rates. */
const FORGET_MS = 30_000;
/** Hosts looked at in one turn of the event loop. */
const HOSTS_A_TURN = 500;

/** A connected host at one look. */
export interface SeenHost extends Ordered {
  readonly session: Session;
  /** All that ever came from it here. */
  readonly frames: number;
  readonly items: number;
}

export interface Look {
  /** By the clock that does not step, ms. */
  readonly at: number;
  readonly rate: Rate;
  readonly totals: HostTotals;
  readonly hosts: readonly SeenHost[];
}

export interface HostLookOptions {
  readonly sessions: Sessions;
  readonly sequences: Readonly<Record<DataClass, Sequences>>;
  /** All that ever came in. */
  readonly total: () => Amount;
  readonly worker: number;
  /** Does not step, ms; and ms since the epoch. */
  readonly mono: () => number;
  readonly now: () => number;
  readonly skewMs: number;
  readonly certificateMs: number;
}

/**
 * The connected hosts with their figures, looked at when somebody asks and never otherwise. A rate is the difference of
 * two looks, so it needs somebody who asks twice.
 */
export class HostLook {
  readonly #options: HostLookOptions;
  readonly #accounts: readonly Sequences[];
  #last: (Look & { readonly total: Amount }) | null = null;
  #under: Promise<Look> | null = null;
  #forget: NodeJS.Timeout | null = null;

  constructor(options: HostLookOptions) {
    this.#options = options;
    this.#accounts = Object.values(options.sequences);
  }

  /** The present look: at most `LOOK_MS` old. */
  now(): Promise<Look> {
    if (this.#under) return this.#under;
    if (this.#last && this.#options.mono() - this.#last.at < LOOK_MS) return Promise.resolve(this.#last);
    this.#under = this.#draw().finally(() => {
      this.#under = null;
    });
    return this.#under;
  }

  close(): void {
    if (this.#forget) clearTimeout(this.#forget);
    this.#forget = null;
    this.#last = null;
  }

  async #draw(): Promise<Look> {
    const { sessions, mono, now, skewMs, certificateMs } = this.#options;
    const at = mono();
    const before = this.#last;
    const known = new Map(before?.hosts.map((host) => [host.host, host]));
    const overMs = before ? at - before.at : null;
    const total = { ...this.#options.total() };
    const rate: Rate = {
      overMs,
      itemsPerSecond: perSecond(total.items, before?.total.items, overMs),
      framesPerSecond: perSecond(total.frames, before?.total.frames, overMs),
    };
    const hosts: SeenHost[] = [];
    let left = HOSTS_A_TURN;
    for (const session of [...sessions.all()]) {
      if (left-- === 0) {
        left = HOSTS_A_TURN;
        await nextTurn();
      }
      if (!session.ended) hosts.push(this.#see(session, known.get(session.host), overMs));
    }
    const off = isOff({ skewMs, certificateMs, now: now() });
    const look = { at, rate, total, totals: totalsOf(hosts, off), hosts };
    this.#keep(look);
    return look;
  }

  #keep(look: Look & { readonly total: Amount }): void {
    this.#last = look;
    if (this.#forget) clearTimeout(this.#forget);
    this.#forget = setTimeout(() => this.close(), FORGET_MS);
    this.#forget.unref();
  }

  #see(session: Session, before: SeenHost | undefined, overMs: number | null): SeenHost {
    const { host, said } = session;
    let frames = 0;
    let items = 0;
    let done = 0;
    let dropped = 0;
    for (const { accounts } of this.#accounts) {
      const account = accounts.get(host);
      if (!account) continue;
      frames += account.in.frames;
      items += account.in.items;
      done += account.out.frames + account.repeated.frames;
      dropped += account.droppedFrames;
    }
    return {
      session,
      host,
      worker: this.#options.worker,
      since: session.since,
      frames,
      items,
      itemsPerSecond: perSecond(items, before?.items, overMs),
      framesPerSecond: perSecond(frames, before?.frames, overMs),
      waitingThere: said?.queuedFrames ?? null,
      // After a crash the accounts of hosts may be behind.
      waitingHere: Math.max(0, frames - done - dropped),
      skewMs: session.skew,
      certificateEnds: session.peer.notAfter,
      series: said?.series ?? null,
      droppedThere: said?.droppedFrames ?? null,
      droppedHere: dropped,
    };
  }
}

/** A second, from one look to the next; null where the look before did not have it: nobody knows what had come by then. */
function perSecond(count: number, then: number | undefined, overMs: number | null): number | null {
  return overMs === null || then === undefined ? null : (Math.max(0, count - then) * 1000) / overMs;
}
