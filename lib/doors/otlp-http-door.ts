import type { HeliographError } from '../errors.ts';
import { messageType } from '../ingest/protobuf.ts';
import type { DoorAnswer, DoorRequest, HttpDoor } from './door.ts';
import { type Otlp, type Signal, statusMessage } from './otlp.ts';

const JSON_TYPE = 'application/json';
const PROTOBUF = 'application/x-protobuf';
const STATUS = messageType(
  'syntax = "proto3"; package google.rpc; message Status { int32 code = 1; string message = 2; }',
  'google.rpc.Status',
);

/** OTLP over HTTP, one signal: protobuf or JSON. */
export class OtlpHttpDoor implements HttpDoor {
  readonly name: string;
  readonly path: string;
  readonly types = new Set([PROTOBUF, JSON_TYPE]);
  readonly scope: 'ingest:metrics' | 'ingest:logs';
  readonly #signal: Signal;
  readonly #otlp: Otlp;

  constructor(signal: Signal, otlp: Otlp) {
    this.name = `otlp_http_${signal}`;
    this.path = `/v1/${signal}`;
    this.scope = `ingest:${signal}`;
    this.#signal = signal;
    this.#otlp = otlp;
  }

  async take({ type, bytes, guest, key }: DoorRequest): Promise<DoorAnswer> {
    const body =
      type === JSON_TYPE
        ? await this.#otlp.json(this.name, this.#signal, bytes, guest, key)
        : await this.#otlp.protobuf(this.name, this.#signal, bytes, guest, key);
    return { status: 200, type, body };
  }

  fail(error: HeliographError, status: number, type: string): Pick<DoorAnswer, 'type' | 'body'> {
    const message = statusMessage(error, status);
    if (type === PROTOBUF) return { type: PROTOBUF, body: Buffer.from(STATUS.encode(message).finish()) };
    return { type: JSON_TYPE, body: JSON.stringify(message) };
  }
}
