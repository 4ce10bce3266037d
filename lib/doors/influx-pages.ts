import type { FastifyInstance } from 'fastify';

/** Clients compare it: it says which write API is here, the first and the second, as the last versions of the first line had both. */
const VERSION = '1.8.10';

/**
 * What InfluxDB's clients ask before they write: GET or HEAD /ping and GET /health. They want no token, as InfluxDB's do not, and say nothing but that
 * a door is here.
 */
export function addInfluxPages(app: FastifyInstance): void {
  app.get('/ping', (_request, reply) => {
    reply.code(204).header('x-influxdb-version', VERSION).header('x-influxdb-build', 'heliograph').send();
  });
  app.get('/health', (_request, reply) => {
    const message = 'ready for writes; queries are not served here';
    reply.send({ name: 'heliograph', message, status: 'pass', checks: [], version: VERSION });
  });
}
