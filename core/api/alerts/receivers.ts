import type { FastifyInstance } from 'fastify';
import type { ApiParts } from '../parts.ts';
import { alertsOf } from './alerts-of.ts';

/** Whom alerts go to, and how that goes; and which of several cores notifies. */
export function addReceiverRoute(app: FastifyInstance, parts: ApiParts): void {
  app.get('/api/v1/alerts/receivers', async () => alertsOf(parts).notifications.receivers());
}
