import { z } from 'zod';
import { scrapeConfig } from './scrape/config.ts';

/** What applications of this host give to the collector; docs/applications.md. */
export const applicationsConfig = () =>
  z
    .strictObject({
      /** Pages of metrics that are fetched, in Prometheus' text format or OpenMetrics. */
      scrape: scrapeConfig(),
    })
    .prefault({});

export type ApplicationsConfig = z.infer<ReturnType<typeof applicationsConfig>>;
