import type { FastifyInstance, FastifyReply } from 'fastify';
import type { QueryOptions } from '../ports/metric-store.ts';
import { success, successText } from './answers.ts';
import { badParameter, EARLIEST, LATEST, Parameters } from './parameters.ts';
import type { ApiParts } from './parts.ts';

const MAX_POINTS = 11_000;
const MAX_NOTES = 10;
const TRUNCATED = ['results truncated due to limit'];

/**
 * Prometheus' query API (prometheus.io/docs/prometheus/latest/querying/api) on the metric store: the same parameters,
 * GET or form POST, the same JSON, the same status codes.
 */
export function addPrometheusRoutes(app: FastifyInstance, parts: ApiParts): void {
  const { metrics, clock } = parts;
  const both = (path: string, handle: (parameters: Parameters, reply: FastifyReply) => Promise<object>) =>
    app.route({
      method: ['GET', 'POST'],
      url: path,
      handler: (request, reply) => handle(new Parameters(request.raw.url ?? '', request.body), reply),
    });

  /** Ends with the connection: a query that nobody waits for is stopped. */
  async function answer(
    reply: FastifyReply,
    parameters: Parameters,
    expression: string,
    at: number | { start: number; end: number; step: number },
  ): Promise<FastifyReply> {
    const limit = parameters.limit('limit', 0);
    const stop = new Int32Array(new SharedArrayBuffer(4));
    reply.raw.once('close', () => Atomics.store(stop, 0, 1));
    const options = { ...queryOptions(parts, parameters), stop };
    const { json, cut, warnings, infos, tier } = await metrics.answer(expression, at, options, limit);
    if (tier !== undefined) reply.header('heliograph-tier', tier);
    const all = atMost(warnings, 'warning');
    const text = successText(json, cut ? [...all, ...TRUNCATED] : all, atMost(infos, 'info'));
    return reply.type('application/json; charset=utf-8').send(text);
  }

  both('/api/v1/query', async (parameters, reply) => {
    const expression = expressionOf(parameters);
    return answer(reply, parameters, expression, parameters.time('time', clock.now()));
  });

  both('/api/v1/query_range', async (parameters, reply) => {
    const expression = expressionOf(parameters);
    const { start, end } = requiredRange(parameters);
    const step = parameters.duration('step');
    if (step === null) throw badParameter('step', 'cannot parse "" to a valid duration');
    if (step <= 0) {
      throw badParameter(
        'step',
        'zero or negative query resolution step widths are not accepted. Try a positive integer',
      );
    }
    if (Math.floor((end - start) / step) > MAX_POINTS) {
      throw badParameter(
        'step',
        'exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)',
      );
    }
    return answer(reply, parameters, expression, { start, end, step });
  });

  both('/api/v1/series', async (parameters) => {
    const matches = parameters.list('match[]');
    if (matches.length === 0) throw badParameter('match[]', 'no match[] parameter provided');
    const { start, end } = openRange(parameters);
    const limit = parameters.limit('limit', 0);
    // One more than asked for tells whether there were more.
    const found = await metrics.series(matches, start, end, limit === 0 ? Number.MAX_SAFE_INTEGER : limit + 1);
    return cut(found, limit);
  });

  both('/api/v1/labels', async (parameters) => {
    const { start, end } = openRange(parameters);
    return cut(await metrics.labelNames(parameters.list('match[]'), start, end), parameters.limit('limit', 0));
  });

  app.get<{ Params: { name: string } }>('/api/v1/label/:name/values', async (request) => {
    const parameters = new Parameters(request.raw.url ?? '', null);
    const name = labelName(request.params.name);
    const { start, end } = openRange(parameters);
    return cut(await metrics.labelValues(name, parameters.list('match[]'), start, end), parameters.limit('limit', 0));
  });

  // What Grafana asks for when it is given the address as a Prometheus data source.
  both('/api/v1/metadata', async (parameters) => {
    const asked = parameters.text('metric');
    const limit = parameters.limit('limit', 0);
    const names = await metrics.labelValues(
      '__name__',
      asked === null ? [] : [`{__name__=${JSON.stringify(asked)}}`],
      EARLIEST,
      LATEST,
    );
    const shown = limit > 0 ? names.slice(0, limit) : names;
    return success(Object.fromEntries(shown.map((name) => [name, [{ type: typeByName(name), help: '', unit: '' }]])));
  });
  both('/api/v1/status/buildinfo', async () =>
    success({
      version: '2.50.0',
      revision: '',
      branch: '',
      buildUser: '',
      buildDate: '',
      goVersion: '',
      application: 'Heliograph',
    }),
  );
}

/** The first of them, and how many more there are, as Prometheus says it. */
function atMost(notes: readonly string[], kind: 'warning' | 'info'): readonly string[] {
  if (notes.length <= MAX_NOTES) return notes;
  return [...notes.slice(0, MAX_NOTES), `${notes.length - MAX_NOTES} more ${kind} annotations omitted`];
}

/** Types do not travel with the samples; by the naming rules of Prometheus a counter tells of itself, the rest does not. */
function typeByName(name: string): 'counter' | 'unknown' {
  return /_total$/.test(name) ? 'counter' : 'unknown';
}

function expressionOf(parameters: Parameters): string {
  const expression = parameters.text('query');
  if (expression === null) {
    throw badParameter('query', 'unknown position: parse error: no expression found in input');
  }
  return expression;
}

export function queryOptions(parts: ApiParts, parameters: Parameters): QueryOptions {
  const asked = parameters.duration('timeout');
  const lookback = parameters.duration('lookback_delta');
  if (asked !== null && asked <= 0) throw badParameter('timeout', 'must be more than zero');
  if (lookback !== null && lookback <= 0) throw badParameter('lookback_delta', 'must be more than zero');
  return {
    timeoutMs: asked === null ? parts.query.timeout : Math.min(asked, parts.query.timeout),
    maxSamples: parts.query.maxSamples,
    lookbackMs: lookback ?? parts.query.lookback,
  };
}

function requiredRange(parameters: Parameters): { start: number; end: number } {
  for (const name of ['start', 'end']) {
    if (parameters.text(name) === null) throw badParameter(name, 'cannot parse "" to a valid timestamp');
  }
  return openRange(parameters);
}

export function openRange(parameters: Parameters): { start: number; end: number } {
  const start = parameters.time('start', EARLIEST);
  const end = parameters.time('end', LATEST);
  if (end < start) throw badParameter('end', 'end timestamp must not be before start time');
  return { start, end };
}

/** A label's name; a name outside [a-zA-Z_][a-zA-Z0-9_]* comes as U__... and is not kept here. */
function labelName(name: string): string {
  if (/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name)) return name;
  throw badParameter('name', `invalid label name: ${JSON.stringify(name)}`);
}

function cut<T>(list: readonly T[], limit: number): object {
  return limit > 0 && list.length > limit ? success(list.slice(0, limit), TRUNCATED) : success(list);
}
