import {
  experimental,
  type Metadata,
  Server,
  ServerCredentials,
  ServerInterceptingCall,
  type ServerInterceptor,
  type ServerUnaryCall,
  type ServiceDefinition,
  type sendUnaryData,
} from '@grpc/grpc-js';
import type { ServerCertificate } from '../certificates/server-certificate.ts';
import { HeliographError } from '../errors.ts';
import { hostPort } from '../host-port.ts';
import type { Logger } from '../log.ts';
import type { Counter } from '../metrics.ts';
import type { Scope } from '../tokens/token-file.ts';
import { keyOf } from './door.ts';
import type { Doorkeeper, Guest } from './doorkeeper.ts';
import { type Failure, failureOf } from './grpc-failure.ts';
import type { RequestKey } from './request-key.ts';
import type { UsedKeys } from './used-keys.ts';
import type { Waiting } from './waiting.ts';

/** One unary method that takes and gives bytes. */
export interface GrpcDoor {
  readonly name: string;
  /** Such as /heliograph.push.v1.Push/Send. */
  readonly path: string;
  readonly scope: Scope | null;
  take(bytes: Uint8Array, guest: Guest, key: RequestKey | null): Promise<Uint8Array>;
}

export interface GrpcParts {
  readonly doors: readonly GrpcDoor[];
  readonly keeper: Doorkeeper;
  readonly log: Logger;
  readonly refused: Counter;
  readonly unpackedBytes: number;
  readonly waiting: Waiting;
  readonly keys: UsedKeys;
  readonly loopback: boolean;
  /** null: without TLS. */
  readonly certificate: ServerCertificate | null;
}

type Call = ServerUnaryCall<Buffer, Buffer>;

/** Who was let in, by the metadata of the call. */
const guests = new WeakMap<Metadata, Guest>();

/** A server of gRPC doors, while it is up. */
export interface GrpcServer {
  readonly port: number;
  /** Ends it, calls that are under way included. */
  close(): void;
}

/** Listens for all gRPC doors. @throws HeliographError HG_PORT_TAKEN */
export async function openGrpc(
  parts: GrpcParts,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<GrpcServer> {
  const server = new Server({
    // What comes out of a compressed message is counted, too.
    'grpc.max_receive_message_length': parts.unpackedBytes,
    'grpc.max_connection_idle_ms': 300_000,
    interceptors: [admission(parts)],
  });
  for (const door of parts.doors) addMethod(server, door, parts);
  const { certificate } = parts;
  const credentials =
    certificate === null
      ? ServerCredentials.createInsecure()
      : experimental.createCertificateProviderServerCredentials(certificate, certificate, false);
  const address = hostPort({ host, port });
  const bound = await new Promise<number>((resolve, reject) =>
    server.bindAsync(address, credentials, (cause, at) => {
      if (cause === null) resolve(at);
      else {
        const what = `${address} for the gRPC doors: ${String(cause)}`;
        reject(new HeliographError('HG_PORT_TAKEN', what, { address }, cause));
      }
    }),
  );
  return { port: bound, close: () => server.forceShutdown() };
}

function addMethod(server: Server, door: GrpcDoor, parts: GrpcParts): void {
  const asIs = (bytes: Buffer) => bytes;
  const name = door.path.slice(door.path.lastIndexOf('/') + 1);
  const definition = {
    [name]: {
      path: door.path,
      requestStream: false,
      responseStream: false,
      requestSerialize: asIs,
      requestDeserialize: asIs,
      responseSerialize: asIs,
      responseDeserialize: asIs,
    },
  } satisfies ServiceDefinition;
  server.addService(definition, {
    [name]: (call: Call, answer: sendUnaryData<Buffer>) => {
      void run(call, door, parts).then(
        (bytes) => answer(null, Buffer.from(bytes)),
        (error: unknown) => answer(failure(error, door, parts)),
      );
    },
  });
}

/** Asks who it is before a byte of the message is read: a stranger's is not to take memory. */
function admission(parts: GrpcParts): ServerInterceptor {
  const { keeper, loopback } = parts;
  return ({ path }, call) => {
    const door = parts.doors.find((one) => one.path === path)!;
    return new ServerInterceptingCall(call, {
      start: (next) =>
        next({
          onReceiveMetadata: (metadata, goOn) => {
            const authorization = first(metadata, 'authorization');
            const certificate = call.getAuthContext().sslPeerCertificate ?? null;
            try {
              guests.set(metadata, keeper.admit({ loopback, authorization, certificate }, door.scope));
            } catch (error) {
              call.sendStatus(failure(error, door, parts));
              return;
            }
            goOn(metadata);
          },
        }),
    });
  };
}

async function run(call: Call, door: GrpcDoor, { keys, waiting }: GrpcParts): Promise<Uint8Array> {
  const guest = guests.get(call.metadata)!;
  const { length } = call.request;
  waiting.enter(guest.name, length);
  try {
    const key = keyOf(first(call.metadata, 'idempotency-key'));
    return await keys.use(guest.name, key, call.request, (known) => door.take(call.request, guest, known));
  } finally {
    waiting.leave(guest.name, length);
  }
}

function failure(error: unknown, door: GrpcDoor, { refused, log }: GrpcParts): Failure {
  const typed =
    error instanceof HeliographError ? error : new HeliographError('HG_CORE_FAULT', String(error), {}, error);
  refused.inc({ door: door.name, code: typed.code });
  const answer = failureOf(typed);
  if (answer.fault) log.error('a door could not take a request', { door: door.name, 'error.message': typed.message });
  return answer;
}

function first(metadata: Metadata, name: string): string | undefined {
  return metadata.get(name)[0]?.toString();
}
