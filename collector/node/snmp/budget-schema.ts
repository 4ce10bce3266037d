import { z } from 'zod';
import { duration } from '../../../lib/config/duration.ts';

/** What one poll may cost at most. */
export const budget = () =>
  z.strictObject({
    /** A poll that takes longer is ended; left out: nine tenths of the interval. */
    time: duration().optional(),
    /** Requests of one poll at most, repeats included; 5000 unless given. */
    packets: z.int().min(1).max(1_000_000).optional(),
    /** Values of one poll at most; 50000 unless given. */
    rows: z.int().min(1).max(1_000_000).optional(),
  });
