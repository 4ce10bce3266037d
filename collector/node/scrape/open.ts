import { readFileSync } from 'node:fs';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { HeliographError } from '../../../lib/errors.ts';
import type { Host } from '../../core/host.ts';
import type { PushedIntake } from '../../core/pushed/intake.ts';
import { atEach, placeOf } from '../at-each.ts';
import { readAddress } from './address.ts';
import type { ScrapeJob } from './config.ts';
import { fetchPage } from './fetch-page.ts';
import { ScrapeTarget } from './target.ts';

/** What is scraped, while it is. */
export interface Scraping {
  /** Resolves when nothing is under way any more. Series do not end: the collector comes back. */
  close(): Promise<void>;
}

/**
 * Begins to scrape all targets, each at a place of its own in the interval.
 * @param labels the collector's configured ones
 * @throws HeliographError HG_CERT_FILE
 */
export function openScraping(
  jobs: readonly ScrapeJob[],
  { host, pushed, labels }: { host: Host; pushed: PushedIntake; labels: Readonly<Record<string, string>> },
): Scraping {
  const closes: (() => Promise<void>)[] = [];
  for (const job of jobs) {
    const tls = tlsOf(job);
    for (const { address: written, instance: called, labels: own } of job.targets) {
      const address = readAddress(written)!;
      // One connection a target, kept between scrapes.
      const options = { keepAlive: true, maxSockets: 1, timeout: 2 * job.interval };
      const agent = address.protocol === 'https:' ? new HttpsAgent(options) : new HttpAgent(options);
      const instance = called ?? address.name;
      const given = { ...job.labels, ...own };
      const asked = { job: job.job, instance, labels: given, seriesLimit: job.seriesLimit };
      const scraped = new ScrapeTarget({
        ...{ host, name: `${job.job} ${address.name}` },
        target: pushed.target(asked),
        timedTarget: () => pushed.target({ ...asked, repeats: true }),
        fetch: () =>
          fetchPage({
            ...{ address, agent, tls, headers: job.headers },
            path: address.path ?? job.metricsPath,
            timeoutMs: job.timeout,
            bodyLimit: job.bodyLimit,
          }),
        targetLabels: new Set(['job', 'instance', ...Object.keys(labels), ...Object.keys(given)]),
        honorLabels: job.honorLabels,
        honorTimestamps: job.honorTimestamps,
        sampleLimit: job.sampleLimit,
      });
      let underWay = Promise.resolve();
      const stop = atEach(host, job.interval, placeOf(host, `${job.job} ${written} ${instance}`), (instant) => {
        underWay = scraped.scrape(instant);
        return underWay;
      });
      closes.push(() => {
        stop();
        scraped.stop();
        agent.destroy();
        return underWay.catch(() => undefined);
      });
    }
  }
  return {
    close: async () => {
      await Promise.all(closes.map((close) => close()));
    },
  };
}

function tlsOf({ job, tls }: ScrapeJob): { ca?: Buffer; cert?: Buffer; key?: Buffer; servername?: string } {
  const read = (path: string): Buffer => {
    try {
      return readFileSync(path);
    } catch (cause) {
      throw new HeliographError('HG_CERT_FILE', `${path}, of the scrape job ${job}`, { path }, cause);
    }
  };
  return {
    ...(tls?.ca === undefined ? {} : { ca: read(tls.ca) }),
    ...(tls?.cert === undefined ? {} : { cert: read(tls.cert) }),
    ...(tls?.key === undefined ? {} : { key: read(tls.key) }),
    ...(tls?.serverName === undefined ? {} : { servername: tls.serverName }),
  };
}
