import type { Client } from '@opensearch-project/opensearch';
import { engineError, statusOf } from './client.ts';

/**
 * A search over all days; null while there is none.
 * @throws HeliographError HG_ENGINE_DOWN, HG_ENGINE_LOGIN, HG_ENGINE_REFUSED
 */
export async function ask<T>(client: Client, engine: string, prefix: string, body: object): Promise<T | null> {
  try {
    const answer = await client.search({
      index: `${prefix}-*`,
      ignore_unavailable: true,
      allow_no_indices: true,
      body: body as never,
    });
    return answer.body as unknown as T;
  } catch (error) {
    if (statusOf(error) === 404) return null;
    throw engineError(engine, error);
  }
}
