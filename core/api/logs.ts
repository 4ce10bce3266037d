import type { FastifyInstance } from 'fastify';
import type { LogQuery } from '../ports/log-store.ts';
import { badParameter, Parameters } from './parameters.ts';
import type { ApiParts } from './parts.ts';

const HOUR = 3_600_000;

/**
 * Search in log lines: /api/v1/logs?q=words "and phrases"&host=&service=&level=&start=&end=&limit=&order=&cursor=
 * `host`, `service` and `level` may come several times. Without times: the last hour.
 */
export function addLogRoutes(app: FastifyInstance, parts: ApiParts): void {
  app.route({
    method: ['GET', 'POST'],
    url: '/api/v1/logs',
    handler: async (request) => {
      const parameters = new Parameters(request.raw.url ?? '', request.body);
      const end = parameters.time('end', parts.clock.now() + 1);
      const start = parameters.time('start', end - HOUR);
      if (end < start) throw badParameter('end', 'end timestamp must not be before start time');
      const limit = parameters.limit('limit', 100);
      if (limit < 1 || limit > parts.query.maxLines) {
        throw badParameter('limit', `${limit} is not between 1 and ${parts.query.maxLines}; ask for more with cursor`);
      }
      const cursor = parameters.text('cursor');
      const query: LogQuery = {
        text: parameters.text('q') ?? '',
        hosts: parameters.list('host'),
        services: parameters.list('service'),
        levels: parameters.list('level'),
        start,
        end,
        limit,
        order: parameters.choice('order', ['newest', 'oldest'], 'newest'),
        ...(cursor === null ? {} : { cursor }),
      };
      return parts.logs.search(query);
    },
  });
}
