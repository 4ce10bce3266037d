import type { FastifyInstance } from 'fastify';
import type { AlertSource } from '../../alerts/alert.ts';
import { success } from '../answers.ts';
import { Parameters } from '../parameters.ts';
import type { ApiParts } from '../parts.ts';
import { alertView } from './alert-view.ts';
import { alertsOf } from './alerts-of.ts';

const STATES = ['active', 'pending', 'firing', 'resolved', 'all'] as const;
const SOURCES: readonly (AlertSource | 'all')[] = ['all', 'rule', 'log', 'inventory', 'relay', 'own'];
const RANK = { firing: 0, pending: 1, resolved: 2 };

/** Alerts of all sources, in Prometheus' form: those that pend or fire, unless asked for others. */
export function addAlertRoutes(app: FastifyInstance, parts: ApiParts): void {
  app.get('/api/v1/alerts', async (request) => {
    const { book, notifications } = alertsOf(parts);
    const parameters = new Parameters(request.url, null);
    const state = parameters.choice('state', STATES, 'active');
    const source = parameters.choice('source', SOURCES, 'all');
    const wanted = [...book.all()].filter(
      (alert) =>
        (source === 'all' || alert.source === source) &&
        (state === 'all' || alert.state === state || (state === 'active' && alert.state !== 'resolved')),
    );
    wanted.sort((a, b) => RANK[a.state] - RANK[b.state] || b.activeAt - a.activeAt);
    return success({ alerts: wanted.map((alert) => alertView(alert, notifications.notifier.standing(alert))) });
  });
}
