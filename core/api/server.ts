import type { AddressInfo } from 'node:net';
import fastify, { type FastifyInstance } from 'fastify';
import { isLoopback } from '../../lib/config/loopback.ts';
import { HeliographError } from '../../lib/errors.ts';
import { addConsoleRoutes } from '../console/server/routes.ts';
import type { ApiAnswer, ApiQuestion } from '../peers/api-question.ts';
import { addAckRoutes } from './alerts/acks.ts';
import { addAlertRoutes } from './alerts/alerts.ts';
import { addHistoryRoute } from './alerts/history.ts';
import { addAlertHostRoutes } from './alerts/hosts.ts';
import { addAlertLatencyRoute } from './alerts/latency.ts';
import { addAlertLogRoute } from './alerts/logs.ts';
import { isOfAlerts, passOnAlerts } from './alerts/pass-on.ts';
import { addReceiverRoute } from './alerts/receivers.ts';
import { addRuleRoutes } from './alerts/rules.ts';
import { addSilenceRoutes } from './alerts/silences.ts';
import { sendError } from './answers.ts';
import { addCardinalityRoute } from './cardinality.ts';
import { addDeadLetterRoutes } from './dead-letters.ts';
import { addExportRoutes } from './export.ts';
import { addFleetRoutes } from './fleet.ts';
import { hostCheck } from './host-header.ts';
import { addLedgerRoutes } from './ledger.ts';
import { addLevelRoutes } from './levels.ts';
import { addLimitRoutes } from './limits.ts';
import { addLogTailRoute } from './log-tail.ts';
import { addLogRoutes } from './logs.ts';
import type { ApiParts } from './parts.ts';
import { addPrometheusRoutes } from './prometheus.ts';

export interface ApiServer {
  readonly host: string;
  readonly port: number;
  /** A question about alerts that came to another process of this core; null: they are not here either. */
  ask(question: ApiQuestion): Promise<ApiAnswer | null>;
  close(): Promise<void>;
}

/**
 * The HTTP side of the core: query API, fleet, ledger, page, /metrics and /healthz.
 * @throws HeliographError HG_CORE_HTTP_ADDRESS for an address others can reach, HG_PORT_TAKEN
 */
export async function openApi(
  listen: { host: string; port: number },
  allowedHosts: readonly string[],
  parts: ApiParts,
): Promise<ApiServer> {
  if (!isLoopback(listen.host))
    throw new HeliographError('HG_CORE_HTTP_ADDRESS', `${listen.host}:${listen.port}`, listen);
  const app = buildApi(allowedHosts, parts);
  try {
    await app.listen({ host: listen.host, port: listen.port });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw cause;
    throw new HeliographError('HG_PORT_TAKEN', `${listen.host}:${listen.port} for the API`, listen, cause);
  }
  const address = app.server.address() as AddressInfo;
  return {
    host: address.address,
    port: address.port,
    ask: async ({ method, path, authorization, body }) => {
      if (!parts.alerts || !isOfAlerts(path.split('?')[0]!)) return null;
      const answer = await app.inject({
        ...{ method: method as 'GET', url: path, headers: authorization === null ? {} : { authorization } },
        ...(body === null ? {} : { payload: JSON.parse(body) }),
      });
      return { status: answer.statusCode, type: String(answer.headers['content-type']), text: answer.body };
    },
    close: async () => {
      // Exports that are still read would hold the close up for ever.
      app.server.closeAllConnections();
      await app.close();
    },
  };
}

/**
 * The routes without a socket.
 * @param onRoute told of each, with its path as fastify writes it (`/api/v1/fleet/:host`)
 */
export function buildApi(
  allowedHosts: readonly string[],
  parts: ApiParts,
  onRoute?: (method: string, path: string) => void,
): FastifyInstance {
  const requests = parts.registry.counter('heliograph_core_http_requests_total', 'HTTP requests by route and status');
  const app = fastify({
    logger: false,
    bodyLimit: 1 << 20,
    exposeHeadRoutes: true,
    routerOptions: { maxParamLength: 512 },
  });
  if (onRoute) {
    app.addHook('onRoute', ({ method, path }) => {
      for (const one of [method].flat()) onRoute(one, path);
    });
  }
  const check = hostCheck(allowedHosts);
  app.addHook('onRequest', async (request) => check(request.headers));
  app.addHook('onSend', async (_, reply) => {
    reply.header('x-content-type-options', 'nosniff');
    if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store');
  });
  app.addHook('onResponse', async (request, reply) =>
    requests.inc({ route: request.routeOptions.url ?? 'none', status: String(reply.statusCode) }),
  );
  app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_, body, done) =>
    done(null, new URLSearchParams(body as string)),
  );
  app.setErrorHandler((error, request, reply) => {
    if (!(error instanceof HeliographError)) {
      parts.log.error('a request failed', { 'url.path': request.url.slice(0, 500), 'error.message': String(error) });
    }
    return sendError(reply, error);
  });
  app.setNotFoundHandler((request, reply) =>
    reply.code(404).send({
      status: 'error',
      errorType: 'not_found',
      error: `there is no ${request.method} ${request.url.split('?')[0]}`,
    }),
  );

  if (!parts.alerts && parts.alertsElsewhere) passOnAlerts(app, parts.alertsElsewhere);
  addPrometheusRoutes(app, parts);
  addExportRoutes(app, parts);
  addLogRoutes(app, parts);
  addLogTailRoute(app, parts);
  addFleetRoutes(app, parts);
  addLedgerRoutes(app, parts);
  addCardinalityRoute(app, parts);
  addLimitRoutes(app, parts);
  addLevelRoutes(app, parts);
  addDeadLetterRoutes(app, parts);
  addAlertHostRoutes(app, parts);
  addAlertLogRoute(app, parts);
  addAlertLatencyRoute(app, parts);
  addAlertRoutes(app, parts);
  addSilenceRoutes(app, parts);
  addAckRoutes(app, parts);
  addReceiverRoute(app, parts);
  addHistoryRoute(app, parts);
  addRuleRoutes(app, parts);
  addConsoleRoutes(app);
  app.get('/metrics', async (_, reply) =>
    reply.type('text/plain; version=0.0.4; charset=utf-8').send(parts.registry.render()),
  );
  app.get('/healthz', async (_, reply) => {
    const view = parts.health.view();
    return reply.code(view.well ? 200 : 503).send({ ...view, firing: parts.alerts?.book.firing ?? 0 });
  });
  parts.doors?.addTo(app);
  return app;
}
