import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { gunzip, inflate, zstdDecompress } from 'node:zlib';
import { type DoorAnswer, type HttpDoor, keyOf, mediaType, retryAfter, statusOf } from '../../../lib/doors/door.ts';
import type { Guest } from '../../../lib/doors/doorkeeper.ts';
import { readBody } from '../../../lib/doors/read-body.ts';
import { Waiting } from '../../../lib/doors/waiting.ts';
import { HeliographError } from '../../../lib/errors.ts';
import type { Host } from '../../core/host.ts';

export interface DoorLimits {
  /** A body as it comes. */
  readonly bodyBytes: number;
  readonly unpackedBytes: number;
  /** All bodies at once, packed and unpacked. */
  readonly waitingBytes: number;
}

type Unpack = (bytes: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>;
const UNPACK: Readonly<Record<string, Unpack>> = {
  gzip: promisify(gunzip) as Unpack,
  deflate: promisify(inflate) as Unpack,
  zstd: promisify(zstdDecompress) as Unpack,
};
const MOST_CONNECTIONS = 200;

/** A server for doors of the collector, which only this host reaches: nobody is asked who he is. It does not listen yet. */
export function applicationServer(doors: readonly HttpDoor[], limits: DoorLimits, host: Host, name: string): Server {
  const guest: Guest = { name, anyHost: true, scopes: new Set(['ingest:metrics', 'ingest:logs']) };
  const waiting = new Waiting(limits.waitingBytes);
  const server = createServer({ requestTimeout: 30_000, headersTimeout: 10_000 }, (request, response) => {
    const { pathname, search } = pathOf(request);
    const door = doors.find(({ path }) => path === pathname);
    if (door === undefined || request.method !== 'POST') {
      const paths = doors.map(({ path }) => path).join(', ');
      send(request, response, { status: door ? 405 : 404, type: 'text/plain', body: `POST ${paths}\n` });
      return;
    }
    answerOf(door, request, search, { guest, waiting, limits }).then(
      (answer) => send(request, response, answer),
      (error: unknown) => {
        const typed =
          error instanceof HeliographError ? error : new HeliographError('HG_CORE_FAULT', String(error), {}, error);
        const status = statusOf(typed);
        if (status >= 500)
          host.log('error', 'a door could not take a request', { door: door.name, error: typed.message });
        const wait = retryAfter(typed, status);
        const failed = door.fail(typed, status, mediaType(request.headers['content-type']).type);
        send(request, response, { ...failed, status, ...(wait === null ? {} : { headers: { 'retry-after': wait } }) });
      },
    );
  });
  server.maxConnections = MOST_CONNECTIONS;
  return server;
}

/** Requests under way have a second to end. */
export function closeServer(server: Server): Promise<void> {
  const timer = setTimeout(() => server.closeAllConnections(), 1000);
  return new Promise((resolve) => {
    server.close(() => {
      clearTimeout(timer);
      resolve();
    });
    server.closeIdleConnections();
  });
}

async function answerOf(
  door: HttpDoor,
  request: IncomingMessage,
  search: URLSearchParams,
  { guest, waiting, limits }: { guest: Guest; waiting: Waiting; limits: DoorLimits },
): Promise<DoorAnswer> {
  const { headers } = request;
  const { type, parameters } = mediaType(headers['content-type']);
  if (door.types !== null && !door.types.has(type)) {
    throw new HeliographError(
      'HG_DOOR_TYPE',
      `${JSON.stringify(type.slice(0, 100))}; send ${[...door.types].join(' or ')}`,
    );
  }
  const encoding = (headers['content-encoding'] ?? '').trim().toLowerCase();
  const isPacked = encoding !== '' && encoding !== 'identity';
  if (isPacked && !Object.hasOwn(UNPACK, encoding))
    throw new HeliographError('HG_DOOR_ENCODING', encoding.slice(0, 100));
  // Read, and nothing else: what comes by these doors is taken at least once.
  keyOf(headers['idempotency-key']?.toString());
  if (Number(headers['content-length']) > limits.bodyBytes) {
    throw new HeliographError('HG_DOOR_BODY', `at most ${limits.bodyBytes} bytes`, { max: limits.bodyBytes });
  }
  const packed = await readBody(request, limits.bodyBytes, waiting, guest.name);
  let unpacked = 0;
  try {
    const bytes = isPacked ? await unpack(encoding, packed, limits.unpackedBytes) : packed;
    if (isPacked) {
      waiting.enter(guest.name, bytes.length, packed.length);
      unpacked = bytes.length;
    }
    return await door.take({ type, parameters, query: Object.fromEntries(search), bytes, guest, key: null });
  } finally {
    waiting.leave(guest.name, packed.length + unpacked);
  }
}

async function unpack(encoding: string, bytes: Buffer, most: number): Promise<Buffer> {
  try {
    return await UNPACK[encoding]!(bytes, { maxOutputLength: most });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') {
      throw new HeliographError('HG_DOOR_BODY', `at most ${most} bytes unpacked`, { max: most }, cause);
    }
    throw new HeliographError('HG_DOOR_UNPACK', encoding, { encoding }, cause);
  }
}

function send(request: IncomingMessage, response: ServerResponse, { status, type, body, headers }: DoorAnswer): void {
  // What is left of a body that nobody reads must not be read to keep the connection.
  if (!request.complete) response.setHeader('connection', 'close');
  response.writeHead(status, { 'content-type': type, ...headers });
  response.end(body);
}

function pathOf({ url = '/' }: IncomingMessage): { pathname: string; search: URLSearchParams } {
  const at = url.indexOf('?');
  return at < 0
    ? { pathname: url, search: new URLSearchParams() }
    : { pathname: url.slice(0, at), search: new URLSearchParams(url.slice(at)) };
}
