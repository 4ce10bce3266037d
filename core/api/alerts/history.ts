import type { FastifyInstance } from 'fastify';
import { alertKey } from '../../../lib/alerts/alert-key.ts';
import { LATEST, Parameters } from '../parameters.ts';
import type { ApiParts } from '../parts.ts';
import { iso } from './alert-view.ts';
import { saysAll } from './alert-words.ts';
import { alertsOf } from './alerts-of.ts';

const DAY_MS = 86_400_000;
const MOST = 10_000;
const UNLESS_STATED = 500;

/** What fired: the newest first, of the last day unless asked for another time. */
export function addHistoryRoute(app: FastifyInstance, parts: ApiParts): void {
  app.get('/api/v1/alerts/history', async (request) => {
    const { store } = alertsOf(parts);
    const parameters = new Parameters(request.url, null);
    const end = parameters.time('end', LATEST);
    const start = parameters.time('start', Math.min(end, parts.clock.now()) - DAY_MS);
    const limit = Math.min(MOST, parameters.limit('limit', UNLESS_STATED) || MOST);
    const q = parameters.text('q');
    const says = saysAll(q ?? '');
    const past = store
      .history(start, end, q === null ? limit : MOST)
      .filter(({ labels, annotations }) => says(labels, annotations))
      .slice(0, limit);
    return {
      history: past.map(({ activeAt, firedAt, resolvedAt, ...alert }) => ({
        ...alert,
        key: alertKey({ fingerprint: alert.fingerprint, activeAt }),
        activeAt: iso(activeAt),
        firedAt: iso(firedAt),
        resolvedAt: resolvedAt === null ? null : iso(resolvedAt),
      })),
    };
  });
}
