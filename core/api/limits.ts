import type { FastifyInstance } from 'fastify';
import type { LimitOrder } from '../../lib/limits/order.ts';
import type { LimitsView, OrderTold } from '../limits/answer.ts';
import type { ApiParts } from './parts.ts';
import { whoMay } from './who-may.ts';

/** Blocks and caps of series (docs/cardinality.md): who may see them, and who may give them. */
export function addLimitRoutes(app: FastifyInstance, parts: ApiParts): void {
  const { orders } = parts;

  app.get(
    '/api/v1/limits',
    async (): Promise<LimitsView> => ({
      time: parts.clock.now(),
      version: orders.version(),
      orders: orders.all(),
      relays: orders.relays(),
      doors: orders.doors,
    }),
  );

  app.post('/api/v1/limits', async (request) => {
    const by = whoMay(request, parts, 'limits:write');
    return told(parts, 'given', by, orders.give(request.body, by));
  });

  app.delete<{ Params: { id: string } }>('/api/v1/limits/:id', async (request) => {
    const by = whoMay(request, parts, 'limits:write');
    return told(parts, 'lifted', by, orders.lift(request.params.id, by));
  });
}

function told({ orders, log }: ApiParts, what: 'given' | 'lifted', by: string, order: LimitOrder): OrderTold {
  const { id, kind, match, most, why, until } = order;
  log.info(`a ${kind} of series was ${what}`, { id, match, by, why, until, ...(most === undefined ? {} : { most }) });
  return { order, version: orders.version(), relays: orders.relays() };
}
