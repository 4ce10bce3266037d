import type { FastifyInstance } from 'fastify';
import type { ApiParts } from '../parts.ts';

/** Rules over log lines, and how they stand (docs/log-alerts.md). */
export function addAlertLogRoute(app: FastifyInstance, parts: ApiParts): void {
  app.get('/api/v1/alerts/logs', async () => ({ rules: parts.alerts?.logAlerts?.view() ?? [] }));
}
