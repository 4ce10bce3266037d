import type { FastifyInstance } from 'fastify';
import type { ApiParts } from '../parts.ts';

const OURS = /^\/api\/v1\/(?:alerts|rules)(?:\/|$)/;

/** Of a path, without its query: whether it is about alerts and rules. */
export const isOfAlerts = (path: string): boolean => OURS.test(path);

/** Where another process of this core has the alerts it is asked, and what it answers is the answer, also to a token. */
export function passOnAlerts(app: FastifyInstance, ask: NonNullable<ApiParts['alertsElsewhere']>): void {
  app.addHook('preHandler', async (request, reply) => {
    if (!isOfAlerts(request.routeOptions.url ?? '')) return;
    const { status, type, text } = await ask({
      method: request.method,
      path: request.url,
      authorization: request.headers.authorization ?? null,
      body: request.body === undefined ? null : JSON.stringify(request.body),
    });
    return reply.code(status).type(type).send(text);
  });
}
