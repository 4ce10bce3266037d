import { z } from 'zod';
import { byteSize, duration } from '../../lib/config/duration.ts';

/** Windows of roll-ups that relays leave to the core: rules with `merge: core`. */
export const rollupsConfig = z.strictObject({
  /** How long a window waits for further relays, after its end and the rule's lateness. Then its values are written. */
  grace: duration().prefault('30s'),
  /** A relay's sketch that comes up to so much later still changes what was written, where the metric store can write over a sample; others are left out, and counted. */
  late: duration().prefault('10m'),
  /** Windows of one group each that are remembered at a time; what is over is refused, and counted. */
  maxWindows: z.int().min(1).max(10_000_000).default(200_000),
  /** Bytes of sketches in memory; what is over is refused, and counted. */
  memoryBytes: byteSize().prefault('128MiB'),
  /** Cap of the journal that keeps sketches until their windows are done with: `grace` and `late` are over, and half a minute. */
  diskBytes: byteSize()
    .refine((bytes) => bytes >= 1 << 20, { message: 'at least 1MiB' })
    .prefault('256MiB'),
});

export type RollupsConfig = z.output<typeof rollupsConfig>;
