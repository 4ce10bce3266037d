import type { FastifyInstance } from 'fastify';
import { topOf } from '../../lib/limits/top-parameter.ts';
import type { ApiParts } from './parts.ts';

/** How many series come by this core's doors, and of what (docs/cardinality.md); null where the configuration does not ask for it. */
export function addCardinalityRoute(app: FastifyInstance, parts: ApiParts): void {
  app.get('/api/v1/cardinality', async (request) => {
    const { searchParams } = new URL(request.raw.url ?? '', 'http://localhost');
    const top = topOf(searchParams);
    return { cardinality: parts.cardinality?.report(top) ?? null };
  });
}
