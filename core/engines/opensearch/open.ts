import { after } from '../../../lib/after.ts';
import type { Clock } from '../../../lib/clock.ts';
import type { Logger } from '../../../lib/log.ts';
import type { Registry } from '../../../lib/metrics.ts';
import type { Health } from '../../api/health.ts';
import { makeDirectory } from '../../disk/sync-directory.ts';
import { appendFigures } from '../../logs/append-figures.ts';
import type { RefusedLine } from '../../ports/log-store.ts';
import { FrameLedger } from '../../seen/frame-ledger.ts';
import { EngineGate } from '../gate.ts';
import { BulkWriter } from './bulk.ts';
import { checkOpenSearch } from './check.ts';
import { openSearchClient } from './client.ts';
import type { OpenSearchConfig } from './config.ts';
import { RouteIndices } from './route-indices.ts';
import { OpenSearchLogStore } from './store.ts';

export interface OpenSearchOptions {
  readonly config: OpenSearchConfig;
  /** Of the ledger; belongs to this store alone. */
  readonly directory: string;
  readonly retentionMs: number;
  readonly clock: Clock;
  readonly log: Logger;
  readonly registry: Registry;
  readonly health: Pick<Health, 'well' | 'ill'>;
  /** In [0, 1). */
  readonly random: () => number;
  readonly onRefused: (lines: readonly RefusedLine[]) => Promise<void>;
  /** ms; 30,000 unless stated. */
  readonly searchTimeoutMs?: number;
}

/**
 * Opens the log store on OpenSearch. Resolves also while the engine is down: it is then waited for.
 * @throws HeliographError HG_ENGINE_ADDRESS, HG_ENGINE_LOGIN, HG_ENGINE_VERSION, HG_ENGINE_SETTING, HG_STORE_LOCKED, HG_STORE_DISK
 */
export async function openOpenSearchLogStore(options: OpenSearchOptions): Promise<OpenSearchLogStore> {
  const { config, directory, registry, health, log, clock } = options;
  const engine = `OpenSearch at ${config.addresses.join(', ')}`;
  const bulked = registry.counter(
    'heliograph_core_bulk_lines_total',
    'Lines given to OpenSearch, by its answer: taken, there_already, put_off (they come again)',
  );
  const client = openSearchClient(config);
  makeDirectory(directory);
  const ledger = new FrameLedger(directory, 'opensearch.db');
  try {
    const gate = await EngineGate.open({
      part: 'log store',
      engine,
      check: () => checkOpenSearch(client, config, engine),
      health,
      log,
      timer: after,
    });
    const bulk = new BulkWriter({
      client,
      engine,
      mostBytes: config.bulkBytes,
      mostLines: config.bulkLines,
      random: options.random,
      sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
      now: () => clock.now(),
      onAnswer: ({ lines, there, again }) => {
        bulked.inc({ result: 'taken' }, lines - there - again);
        if (there > 0) bulked.inc({ result: 'there_already' }, there);
        if (again > 0) bulked.inc({ result: 'put_off' }, again);
      },
    });
    registry
      .gauge('heliograph_core_bulk_share', 'Size of the bulks to OpenSearch as a share of the largest')
      .collect(() => [[{}, bulk.share]]);
    return new OpenSearchLogStore({
      client,
      gate,
      ledger,
      bulk,
      clock,
      index: config.index,
      routes: new RouteIndices(config.index, options.retentionMs, config.routes),
      engine,
      refreshMs: config.refresh,
      retentionMs: options.retentionMs,
      searchTimeoutMs: options.searchTimeoutMs ?? 30_000,
      onRefused: options.onRefused,
      onAppend: appendFigures(registry),
    });
  } catch (error) {
    ledger.close();
    await client.close();
    throw error;
  }
}
