import type { FastifyInstance } from 'fastify';
import type { AlertSource } from '../../alerts/alert.ts';
import { success } from '../answers.ts';
import { badParameter, Parameters } from '../parameters.ts';
import type { ApiParts } from '../parts.ts';
import { PLACES } from './alert-place.ts';
import { searchAlerts } from './alert-search.ts';
import { alertsOf } from './alerts-of.ts';

const STATES = ['active', 'pending', 'firing', 'resolved', 'all'] as const;
const SOURCES: readonly (AlertSource | 'all')[] = ['all', 'rule', 'log', 'inventory', 'relay', 'own'];

/** Alerts of all sources, in Prometheus' form: those that pend or fire, unless asked for others. */
export function addAlertRoutes(app: FastifyInstance, parts: ApiParts): void {
  app.get('/api/v1/alerts', async (request) => {
    const { book, notifications } = alertsOf(parts);
    const parameters = new Parameters(request.url, null);
    const search = {
      state: parameters.choice('state', STATES, 'active'),
      source: parameters.choice('source', SOURCES, 'all'),
      severity: parameters.text('severity'),
      text: parameters.text('q') ?? '',
      matchers: parameters.list('filter'),
      places: new Set(parameters.list('place').map(place)),
      limit: parameters.limit('limit', 0),
    };
    return success(searchAlerts(book.all(), (alert) => notifications.notifier.standing(alert), search));
  });
}

function place(text: string): (typeof PLACES)[number] {
  const found = PLACES.find((one) => one === text);
  if (found === undefined) throw badParameter('place', `${JSON.stringify(text)} is not one of ${PLACES.join(', ')}`);
  return found;
}
