import type { Status } from '../../proto/status.ts';

/** What a collector's last status said of itself, as far as the relay's own status shows it. Three numbers: kept for each connection. */
export interface HostSaid {
  /** Series it sends. */
  readonly series: number;
  /** Frames that wait in its spool, of all classes. */
  readonly queuedFrames: number;
  /** Frames that it gave up since its spool was made. */
  readonly droppedFrames: number;
}

export function saidOf(status: Status): HostSaid {
  let queuedFrames = 0;
  for (const one of Object.values(status.classes)) queuedFrames += one.queuedFrames;
  return { series: status.series, queuedFrames, droppedFrames: droppedOf(status.ledger) };
}

/** A status is checked down to the ledger's list of entries; what a host writes in them is its own affair, and counts as far as it is numbers. */
function droppedOf(ledger: Status['ledger']): number {
  let frames = 0;
  for (const entry of (ledger?.entries ?? []) as readonly unknown[]) {
    const dropped = memberOf(entry, 'dropped');
    if (typeof dropped !== 'object' || dropped === null) continue;
    for (const amount of Object.values(dropped)) {
      const count = memberOf(amount, 'frames');
      if (typeof count === 'number' && Number.isSafeInteger(count) && count > 0) frames += count;
    }
  }
  return frames;
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}
