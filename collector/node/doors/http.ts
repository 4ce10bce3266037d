import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { gunzip, inflate, zstdDecompress } from 'node:zlib';
import { type DoorAnswer, type HttpDoor, keyOf, mediaType, retryAfter, statusOf } from '../../../lib/doors/door.ts';
import type { Guest } from '../../../lib/doors/doorkeeper.ts';
import { readBody } from '../../../lib/doors/read-body.ts';
import { Waiting } from '../../../lib/doors/waiting.ts';
import { HeliographError } from '../../../lib/errors.ts';
import { HeapRoom } from '../../../lib/heap-room.ts';
import { heapShare } from '../../../lib/heap-share.ts';
import { OneAtATime } from '../../../lib/one-at-a-time.ts';
import type { DoorParts } from './parts.ts';

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
const MOST_CONNECTIONS = heapShare(350_000, 200);
/** Where the heap is full, an application comes again after this, s. */
const FULL_S = 5;

/** Where a door will be. */
export interface DoorPlace {
  readonly path: string;
  /** Loads what the door needs, once somebody comes: one that is not used takes no memory. */
  readonly open: () => Promise<HttpDoor>;
}

/** What the requests of a server share. */
interface Shared {
  readonly guest: Guest;
  readonly waiting: Waiting;
  readonly limits: DoorLimits;
  readonly heap: HeapRoom;
  /** One body is unpacked at a time: how large it becomes is known afterwards. */
  readonly unpacking: OneAtATime;
}

/** A server for doors of the collector, which only this host reaches: nobody is asked who he is. It does not listen yet. */
export function applicationServer(doors: readonly DoorPlace[], limits: DoorLimits, parts: DoorParts): Server {
  const { host, collector } = parts;
  const guest: Guest = {
    name: collector.settings.name,
    anyHost: true,
    scopes: new Set(['ingest:metrics', 'ingest:logs']),
  };
  const shared: Shared = {
    ...{ guest, limits, waiting: new Waiting(limits.waitingBytes) },
    ...{ heap: new HeapRoom(() => host.mono()), unpacking: new OneAtATime() },
  };
  const server = createServer({ requestTimeout: 30_000, headersTimeout: 10_000 }, (request, response) => {
    const { pathname, search } = pathOf(request);
    const place = doors.find(({ path }) => path === pathname);
    if (place === undefined || request.method !== 'POST') {
      const paths = doors.map(({ path }) => path).join(', ');
      send(request, response, { status: place ? 405 : 404, type: 'text/plain', body: `POST ${paths}\n` });
      return;
    }
    answerAt(place, request, search, shared, parts).then(
      (answer) => send(request, response, answer),
      (error: unknown) => {
        host.log('error', 'a door could not be opened', { path: place.path, error: String(error) });
        send(request, response, { status: 500, type: 'text/plain', body: 'the collector is at fault\n' });
      },
    );
  });
  server.maxConnections = MOST_CONNECTIONS;
  return server;
}

/** @throws what opening the door throws: whatever is wrong with the request is an answer */
async function answerAt(
  place: DoorPlace,
  request: IncomingMessage,
  search: URLSearchParams,
  shared: Shared,
  { host, collector }: DoorParts,
): Promise<DoorAnswer> {
  const door = await place.open();
  try {
    return await answerOf(door, request, search, shared);
  } catch (error) {
    const typed =
      error instanceof HeliographError ? error : new HeliographError('HG_CORE_FAULT', String(error), {}, error);
    const status = statusOf(typed);
    const requests = collector.pushed.requests.add(door.name, typed.code);
    if (status >= 500 && requests > 0)
      host.log('error', 'a door could not take requests', { door: door.name, error: typed.message, requests });
    const wait = retryAfter(typed, status);
    const failed = door.fail(typed, status, mediaType(request.headers['content-type']).type);
    return { ...failed, status, ...(wait === null ? {} : { headers: { 'retry-after': wait } }) };
  }
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
  { guest, waiting, limits, heap, unpacking }: Shared,
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
  // While the door was opened.
  if (request.destroyed) throw new HeliographError('HG_DOOR_SYNTAX', 'the body broke off');
  if (heap.isFull) throw new HeliographError('HG_DOOR_BUSY', 'the memory is full', { retryAfterS: FULL_S });
  const packed = await readBody(request, limits.bodyBytes, waiting, guest.name);
  let unpacked = 0;
  try {
    let bytes = packed;
    if (isPacked) {
      bytes = await unpacking.run(async () => {
        const whole = await unpack(encoding, packed, limits.unpackedBytes);
        waiting.enter(guest.name, whole.length, packed.length);
        return whole;
      });
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
