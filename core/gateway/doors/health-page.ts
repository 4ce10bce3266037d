import type { FastifyInstance } from 'fastify';
import { statusOf } from '../../../lib/doors/door.ts';
import type { Doorkeeper } from '../../../lib/doors/doorkeeper.ts';
import { credentialsOf } from '../../../lib/doors/http-routes.ts';
import { HeliographError } from '../../../lib/errors.ts';
import type { Health } from '../../api/health.ts';

/** /healthz on the listener for others, for whoever may push: a core asks a watch how it is before it relies on it. */
export function addHealthPage(
  app: FastifyInstance,
  keeper: Pick<Doorkeeper, 'admit'>,
  health: Pick<Health, 'view'>,
  loopback: boolean,
): void {
  app.get('/healthz', (request, reply) => {
    try {
      keeper.admit(credentialsOf(request, loopback), null);
    } catch (error) {
      if (!(error instanceof HeliographError)) throw error;
      return reply.code(statusOf(error)).type('text/plain; charset=utf-8').send(`${error.message}\n`);
    }
    const view = health.view();
    return reply.code(view.well ? 200 : 503).send(view);
  });
}
