import type { Logger } from '../lib/log.ts';
import type { Registry } from '../lib/metrics.ts';
import type { RelayConfig } from './config.ts';
import type { Pages } from './http.ts';

/**
 * Begins to tell the watches of the configuration what the relay counts, of all workers together.
 * @param own where it counts what became of that; null where there is no section `watch`
 */
export async function tellWatch(
  { watch, tls }: Pick<RelayConfig, 'watch' | 'tls'>,
  pages: Pages,
  own: Registry,
  log: Logger,
): Promise<{ close(): Promise<void> } | null> {
  if (!watch) return null;
  const { openTeller } = await import('../lib/watch/open.ts');
  const page = async () => (await pages['/metrics']!(new URLSearchParams())).body;
  return openTeller({ watch, tls, page, log, registry: own, prefix: 'heliograph_relay_', job: 'relay' });
}
