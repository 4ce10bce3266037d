import type { Client } from '@opensearch-project/opensearch';
import { engineError } from './client.ts';
import { dayOf } from './document.ts';

const DAY_MS = 86_400_000;

/**
 * Deletes the indices whose day is over before `oldest`, ms; and of those without a day what came before it.
 * @throws HeliographError HG_ENGINE_DOWN, HG_ENGINE_LOGIN
 */
export async function dropOld(client: Client, engine: string, prefix: string, oldest: number): Promise<void> {
  try {
    const { body } = await client.indices.get({
      index: `${prefix}-*`,
      allow_no_indices: true,
      ignore_unavailable: true,
    });
    for (const index of Object.keys(body)) {
      const day = dayOf(prefix, index);
      if (day !== null && day + 2 * DAY_MS <= oldest) await client.indices.delete({ index, ignore_unavailable: true });
    }
    if (`${prefix}-undated` in body) {
      await client.deleteByQuery({
        index: `${prefix}-undated`,
        conflicts: 'proceed',
        wait_for_completion: false,
        body: { query: { range: { 'event.ingested': { lt: Math.floor(oldest) } } } } as never,
      });
    }
  } catch (error) {
    throw engineError(engine, error);
  }
}

/** Bytes on disk of all days, copies included. @throws what the client throws */
export async function sizeOf(client: Client, prefix: string): Promise<number> {
  const { body } = await client.indices.stats({ index: `${prefix}-*`, metric: ['store'] });
  return body._all?.total?.store?.size_in_bytes ?? 0;
}
