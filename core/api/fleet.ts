import type { FastifyInstance } from 'fastify';
import { HeliographError } from '../../lib/errors.ts';
import { HOST_NAME } from '../../proto/topics.ts';
import { connectedRelays } from '../fleet/relay-key.ts';
import { FleetColumns } from './fleet-columns.ts';
import { Parameters } from './parameters.ts';
import type { ApiParts } from './parts.ts';
import { openRange } from './prometheus.ts';
import { whoMay } from './who-may.ts';

/** Hosts, relays, events, declared gaps, and what is wanted of a host. */
export function addFleetRoutes(app: FastifyInstance, parts: ApiParts): void {
  const { fleet, desired, clock, log } = parts;

  const columns = new FleetColumns(fleet, () => clock.now());
  app.get('/api/v1/fleet', async (request, reply) => {
    const form = new Parameters(request.raw.url ?? '', null).choice('form', ['objects', 'columns'], 'objects');
    if (form === 'columns') return reply.type('application/json; charset=utf-8').send(columns.json());
    return {
      time: clock.now(),
      hosts: fleet.hosts(),
      relays: connectedRelays(fleet.relays()),
    };
  });

  app.get('/api/v1/fleet/events', async () => ({ events: fleet.events() }));

  app.get<{ Params: { host: string } }>('/api/v1/fleet/:host', async (request, reply) => {
    const host = fleet.host(request.params.host);
    if (!host) return reply.code(404).send(notKnown(request.params.host));
    return { ...host, desired: desired.get(request.params.host) };
  });

  app.get<{ Params: { host: string } }>('/api/v1/fleet/:host/desired', async (request, reply) => {
    const document = desired.get(request.params.host);
    return document ?? reply.code(404).send(notKnown(request.params.host));
  });

  app.put<{ Params: { host: string } }>('/api/v1/fleet/:host/desired', async (request) => {
    const by = whoMay(request, parts, 'levels:write');
    const host = hostName(request.params.host);
    const document = desired.put(host, request.body, clock.now());
    log.info('levels of a host were set', { 'order.host': host, by });
    return { host, desired: document, sentTo: fleet.sendDesired(host) };
  });

  app.delete<{ Params: { host: string } }>('/api/v1/fleet/:host/desired', async (request) => {
    const by = whoMay(request, parts, 'levels:write');
    const host = hostName(request.params.host);
    const deleted = desired.delete(host, clock.now());
    if (deleted) log.info('levels of a host were taken back', { 'order.host': host, by });
    return { host, deleted, sentTo: deleted ? fleet.sendDesired(host) : [] };
  });

  app.get('/api/v1/gaps', async (request) => {
    const parameters = new Parameters(request.raw.url ?? '', null);
    const { start, end } = openRange(parameters);
    const host = parameters.text('host');
    const limit = parameters.limit('limit', 1000);
    const relays = host === null ? [] : fleet.relaysOf(host);
    return {
      gaps: parts.gaps.find(host, start, end, limit),
      silences: parts.silences.find(host, relays, start, end, limit),
    };
  });
}

function hostName(name: string): string {
  if (HOST_NAME.test(name)) return name;
  throw new HeliographError('HG_CORE_DESIRED', `${JSON.stringify(name)} is not a host's name`);
}

function notKnown(host: string): object {
  return { status: 'error', errorType: 'not_found', error: `nothing is known of ${JSON.stringify(host)}` };
}
