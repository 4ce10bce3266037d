import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import type { SeriesSamples } from '../ports/metric-store.ts';
import { badParameter, Parameters } from './parameters.ts';
import type { ApiParts } from './parts.ts';
import { openRange } from './prometheus.ts';

const JSON_LINES = 'application/x-ndjson; charset=utf-8';

/**
 * Everything as it is stored, for verification and for taking data elsewhere; JSON lines, as fast as they are read.
 * /api/v1/export: {"metric":{...},"timestamps":[ms],"values":["<16 hex digits: the double's bits, big-endian>"]}; a series may
 * come in several lines. /api/v1/logs/export: one stored line a line.
 */
export function addExportRoutes(app: FastifyInstance, parts: ApiParts): void {
  app.get('/api/v1/export', async (request, reply) => {
    const parameters = new Parameters(request.raw.url ?? '', null);
    const matches = parameters.list('match[]');
    if (matches.length === 0) throw badParameter('match[]', 'no match[] parameter provided');
    const matchers = matches.map((match) => parts.parseSelector(match));
    const { start, end } = openRange(parameters);
    return (
      reply
        .type(JSON_LINES)
        // A verifier must know whether values may come back rounded.
        .header('heliograph-exact', parts.metrics.exact ? 'yes' : 'no')
        .send(Readable.from(asLines(parts.metrics.export(matchers, start, end), seriesLine), { objectMode: false }))
    );
  });

  app.get('/api/v1/logs/export', async (request, reply) => {
    const { start, end } = openRange(new Parameters(request.raw.url ?? '', null));
    return reply
      .type(JSON_LINES)
      .send(Readable.from(asLines(parts.logs.export(start, end), JSON.stringify), { objectMode: false }));
  });
}

async function* asLines<T>(batches: AsyncIterable<T[]>, line: (item: T) => string): AsyncGenerator<string> {
  for await (const batch of batches) {
    if (batch.length > 0) yield `${batch.map(line).join('\n')}\n`;
  }
}

/** A double as text in any form could lose a NaN's bits; as hex of its bytes it cannot. */
export function seriesLine(series: SeriesSamples): string {
  const bytes = Buffer.from(series.values.buffer, series.values.byteOffset, series.values.byteLength);
  const values: string[] = [];
  // Typed arrays are little-endian here; the text has the most significant byte first.
  const swapped = Buffer.from(bytes).swap64().toString('hex');
  for (let at = 0; at < swapped.length; at += 16) values.push(swapped.slice(at, at + 16));
  return JSON.stringify({ metric: series.labels, timestamps: Array.from(series.times), values });
}
