import type { FastifyInstance } from 'fastify';
import type { Alert } from '../../alerts/alert.ts';
import type { ApiParts } from '../parts.ts';
import { whoMay } from '../who-may.ts';
import { alertView } from './alert-view.ts';
import { alertsOf } from './alerts-of.ts';

/** Acknowledgements: somebody has an alert in hand. */
export function addAckRoutes(app: FastifyInstance, parts: ApiParts): void {
  const view = (alert: Alert) => ({ alert: alertView(alert, alertsOf(parts).notifications.notifier.standing(alert)) });

  app.post('/api/v1/alerts/acks', async (request) => {
    const by = whoMay(request, parts, 'alerts:write');
    const { alert, acknowledged } = await alertsOf(parts).notifications.acks.give(request.body, by);
    parts.log.info('an alert was acknowledged', { key: acknowledged.key, by, note: acknowledged.note });
    return view(alert);
  });

  app.delete('/api/v1/alerts/acks', async (request) => {
    const by = whoMay(request, parts, 'alerts:write');
    const alert = await alertsOf(parts).notifications.acks.take(request.body);
    parts.log.info('an acknowledgement was taken back', { fingerprint: alert.fingerprint, by });
    return view(alert);
  });
}
