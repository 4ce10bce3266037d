import type { Logger } from '../lib/log.ts';
import type { Registry } from '../lib/metrics.ts';
import type { Loss } from './loss.ts';
import type { OwnEvents } from './own-events.ts';

/** Tells of frames that were lost: in the log, as an event of the host, and counted. */
export function lossNotice(
  events: OwnEvents,
  log: Logger,
  metrics: Registry,
): { readonly report: (loss: Loss) => void; readonly unheard: () => void } {
  const lostFrames = metrics.counter(
    'heliograph_relay_lost_frames_total',
    'Frames that did not come and were not declared dropped, by class.',
  );
  const unheard = metrics.counter(
    'heliograph_relay_loss_suspects_passed_over_total',
    'Gaps below the floor that were not looked into, because their host has too many of them.',
  );
  return {
    unheard: () => unheard.inc(),
    report: (lost) => {
      const frames = lost.ranges.reduce((sum, [from, to]) => sum + to - from + 1, 0);
      lostFrames.inc({ class: lost.class }, frames);
      const ranges = lost.ranges
        .map(([from, to]) => `${from}-${to}`)
        .join(',')
        .slice(0, 2000);
      const facts = { class: lost.class, boot: lost.boot, ranges, frames, by: lost.by, suspected: true };
      log.error('frames are missing', { host: lost.host, ...facts });
      events.tell('frames_lost', lost.host, facts);
    },
  };
}
