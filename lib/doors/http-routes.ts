import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { HeliographError } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { Counter } from '../metrics.ts';
import { type HttpDoor, keyOf, mediaType, retryAfter, statusOf } from './door.ts';
import type { Credentials, Doorkeeper, Guest } from './doorkeeper.ts';
import { certificateOf } from './peer-certificate.ts';
import { readBody } from './read-body.ts';
import type { RequestKey } from './request-key.ts';
import { ENCODINGS, unpackBody } from './unpack.ts';
import type { UsedKeys } from './used-keys.ts';
import type { Waiting } from './waiting.ts';

export interface HttpRouteParts {
  readonly doors: readonly HttpDoor[];
  readonly keeper: Doorkeeper;
  readonly log: Logger;
  /** Requests that were refused, by labels `door`, `code`. */
  readonly refused: Counter;
  readonly bodyBytes: number;
  readonly unpackedBytes: number;
  readonly keys: UsedKeys;
  /** Bytes of bodies that may be worked on at once, over all doors. */
  readonly waiting: Waiting;
}

/** Adds the doors to a server. `loopback`: only this machine reaches it, so no token is needed. */
export function addDoorRoutes(app: FastifyInstance, parts: HttpRouteParts, loopback: boolean): void {
  app.register((scope, _, done) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', async (request: FastifyRequest, payload: IncomingMessage) => {
      // What is announced as too large is not read at all.
      if (Number(request.headers['content-length']) > parts.bodyBytes) throw tooLarge(parts.bodyBytes);
      return readBody(payload, parts.bodyBytes, parts.waiting, guests.get(request)!.name);
    });
    for (const door of parts.doors) addDoor(scope, door, parts, loopback);
    done();
  });
}

/** A refused body of so many bytes is read away, so that the connection goes on. */
const READ_ANYWAY = 64 * 1024;

const guests = new WeakMap<FastifyRequest, Guest>();

function addDoor(scope: FastifyInstance, door: HttpDoor, parts: HttpRouteParts, loopback: boolean): void {
  const { keeper, log, refused, waiting, unpackedBytes, bodyBytes } = parts;
  scope.route({
    method: 'POST',
    url: door.path,
    bodyLimit: bodyBytes,
    // Before a byte of the body is read.
    onRequest: async (request) => {
      const { headers } = request;
      const { type } = mediaType(headers['content-type']);
      const guest = keeper.admit(credentialsOf(request, loopback), door.scope);
      guests.set(request, { ...guest, address: request.ip });
      if (door.types !== null && !door.types.has(type)) {
        const wanted = [...door.types].join(' or ');
        throw new HeliographError('HG_DOOR_TYPE', `${JSON.stringify(type.slice(0, 100))}; send ${wanted}`, { type });
      }
      const encoding = encodingOf(headers['content-encoding']);
      if (!ENCODINGS.has(encoding)) throw new HeliographError('HG_DOOR_ENCODING', encoding.slice(0, 100), { encoding });
    },
    handler: async (request, reply) => {
      const { headers } = request;
      const { type, parameters } = mediaType(headers['content-type']);
      const packed = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
      const guest = guests.get(request)!;
      let unpacked = 0;
      try {
        const bytes = unpackBody(encodingOf(headers['content-encoding']), packed, unpackedBytes);
        if (bytes !== packed) {
          waiting.enter(guest.name, bytes.length, packed.length);
          unpacked = bytes.length;
        }
        const text = keyOf(headers['idempotency-key']?.toString());
        const query = Object.fromEntries(new URL(request.url, 'http://door').searchParams);
        const take = (key: RequestKey | null) => door.take({ type, parameters, query, bytes, guest, key });
        const answer = await parts.keys.use(guest.name, text, bytes, take);
        return reply
          .code(answer.status)
          .headers(answer.headers ?? {})
          .type(answer.type)
          .send(answer.body);
      } finally {
        waiting.leave(guest.name, packed.length + unpacked);
      }
    },
    errorHandler: (error, request, reply) => {
      const typed = typedOf(error, bodyBytes);
      refused.inc({ door: door.name, code: typed.code });
      const status = statusOf(typed);
      if (status >= 500)
        log.error('a door could not take a request', { door: door.name, 'error.message': typed.message });
      answerError(door, typed, status, request, reply);
    },
  });
}

function answerError(
  door: HttpDoor,
  error: HeliographError,
  status: number,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  const wait = retryAfter(error, status);
  if (wait !== null) reply.header('retry-after', wait);
  if (status === 401) reply.header('www-authenticate', 'Bearer');
  // What is left of a body that nobody reads must not be read to keep the connection.
  const left = Number(request.headers['content-length'] ?? Number.POSITIVE_INFINITY);
  if (!request.raw.complete && left > READ_ANYWAY) reply.header('connection', 'close');
  const { type, body } = door.fail(error, status, mediaType(request.headers['content-type']).type);
  reply.code(status).type(type).send(body);
}

/** fastify's own errors and unexpected ones, as ours. */
function typedOf(error: unknown, bodyBytes: number): HeliographError {
  if (error instanceof HeliographError) return error;
  const { statusCode, code, message } = error as { statusCode?: number; code?: string; message?: string };
  if (statusCode === 413) return tooLarge(bodyBytes);
  if (statusCode === 415) return new HeliographError('HG_DOOR_TYPE', 'a request without a content type');
  if (statusCode !== undefined && statusCode < 500) {
    return new HeliographError('HG_DOOR_SYNTAX', String(message ?? code), {}, error);
  }
  return new HeliographError('HG_CORE_FAULT', String(error), {}, error);
}

function tooLarge(max: number): HeliographError {
  return new HeliographError('HG_DOOR_BODY', `at most ${max} bytes`, { max });
}

function encodingOf(header: string | undefined): string {
  const encoding = (header ?? '').trim().toLowerCase();
  return encoding === '' ? 'identity' : encoding;
}

/** What a connection and a request say of who they are. */
export function credentialsOf(request: FastifyRequest, loopback: boolean): Credentials {
  return { loopback, authorization: request.headers.authorization, certificate: certificateOf(request.raw.socket) };
}
