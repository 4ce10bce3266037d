import type { CollectorConfig } from './config.ts';
import type { DoorParts } from './doors/parts.ts';
import { sketchSettings } from './sketch-settings.ts';

/** The doors for applications of this host, while they are open. */
export interface Applications {
  /** Of StatsD over UDP; null: it is not configured. */
  readonly statsdPort: number | null;
  readonly otlpPort: number | null;
  close(): Promise<void>;
}

/**
 * Opens what is configured, and loads nothing of what is not.
 * @throws HeliographError HG_CERT_FILE, HG_PORT_TAKEN
 */
export async function openApplications(
  config: CollectorConfig,
  { host, collector, mask }: DoorParts,
): Promise<Applications> {
  const { scrape, statsd, otlp, ingest, distributions } = config.applications;
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
    let otlpPort: number | null = null;
    if (otlp) {
      const { openOtlp } = await import('./otlp/open.ts');
      const opened = await openOtlp(otlp, { host, collector, mask });
      otlpPort = opened.port;
      closes.push(() => opened.close());
    }
    if (ingest) {
      const { openIngest } = await import('./ingest/open.ts');
      const opened = await openIngest(ingest, { host, collector, mask });
      closes.push(() => opened.close());
    }
    return { statsdPort, otlpPort, close };
  } catch (error) {
    await close();
    throw error;
  }
}
