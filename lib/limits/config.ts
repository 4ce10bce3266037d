import { z } from 'zod';
import { duration } from '../config/duration.ts';

const cap = (most: number) => z.int().min(1).max(2_000_000_000).default(most);

/** The section `cardinality` of a relay and of a core: which series are counted, and how many may go on. */
export const cardinalityConfig = z.strictObject({
  /** Different series of one metric, over all hosts; further ones fold into one overflow series. */
  perMetric: cap(1_000_000),
  /** Different series of one host; further ones fold likewise. */
  perHost: cap(50_000),
  /** Different series of one metric of one host; further ones fold likewise. A label that grows meets this first. */
  perMetricOfHost: cap(10_000),
  /** Different series of all hosts and metrics; further ones fold likewise. With so many the tables take some 40 bytes each; they grow as they are needed. */
  total: cap(10_000_000),
  /** Overflow series of one host; where the names of its metrics grow beyond that, samples are dropped and counted under series_cap. */
  overflowPerHost: cap(1000),
  /** A series of which nothing came for so long has left, and another may take its place; after two thirds of it at the soonest. */
  idle: duration()
    .refine((ms) => ms >= 60_000, 'at least 1m: each series is looked at again three times within it')
    .prefault('1h'),
  /** The first of these labels that a series has says whose it is, in alarms and in the count by team. */
  teamLabels: z.array(z.string().min(1)).max(16).default(['team', 'service', 'job']),
  /** When growth is abnormal, and is told as an event. */
  growth: z
    .strictObject({
      /** A metric has more new series than this within a minute ... */
      perMinute: cap(1000),
      /** ... and more than this times what it had in the minutes of the last hour. */
      times: z.number().min(1).default(10),
      /** The same for all metrics of a host together. */
      perMinuteOfHost: cap(5000),
      /** The same metric or host is not told again within this. */
      repeat: duration().prefault('1h'),
      /** What a host brings within this after it came is what it has, and no growth. */
      settle: duration().prefault('30s'),
    })
    .prefault({}),
  /** A file of blocks and caps, in force beside those that the core gives. Read again when it changes; where it is not good, those before stay. */
  orders: z.string().min(1).optional(),
});

export type CardinalityConfig = z.output<typeof cardinalityConfig>;
