import type { FastifyInstance, FastifyReply } from 'fastify';
import { z } from 'zod';
import { HeliographError } from '../../../lib/errors.ts';
import { HOST_NAME } from '../../../proto/topics.ts';
import type { ApiParts } from '../parts.ts';
import { whoMay } from '../who-may.ts';
import { alertsOf } from './alerts-of.ts';

const form = z.strictObject({ note: z.string().max(1000).default(''), force: z.boolean().default(false) });

/** Who is expected and silent, and who is out of service (docs/silent-hosts.md). */
export function addAlertHostRoutes(app: FastifyInstance, parts: ApiParts): void {
  app.get('/api/v1/alerts/hosts', async () => alertsOf(parts).inventory.view());

  const path = '/api/v1/alerts/hosts/:host/decommission';
  app.post<{ Params: { host: string } }>(path, async (request) => {
    const by = whoMay(request, parts, 'alerts:write');
    const parsed = form.safeParse(request.body ?? {});
    if (!parsed.success) {
      const wanted = 'note: write a text of at most 1000 characters; force: true or false; and nothing else';
      throw new HeliographError('HG_API_PARAMETER', wanted);
    }
    const host = nameOf(request.params.host);
    const { note, force } = parsed.data;
    return alertsOf(parts).inventory.decommission(host, by, note, force);
  });

  app.delete<{ Params: { host: string } }>(path, async (request, reply) => {
    const by = whoMay(request, parts, 'alerts:write');
    const host = nameOf(request.params.host);
    if (alertsOf(parts).inventory.recommission(host, by)) return { name: host };
    return notFound(reply, `${host} was not taken out of service here`);
  });
}

function nameOf(text: string): string {
  if (HOST_NAME.test(text)) return text;
  throw new HeliographError('HG_API_PARAMETER', `${JSON.stringify(text.slice(0, 200))} is no name of a host or relay`);
}

function notFound(reply: FastifyReply, error: string): FastifyReply {
  return reply.code(404).send({ status: 'error', errorType: 'not_found', error });
}
