import type { FastifyInstance } from 'fastify';
import type { LevelOrder, LevelsView, LevelTold } from '../fleet/level-answer.ts';
import { inForce } from '../fleet/level-order.ts';
import type { ApiParts } from './parts.ts';
import { whoMay } from './who-may.ts';

/** Levels for a time (docs/levels.md): who may see them, and who may order them. */
export function addLevelRoutes(app: FastifyInstance, parts: ApiParts): void {
  const { levels, fleet, clock, log } = parts;

  app.get('/api/v1/levels', async (): Promise<LevelsView> => {
    const time = clock.now();
    const hosts = fleet.hosts().map(({ host }) => host);
    return {
      time,
      orders: levels.orders().map((order) => ({
        ...order,
        inForce: inForce(order, time),
        hosts: levels.fitting(order, hosts),
      })),
    };
  });

  app.post('/api/v1/levels', async (request): Promise<LevelTold> => {
    const by = whoMay(request, parts, 'levels:write');
    const told = levels.give(request.body, by);
    log.info('a level was ordered', { ...facts(told.order), by, hosts: told.hosts });
    return told;
  });

  app.delete<{ Params: { id: string } }>('/api/v1/levels/:id', async (request) => {
    const by = whoMay(request, parts, 'levels:write');
    const told = levels.lift(request.params.id, by);
    log.info('an order of a level was lifted', { ...facts(told.order), by, hosts: told.hosts });
    return told;
  });
}

function facts({ id, host, service, level, why, until }: LevelOrder): Record<string, string | number> {
  return { id, 'order.host': host, 'order.service': service, level, why, until };
}
