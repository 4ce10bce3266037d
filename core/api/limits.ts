import type { FastifyInstance, FastifyRequest } from 'fastify';
import { need } from '../../lib/doors/doorkeeper.ts';
import { HeliographError } from '../../lib/errors.ts';
import type { LimitOrder } from '../../lib/limits/order.ts';
import type { LimitsView, OrderTold } from '../limits/answer.ts';
import type { ApiParts } from './parts.ts';

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
    const by = whoMay(request, parts);
    return told(parts, 'given', by, orders.give(request.body, by));
  });

  app.delete<{ Params: { id: string } }>('/api/v1/limits/:id', async (request) => {
    const by = whoMay(request, parts);
    return told(parts, 'lifted', by, orders.lift(request.params.id, by));
  });
}

function told({ orders, log }: ApiParts, what: 'given' | 'lifted', by: string, order: LimitOrder): OrderTold {
  const { id, kind, match, most, why, until } = order;
  log.info(`a ${kind} of series was ${what}`, { id, match, by, why, until, ...(most === undefined ? {} : { most }) });
  return { order, version: orders.version(), relays: orders.relays() };
}

/**
 * Somebody is made responsible for what others then miss, so that a request from this machine alone is not enough.
 * @returns the token's name @throws HeliographError HG_DOOR_TOKEN, HG_DOOR_SCOPE
 */
function whoMay({ headers }: FastifyRequest, { tokens, clock }: ApiParts): string {
  const secret = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1];
  const token = secret === undefined ? null : tokens.find(secret, clock.now());
  if (token === null) {
    throw new HeliographError(
      'HG_DOOR_TOKEN',
      secret === undefined
        ? 'send "Authorization: Bearer <token>"; heliograph token create NAME --scope limits:write makes one'
        : 'the token is not known, or its time is over',
    );
  }
  need({ name: token.name, scopes: new Set(token.scopes) }, 'limits:write');
  return token.name;
}
