import { status as GrpcStatus, Metadata } from '@grpc/grpc-js';
import type { HeliographError } from '../errors.ts';
import { messageType } from '../ingest/protobuf.ts';

const CODES: Readonly<Record<string, GrpcStatus>> = {
  HG_DOOR_TOKEN: GrpcStatus.UNAUTHENTICATED,
  HG_DOOR_SCOPE: GrpcStatus.PERMISSION_DENIED,
  HG_DOOR_RATE: GrpcStatus.RESOURCE_EXHAUSTED,
  HG_DOOR_PRESSURE: GrpcStatus.RESOURCE_EXHAUSTED,
  HG_DOOR_BUSY: GrpcStatus.UNAVAILABLE,
  HG_DOOR_SYNTAX: GrpcStatus.INVALID_ARGUMENT,
  HG_DOOR_KEY: GrpcStatus.INVALID_ARGUMENT,
  HG_CORE_FAULT: GrpcStatus.INTERNAL,
};

const SOURCE = `syntax = "proto3"; package google.rpc;
  message Duration { int64 seconds = 1; }
  message RetryInfo { Duration retry_delay = 1; }
  message Any { string type_url = 1; bytes value = 2; }
  message Status { int32 code = 1; string message = 2; repeated Any details = 3; }`;
const RETRY = messageType(SOURCE, 'google.rpc.RetryInfo');
const STATUS = messageType(SOURCE, 'google.rpc.Status');

/** How a call ends that was not taken. */
export interface Failure {
  readonly code: GrpcStatus;
  readonly details: string;
  readonly metadata: Metadata;
  /** It is this side that is at fault. */
  readonly fault: boolean;
}

/**
 * An error as a gRPC status. Where the client is to come again, google.rpc.RetryInfo says when: OTLP's clients come back after
 * RESOURCE_EXHAUSTED with it only.
 */
export function failureOf(error: HeliographError): Failure {
  const known = Object.hasOwn(CODES, error.code);
  const code = known ? CODES[error.code]! : GrpcStatus.UNAVAILABLE;
  const metadata = new Metadata();
  if (code === GrpcStatus.UNAVAILABLE || code === GrpcStatus.RESOURCE_EXHAUSTED) {
    const seconds = typeof error.facts.retryAfterS === 'number' ? error.facts.retryAfterS : 1;
    const value = RETRY.encode({ retryDelay: { seconds } }).finish();
    const detail = { typeUrl: 'type.googleapis.com/google.rpc.RetryInfo', value };
    const status = STATUS.encode({ code, message: error.message, details: [detail] }).finish();
    metadata.set('grpc-status-details-bin', Buffer.from(status));
  }
  return { code, details: error.message, metadata, fault: !known || code === GrpcStatus.INTERNAL };
}
