import type { FastifyInstance } from 'fastify';
import { matcherText } from '../../alerts/notify/matchers.ts';
import type { AlertSilence, SilenceState } from '../../alerts/notify/silences.ts';
import type { ApiParts } from '../parts.ts';
import { whoMay } from '../who-may.ts';
import { iso } from './alert-view.ts';
import { alertsOf } from './alerts-of.ts';

/** As Alertmanager's API v2 writes it, with its state beside. */
export interface SilenceView extends Omit<AlertSilence, 'startsAt' | 'endsAt'> {
  readonly startsAt: string;
  readonly endsAt: string;
  readonly state: SilenceState;
}

/** Silences: who may see them, make them, and end them. */
export function addSilenceRoutes(app: FastifyInstance, parts: ApiParts): void {
  const silences = () => alertsOf(parts).notifications.silences;
  const view = (silence: AlertSilence): SilenceView => ({
    ...silence,
    startsAt: iso(silence.startsAt),
    endsAt: iso(silence.endsAt),
    state: silences().stateOf(silence),
  });
  const log = (what: string, by: string, { id, matchers, endsAt, comment }: AlertSilence) =>
    parts.log.info(`a silence was ${what}`, { id, by, matchers: matcherText(matchers), until: iso(endsAt), comment });

  app.get('/api/v1/alerts/silences', async () => ({ silences: silences().all().map(view) }));

  app.post('/api/v1/alerts/silences', async (request) => {
    const by = whoMay(request, parts, 'alerts:write');
    const silence = await silences().give(request.body, by);
    log('given', by, silence);
    return view(silence);
  });

  app.delete<{ Params: { id: string } }>('/api/v1/alerts/silences/:id', async (request) => {
    const by = whoMay(request, parts, 'alerts:write');
    const silence = await silences().expire(request.params.id);
    log('ended', by, silence);
    return view(silence);
  });
}
