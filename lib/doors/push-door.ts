import type { HeliographError } from '../errors.ts';
import type { Batch } from '../ingest/batch.ts';
import { readJson } from '../ingest/json-text.ts';
import { messageType } from '../ingest/protobuf.ts';
import { readPush, readPushJson } from '../ingest/push.ts';
import type { DoorAnswer, DoorRequest, HttpDoor } from './door.ts';
import type { Guest } from './doorkeeper.ts';
import { need } from './need.ts';
import { protoText } from './proto-text.ts';
import type { RequestKey } from './request-key.ts';
import type { Taken, Taker } from './taker.ts';

const JSON_TYPE = 'application/json';
const PROTOBUF = 'application/x-protobuf';
const SOURCE = protoText('push');
const REQUEST = messageType(SOURCE, 'heliograph.push.v1.PushRequest');
const RESPONSE = messageType(SOURCE, 'heliograph.push.v1.PushResponse');
/** What an answer tells at most; the rest is counted in the last one. */
const REJECTED_TOLD = 1000;

export interface PushDoorParts {
  readonly sink: Taker;
  readonly now: () => number;
  readonly maxDepth: number;
  /** Values of JSON of one request; left out: as many as any may have. */
  readonly maxValues?: number;
}

/** POST /v1/ingest, our own form: JSON to write by hand, protobuf for programs. */
export class PushDoor implements HttpDoor {
  readonly name = 'ingest';
  readonly path = '/v1/ingest';
  readonly types = new Set([JSON_TYPE, PROTOBUF, 'application/protobuf']);
  readonly scope = null;
  readonly #parts: PushDoorParts;

  constructor(parts: PushDoorParts) {
    this.#parts = parts;
  }

  async take({ type, bytes, guest, key }: DoorRequest): Promise<DoorAnswer> {
    const { now, maxDepth, maxValues } = this.#parts;
    if (type !== JSON_TYPE) return { status: 200, type, body: await this.takeProtobuf(bytes, guest, key) };
    const taken = await this.#take(readPushJson(readJson(bytes, maxDepth, maxValues), now()), guest, key);
    const body = JSON.stringify({
      accepted: { samples: taken.samples, lines: taken.lines },
      ...(taken.repeated > 0 ? { repeated: { samples: taken.repeated } } : {}),
      rejected: told(taken),
      ...(taken.rejected.length > REJECTED_TOLD ? { rejectedMore: taken.rejected.length - REJECTED_TOLD } : {}),
    });
    return { status: 200, type: JSON_TYPE, body };
  }

  /** A PushRequest's bytes, to a PushResponse's; for HTTP and gRPC. @throws HeliographError */
  async takeProtobuf(bytes: Uint8Array, guest: Guest, key: RequestKey | null): Promise<Uint8Array> {
    const taken = await this.#take(readPush(REQUEST, bytes, this.#parts.now()), guest, key);
    const { samples, lines, repeated: repeatedSamples } = taken;
    return RESPONSE.encode({ samples, lines, repeatedSamples, rejected: told(taken) }).finish();
  }

  fail(error: HeliographError): Pick<DoorAnswer, 'type' | 'body'> {
    return { type: JSON_TYPE, body: JSON.stringify({ code: error.code, message: error.message }) };
  }

  async #take(batch: Batch, guest: Guest, key: RequestKey | null): Promise<Taken> {
    if (batch.series.length > 0) need(guest, 'ingest:metrics');
    if (batch.lines.length > 0) need(guest, 'ingest:logs');
    return this.#parts.sink.take(this.name, guest, batch, key);
  }
}

function told(taken: Taken): object[] {
  return taken.rejected.slice(0, REJECTED_TOLD).map(({ kind, index, code, message, items }) => ({
    kind,
    index,
    code,
    message,
    items,
  }));
}
