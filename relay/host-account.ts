import { crc32 } from 'node:zlib';
import { type Amount, addAmount, emptyAmount, type LedgerEntry } from '../lib/ledger.ts';
import type { DataClass } from '../proto/class.ts';
import type { Losses } from './shape/stage.ts';

/** A host as a number, for the journal's record headers: 48 bits of its name. So what a dropped segment held is known by host. */
export function hostKey(host: string): number {
  return crc32(host) * 0x1_0000 + (crc32(`${host}#`) & 0xffff);
}

/**
 * One host's account of one class at the relay. It is kept with the snapshots of sequences: what a crash takes of it is
 * counted again from the journal, as far as its records are still there. The class's account is the durable one.
 */
export class HostAccount {
  readonly in: Amount = emptyAmount();
  readonly out: Amount = emptyAmount();
  readonly repeated: Amount = emptyAmount();
  readonly dropped: Record<string, Amount> = {};

  /** Frames given up, whatever the reason. */
  get droppedFrames(): number {
    let frames = 0;
    for (const reason in this.dropped) frames += this.dropped[reason]!.frames;
    return frames;
  }

  drop(reason: string, items: number): void {
    this.dropped[reason] ??= emptyAmount();
    addAmount(this.dropped[reason], { frames: 1, items });
  }

  /** A frame went out, with so many of its items. @param lost the rest, by reason */
  send(sent: number, lost: Losses): void {
    addAmount(this.out, { frames: 1, items: sent });
    for (const [reason, items] of Object.entries(lost)) {
      this.dropped[reason] ??= emptyAmount();
      addAmount(this.dropped[reason], { frames: 0, items });
    }
  }

  /** A frame of so many items that was given up on its way arrived. */
  regain(reason: string, items: number, sent: number, lost: Losses): void {
    const amount = this.dropped[reason];
    if (amount) addAmount(amount, { frames: -1, items: -items });
    this.send(sent, lost);
  }

  /** What is neither out nor dropped nor repeated is queued: the relay has nothing else to do with a frame. */
  entry(dataClass: DataClass): LedgerEntry {
    const queued = { ...this.in };
    const dropped: Record<string, Amount> = {};
    for (const [reason, amount] of Object.entries(this.dropped)) dropped[reason] = { ...amount };
    for (const amount of [this.out, this.repeated, ...Object.values(this.dropped)]) {
      addAmount(queued, { frames: -amount.frames, items: -amount.items });
    }
    return {
      class: dataClass,
      in: { ...this.in },
      out: { ...this.out },
      queued,
      repeated: { ...this.repeated },
      dropped,
    };
  }
}
