import { z } from 'zod';
import { ingestConfig } from './ingest/config.ts';
import { otlpConfig } from './otlp/config.ts';
import { scrapeConfig } from './scrape/config.ts';
import { statsdConfig } from './statsd/config.ts';

/** What applications of this host give to the collector; docs/applications.md. */
export const applicationsConfig = () =>
  z
    .strictObject({
      /** StatsD and DogStatsD. */
      statsd: statsdConfig().optional(),
      /** OpenTelemetry's protocol over HTTP. */
      otlp: otlpConfig().optional(),
      /** POST /v1/ingest on a Unix socket. */
      ingest: ingestConfig().optional(),
      /** Pages of metrics that are fetched, in Prometheus' text format or OpenMetrics. */
      scrape: scrapeConfig(),
      /** What the core makes of distributions (timers, exponential histograms of deltas), which travel as sketches. */
      distributions: z
        .strictObject({
          /** Which quantiles the core makes of each distribution, 0 to 1: 0.99 is what 99 of 100 values do not exceed. Beside them it makes count, sum, min and max. */
          quantiles: z.array(z.number().min(0).max(1)).max(20).default([0.5, 0.9, 0.99, 0.999]),
          /** host: of each host by itself, with its instance; fleet: of all hosts that have the series, without one. */
          merge: z.enum(['host', 'fleet']).default('host'),
        })
        .prefault({}),
    })
    .prefault({});

export type ApplicationsConfig = z.infer<ReturnType<typeof applicationsConfig>>;
