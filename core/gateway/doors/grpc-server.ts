import {
  experimental,
  status as GrpcStatus,
  type Metadata,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServiceDefinition,
  type sendUnaryData,
} from '@grpc/grpc-js';
import { HeliographError } from '../../../lib/errors.ts';
import type { Logger } from '../../../lib/log.ts';
import type { Counter } from '../../../lib/metrics.ts';
import type { Scope } from '../../../lib/tokens/token-file.ts';
import type { ServerCertificate } from '../certificate.ts';
import { keyOf } from './door.ts';
import type { Doorkeeper, Guest } from './doorkeeper.ts';
import type { Waiting } from './http-routes.ts';
import type { UsedKeys } from './used-keys.ts';

/** One unary method that takes and gives bytes. */
export interface GrpcDoor {
  readonly name: string;
  /** Such as /heliograph.push.v1.Push/Send. */
  readonly path: string;
  readonly scope: Scope | null;
  take(bytes: Uint8Array, guest: Guest, key: string | null): Promise<Uint8Array>;
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

const CODES: Readonly<Record<string, GrpcStatus>> = {
  HG_DOOR_TOKEN: GrpcStatus.UNAUTHENTICATED,
  HG_DOOR_SCOPE: GrpcStatus.PERMISSION_DENIED,
  // OTLP's clients come back after UNAVAILABLE, and not after RESOURCE_EXHAUSTED without a delay.
  HG_DOOR_RATE: GrpcStatus.UNAVAILABLE,
  HG_DOOR_BUSY: GrpcStatus.UNAVAILABLE,
  HG_DOOR_SYNTAX: GrpcStatus.INVALID_ARGUMENT,
  HG_DOOR_KEY: GrpcStatus.INVALID_ARGUMENT,
  HG_CORE_FAULT: GrpcStatus.INTERNAL,
};

/** Listens for all gRPC doors. @throws what the port says */
export async function openGrpc(parts: GrpcParts, address: string): Promise<{ port: number; close(): void }> {
  const server = new Server({
    // What comes out of a compressed message is counted, too.
    'grpc.max_receive_message_length': parts.unpackedBytes,
    'grpc.max_connection_idle_ms': 300_000,
  });
  for (const door of parts.doors) addMethod(server, door, parts);
  const { certificate } = parts;
  const credentials =
    certificate === null
      ? ServerCredentials.createInsecure()
      : experimental.createCertificateProviderServerCredentials(certificate, certificate, false);
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync(address, credentials, (error, bound) => (error ? reject(error) : resolve(bound))),
  );
  return { port, close: () => server.forceShutdown() };
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

async function run(call: Call, door: GrpcDoor, { keeper, keys, waiting, loopback }: GrpcParts): Promise<Uint8Array> {
  const guest = keeper.admit(
    { loopback, authorization: first(call.metadata, 'authorization'), certificate: null },
    door.scope,
  );
  const { length } = call.request;
  waiting.enter(length);
  try {
    const key = keyOf(first(call.metadata, 'idempotency-key'));
    if (key !== null) keys.check(guest.name, key, call.request);
    return await door.take(call.request, guest, key);
  } finally {
    waiting.leave(length);
  }
}

function failure(error: unknown, door: GrpcDoor, { refused, log }: GrpcParts): { code: GrpcStatus; details: string } {
  const typed =
    error instanceof HeliographError ? error : new HeliographError('HG_CORE_FAULT', String(error), {}, error);
  refused.inc({ door: door.name, code: typed.code });
  const code = Object.hasOwn(CODES, typed.code) ? CODES[typed.code]! : GrpcStatus.UNAVAILABLE;
  if (code === GrpcStatus.INTERNAL || !Object.hasOwn(CODES, typed.code)) {
    log.error('a door could not take a request', { door: door.name, 'error.message': typed.message });
  }
  return { code, details: typed.message };
}

function first(metadata: Metadata, name: string): string | undefined {
  return metadata.get(name)[0]?.toString();
}
