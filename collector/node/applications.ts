import type { Collector } from '../core/collector.ts';
import type { Host } from '../core/host.ts';
import type { CollectorConfig } from './config.ts';
import { sketchSettings } from './sketch-settings.ts';

/** The doors for applications of this host, while they are open. */
export interface Applications {
  /** Of StatsD over UDP; null: it is not configured. */
  readonly statsdPort: number | null;
  close(): Promise<void>;
}

/**
 * Opens what is configured, and loads nothing of what is not.
 * @throws HeliographError HG_CERT_FILE, HG_PORT_TAKEN
 */
export async function openApplications(
  config: CollectorConfig,
  host: Host,
  collector: Collector,
): Promise<Applications> {
  const { scrape, statsd, distributions } = config.applications;
  const { pushed } = collector;
  const sketches = sketchSettings(distributions);
  const closes: (() => void | Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    for (const one of closes.splice(0)) await one();
  };
  try {
    if (scrape.length > 0) {
      const { openScraping } = await import('./scrape/open.ts');
      const scraping = openScraping(scrape, { host, pushed, labels: config.labels });
      closes.push(() => scraping.close());
    }
    let statsdPort: number | null = null;
    if (statsd) {
      const { openStatsd } = await import('./statsd/open.ts');
      const opened = await openStatsd(statsd, { host, pushed, sketches });
      statsdPort = opened.port;
      closes.push(() => opened.close());
    }
    return { statsdPort, close };
  } catch (error) {
    await close();
    throw error;
  }
}
