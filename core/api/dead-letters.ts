import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { DATA_CLASSES } from '../../proto/class.ts';
import type { ReplayPlace } from '../letters/desk.ts';
import type { LetterFilter, LetterPlace } from '../letters/list.ts';
import { badParameter, Parameters, parseTime } from './parameters.ts';
import type { ApiParts } from './parts.ts';

const MOST = 1_000;
const ID = /^(frame|line|series)-[0-9a-f]{32}$/;

const time = z
  .union([z.string(), z.number()])
  .transform((value, context) => {
    try {
      return parseTime('time', String(value));
    } catch {
      context.addIssue({ code: 'custom', message: 'write Unix seconds or an RFC 3339 time' });
      return z.NEVER;
    }
  })
  .optional();
const some = z.array(z.string().min(1)).min(1).max(MOST).optional();

/** Which letters; all that is given must fit. An empty one would be all of them, which must be said: `all`. */
const filterBody = z
  .strictObject({
    ids: z
      .array(z.string().regex(ID, 'an id is frame-, line- or series- and 32 hex digits'))
      .min(1)
      .max(MOST)
      .optional(),
    kind: z
      .array(z.enum(['frame', 'line', 'series']))
      .min(1)
      .optional(),
    class: z.array(z.enum(DATA_CLASSES)).min(1).optional(),
    reason: some,
    host: some,
    service: some,
    start: time,
    end: time,
    all: z.literal(true).optional(),
  })
  .refine((filter) => Object.keys(filter).length > 0, 'give a condition, or "all": true');

const replayBody = z.strictObject({
  filter: filterBody,
  limit: z.number().int().min(1).max(MOST).default(100),
  cursor: z.string().nullable().default(null),
});

const purgeBody = z.strictObject({ filter: filterBody, dryRun: z.boolean().default(false) });

/** Dead letters: what could not be taken, its bytes, another try, and an end. */
export function addDeadLetterRoutes(app: FastifyInstance, parts: ApiParts): void {
  const { letters } = parts;

  app.get('/api/v1/deadletters', async (request) => {
    const parameters = new Parameters(request.raw.url ?? '', null);
    const filter = filterOf(parameters);
    const limit = parameters.limit('limit', 100);
    if (limit < 1 || limit > MOST)
      throw badParameter('limit', `${limit} is not between 1 and ${MOST}; go on with cursor`);
    const order = parameters.choice('order', ['newest', 'oldest'], 'newest');
    const found = await letters.find({ filter, order, limit, after: placeOf(parameters.text('cursor')) });
    const { more, ...answer } = found;
    return { ...answer, next: more ? cursorOf(found.letters.at(-1)!) : null };
  });

  app.get<{ Params: { id: string } }>('/api/v1/deadletters/:id', async (request, reply) => {
    const form = new Parameters(request.raw.url ?? '', null).choice('form', ['object', 'bytes'], 'object');
    const { letter, away } = await letters.show(request.params.id);
    if (letter === null) {
      const missing = away.map(({ process, why }) => `; ${process} could not be asked: ${why}`).join('');
      return reply.code(404).send(notThere(`there is no dead letter ${JSON.stringify(request.params.id)}${missing}`));
    }
    if (form === 'object') return letter;
    if (letter.data === null) return reply.code(404).send(notThere('the bytes of this letter were not kept'));
    return reply
      .type('application/octet-stream')
      .header('content-disposition', `attachment; filename="${letter.id}.bin"`)
      .send(Buffer.from(letter.data, 'base64'));
  });

  app.post('/api/v1/deadletters/replay', async (request) => {
    const { filter, limit, cursor } = body(replayBody, request.body);
    const { next, ...answer } = await letters.replay(wanted(filter), limit, replayPlaceOf(cursor));
    parts.log.info('dead letters were replayed', {
      replayed: answer.replayed,
      failed: answer.failed.length,
      ...(answer.stopped ? { stopped: answer.stopped.code } : {}),
    });
    return { ...answer, next: next === null ? null : replayCursorOf(next) };
  });

  app.post('/api/v1/deadletters/purge', async (request) => {
    const { filter, dryRun } = body(purgeBody, request.body);
    const purged = await letters.purge(wanted(filter), dryRun);
    if (!dryRun) parts.log.warn('dead letters were purged', { letters: purged.letters, bytes: purged.bytes });
    return { ...purged, dryRun };
  });
}

function filterOf(parameters: Parameters): LetterFilter {
  const lists = {
    ids: parameters.list('id'),
    kinds: parameters.list('kind'),
    classes: parameters.list('class'),
    reasons: parameters.list('reason'),
    hosts: parameters.list('host'),
    services: parameters.list('service'),
  };
  const given = Object.fromEntries(Object.entries(lists).filter(([, values]) => values.length > 0));
  const start = parameters.text('start');
  const end = parameters.text('end');
  return {
    ...given,
    ...(start === null ? {} : { start: parseTime('start', start) }),
    ...(end === null ? {} : { end: parseTime('end', end) }),
  };
}

function wanted(filter: z.output<typeof filterBody>): LetterFilter {
  const { ids, kind, class: classes, reason, host, service, start, end } = filter;
  return {
    ...(ids ? { ids } : {}),
    ...(kind ? { kinds: kind } : {}),
    ...(classes ? { classes } : {}),
    ...(reason ? { reasons: reason } : {}),
    ...(host ? { hosts: host } : {}),
    ...(service ? { services: service } : {}),
    ...(start === undefined ? {} : { start }),
    ...(end === undefined ? {} : { end }),
  };
}

/** Only JSON: no form of another site's page can make a body of this type. */
function body<T extends z.ZodType>(schema: T, value: unknown): z.output<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const { path, message } = result.error.issues[0]!;
  throw badParameter(path.join('.') || 'body', `${message}; the body is JSON such as {"filter": {"host": ["web-1"]}}`);
}

function cursorOf({ time, id }: LetterPlace): string {
  return Buffer.from(JSON.stringify([time, id])).toString('base64url');
}

function placeOf(cursor: string | null): LetterPlace | null {
  if (cursor === null) return null;
  const [time, id] = parsed(Buffer.from(cursor, 'base64url').toString());
  if (typeof time === 'number' && typeof id === 'string' && ID.test(id)) return { time, id };
  throw badParameter('cursor', 'it is not one that a page before gave');
}

function replayCursorOf({ at, place }: ReplayPlace): string {
  return Buffer.from(JSON.stringify([at, place?.time ?? null, place?.id ?? null])).toString('base64url');
}

function replayPlaceOf(cursor: string | null): ReplayPlace | null {
  if (cursor === null) return null;
  const [at, time, id] = parsed(Buffer.from(cursor, 'base64url').toString());
  if (typeof at === 'string' && time === null && id === null) return { at, place: null };
  if (typeof at === 'string' && typeof time === 'number' && typeof id === 'string' && ID.test(id)) {
    return { at, place: { time, id } };
  }
  throw badParameter('cursor', 'it is not one that an answer before gave');
}

function parsed(text: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value : [];
  } catch {
    // Not JSON: no cursor of ours.
    return [];
  }
}

function notThere(error: string): object {
  return { status: 'error', errorType: 'not_found', error };
}
