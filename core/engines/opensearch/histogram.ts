import type { Client } from '@opensearch-project/opensearch';
import type { HistogramQuery } from '../../ports/log-store.ts';
import { ask } from './ask.ts';
import { filterQuery } from './search.ts';

interface Bucket {
  readonly key: number;
  readonly doc_count: number;
}
interface Answer {
  readonly timed_out: boolean;
  readonly aggregations?: {
    readonly levels: { readonly buckets: readonly { key: string; times: { buckets: readonly Bucket[] } }[] };
  };
}

/** Levels there can be; a service that puts anything else there has its rarest left out. */
const MOST_LEVELS = 100;

/** Lines by level and bucket, counted by the engine; null when it ran out of time. @throws HeliographError HG_ENGINE_DOWN, HG_ENGINE_LOGIN */
export async function countByEngine(
  client: Client,
  engine: string,
  index: string,
  query: HistogramQuery,
): Promise<ReadonlyMap<string, number[]> | null> {
  const buckets = Math.ceil((query.end - query.start) / query.step);
  const body = {
    size: 0,
    query: filterQuery(query),
    timeout: `${Math.max(1, Math.floor(query.budgetMs))}ms`,
    aggs: {
      levels: {
        terms: { field: 'log.level', size: MOST_LEVELS },
        aggs: {
          times: {
            date_histogram: {
              field: '@timestamp',
              fixed_interval: `${query.step}ms`,
              offset: `${query.start % query.step}ms`,
              min_doc_count: 1,
            },
          },
        },
      },
    },
  };
  const found = await ask<Answer>(client, engine, index, body);
  if (found?.timed_out) return null;
  const levels = new Map<string, number[]>();
  for (const { key, times } of found?.aggregations?.levels.buckets ?? []) {
    const counts = new Array<number>(buckets).fill(0);
    for (const { key: time, doc_count } of times.buckets) {
      counts[Math.floor((time - query.start) / query.step)]! += doc_count;
    }
    levels.set(key, counts);
  }
  return levels;
}
