import { z } from 'zod';
import { byteSize, duration } from '../../../lib/config/duration.ts';
import { RESERVED_LABELS } from '../../../proto/page.ts';
import { targetAddress } from './address-schema.ts';

const labels = () =>
  z
    .record(
      z
        .string()
        .refine(
          (name) => !RESERVED_LABELS.has(name) && name !== 'job',
          'this label is given by job, instance or the relay',
        ),
      z.string(),
    )
    .default({});

/** One job: pages of metrics that are fetched at an interval. */
const scrapeJob = z
  .strictObject({
    /** The label `job` of its series. */
    job: z.string().min(1).max(200),
    /** Each an address, or {address, instance, labels}: 127.0.0.1:9100, https://127.0.0.1:8443/metrics, or unix:/run/app.sock. */
    targets: z
      .array(
        z.union([
          targetAddress().transform((address) => ({
            address,
            instance: undefined,
            labels: {} as Record<string, string>,
          })),
          z.strictObject({
            /** host:port, a URL, or unix:/run/app.sock. */
            address: targetAddress(),
            /** The label `instance` of its series, in place of host:port. */
            instance: z.string().min(1).max(200).optional(),
            /** Further labels of its series, beside those of the job. */
            labels: labels(),
          }),
        ]),
      )
      .min(1),
    /** How often each target is fetched. */
    interval: duration().prefault('15s'),
    /** How long a target may take for its whole answer; at most the interval. */
    timeout: duration().prefault('10s'),
    /** The path that is fetched of targets whose address has none. */
    metricsPath: z.string().startsWith('/').default('/metrics'),
    /** Labels that a sample brings go before job, instance and labels; otherwise they become exported_.... */
    honorLabels: z.boolean().default(false),
    /** Times that a sample brings are kept; otherwise it has the time of the scrape. */
    honorTimestamps: z.boolean().default(true),
    /** Labels of every series of this job, beside job and instance. */
    labels: labels(),
    /** Headers of each request, such as {authorization: Bearer abc}. */
    headers: z.record(z.string(), z.string()).default({}),
    /** For https: the authority's certificate, and the scraper's own where one is asked for. */
    tls: z
      .strictObject({
        /** PEM file of the authority that the target's certificate is of; left out, the public ones that come with Node. */
        ca: z.string().optional(),
        /** PEM file of the certificate that is shown to the target. */
        cert: z.string().optional(),
        /** PEM file of that certificate's key. */
        key: z.string().optional(),
        /** The name that the target's certificate has, where it is not the one in the address. */
        serverName: z.string().optional(),
      })
      .optional(),
    /** Bytes of a page, unpacked; a larger one fails the scrape. */
    bodyLimit: byteSize().prefault('8MiB'),
    /** Samples of a page; more fail the scrape. */
    sampleLimit: z.int().min(1).default(10_000),
    /** Series of a target; what is over is left out and counted. */
    seriesLimit: z.int().min(1).default(10_000),
  })
  .refine(({ interval, timeout }) => timeout <= interval, { path: ['timeout'], message: 'at most the interval' });

export const scrapeConfig = () => z.array(scrapeJob).default([]);
export type ScrapeJob = z.infer<typeof scrapeJob>;
