import type { FastifyInstance } from 'fastify';
import { ledgerWithHosts, sequencesView } from '../ledger/view.ts';
import { Parameters } from './parameters.ts';
import type { ApiParts } from './parts.ts';

/** The account of all tiers, the sequences for the audit, and how fresh the data is. */
export function addLedgerRoutes(app: FastifyInstance, parts: ApiParts): void {
  app.get('/api/v1/ledger', async (request) => {
    const everyHost = new Parameters(request.raw.url ?? '', null).choice('hosts', ['sum', 'each'], 'sum') === 'each';
    return ledgerWithHosts(parts.ledger, everyHost);
  });
  app.get('/api/v1/ledger/sequences', () => sequencesView(parts.ledger));
  app.get('/api/v1/freshness', async () => parts.freshness.view());
}
