import { z } from 'zod';
import { address, byteSize, duration } from '../../../lib/config/duration.ts';
import { isLoopback } from '../../../lib/config/loopback.ts';
import { unixSocket } from '../socket-schema.ts';

/** StatsD and DogStatsD, of applications on this host. */
export const statsdConfig = () =>
  z.strictObject({
    /** UDP, on loopback: 127.0.0.1:8125. */
    udp: address()
      .refine(
        ({ host }) => isLoopback(host),
        'StatsD asks nobody who he is: a loopback address, such as 127.0.0.1:8125',
      )
      .optional(),
    /** A Unix socket that streams connect to (DogStatsD's unixstream, or lines). */
    unix: unixSocket().optional(),
    /** The label `job` of its series. */
    job: z.string().min(1).max(200).default('statsd'),
    /** How often what was counted goes on. */
    interval: duration().prefault('10s'),
    /** Most series at once; lines of more are refused, and counted. */
    seriesLimit: z.int().min(1).default(5000),
    /** Different values of a set that are told apart in an interval. */
    setLimit: z.int().min(1).default(10_000),
    /** A series of which no line came for so long ends. */
    forgetAfter: duration().prefault('10m'),
    /** The socket's buffer, for what comes while the collector is busy. The system may give less (net.core.rmem_max). */
    receiveBuffer: byteSize().prefault('1MiB'),
  });

export type StatsdConfig = z.infer<ReturnType<typeof statsdConfig>>;
