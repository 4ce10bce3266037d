import type { FastifyInstance } from 'fastify';
import type { LogQuery } from '../ports/log-store.ts';
import { logFilter } from './log-filter.ts';
import { badParameter, Parameters } from './parameters.ts';
import type { ApiParts } from './parts.ts';

const HOUR = 3_600_000;
const MOST_BUCKETS = 1_000;
/** How long a histogram may count unless asked otherwise; it says how far it came. */
const COUNT_MS = 3_000;

/**
 * Lines by time and level: /api/v1/logs/histogram, with the filters of the search and `step`.
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
      const beside = parameters.text('beside');
      const timestamp = parameters.text('beside_time');
      if ((beside === null) !== (timestamp === null)) {
        throw badParameter('beside', 'it is the id of a line, and beside_time its @timestamp; they come together');
      }
      const query: LogQuery = {
        ...logFilter(parameters),
        start,
        end,
        limit,
        order: parameters.choice('order', ['newest', 'oldest'], 'newest'),
        ...(cursor === null ? {} : { cursor }),
        ...(beside === null || timestamp === null ? {} : { beside: { id: beside, '@timestamp': timestamp } }),
      };
      return parts.logs.search(query);
    },
  });

  app.get('/api/v1/logs/histogram', async (request) => {
    const parameters = new Parameters(request.raw.url ?? '', null);
    const end = parameters.time('end', parts.clock.now() + 1);
    const start = parameters.time('start', end - HOUR);
    if (end <= start) throw badParameter('end', 'end timestamp must be after start time');
    const step = parameters.duration('step') ?? Math.max(1, Math.ceil((end - start) / 60));
    if (step < 1 || (end - start) / step > MOST_BUCKETS) {
      throw badParameter('step', `it must be at least 1 ms and make at most ${MOST_BUCKETS} buckets of the range`);
    }
    const budgetMs = Math.min(parameters.duration('timeout') ?? COUNT_MS, parts.query.timeout);
    if (budgetMs <= 0) throw badParameter('timeout', 'must be more than zero');
    return parts.logs.histogram({ ...logFilter(parameters), start, end, step, budgetMs });
  });
}
