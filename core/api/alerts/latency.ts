import type { FastifyInstance } from 'fastify';
import { parseDuration } from '../../../lib/config/duration.ts';
import type { LatencyFigure } from '../../alerts/latency/alert-latency.ts';
import { badParameter, Parameters } from '../parameters.ts';
import type { ApiParts } from '../parts.ts';

const DAY_MS = 86_400_000;

/** How long people waited for notifications: /api/v1/alerts/latency?range=1d */
export interface LatencyView {
  readonly range: number;
  readonly figures: readonly LatencyFigure[];
}

export function addAlertLatencyRoute(app: FastifyInstance, parts: ApiParts): void {
  app.get('/api/v1/alerts/latency', async (request): Promise<LatencyView> => {
    const text = new Parameters(request.raw.url ?? '', null).text('range') ?? '1d';
    const range = parseDuration(text);
    if (range === null || range <= 0 || range > 30 * DAY_MS) {
      throw badParameter('range', `${JSON.stringify(text)} is no time up to 30d, such as 6h`);
    }
    return { range, figures: parts.alerts?.latency.figures(range) ?? [] };
  });
}
