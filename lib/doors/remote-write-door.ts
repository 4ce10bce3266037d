import { HeliographError } from '../errors.ts';
import { readRemoteWrite } from '../ingest/remote-write.ts';
import { readRemoteWrite2 } from '../ingest/remote-write-2.ts';
import type { DoorAnswer, DoorRequest, HttpDoor } from './door.ts';
import type { Taken, Taker } from './taker.ts';

const V1 = 'prometheus.WriteRequest';
const V2 = 'io.prometheus.write.v2.Request';
/** Refused items that an answer names; Prometheus logs the text. */
const TOLD = 5;

/** Prometheus remote write 1.0 and 2.0 at the address that Prometheus itself has for it. */
export class RemoteWriteDoor implements HttpDoor {
  readonly name = 'remote_write';
  readonly path = '/api/v1/write';
  readonly types = new Set(['application/x-protobuf']);
  readonly scope = 'ingest:metrics';
  readonly #sink: Taker;

  constructor(sink: Taker) {
    this.#sink = sink;
  }

  async take({ parameters, bytes, guest, key }: DoorRequest): Promise<DoorAnswer> {
    const proto = parameters.proto ?? V1;
    if (proto !== V1 && proto !== V2)
      throw new HeliographError('HG_DOOR_TYPE', `proto=${proto.slice(0, 100)}`, { proto });
    const batch = proto === V2 ? readRemoteWrite2(bytes) : readRemoteWrite(bytes);
    const taken = await this.#sink.take(this.name, guest, batch, key);
    return {
      // What was good is stored; a status of 4xx says that the rest must not come again.
      status: taken.rejected.length === 0 ? 204 : 400,
      type: 'text/plain; charset=utf-8',
      body: words(taken),
      headers: {
        'x-prometheus-remote-write-samples-written': String(taken.samples),
        'x-prometheus-remote-write-histograms-written': '0',
        'x-prometheus-remote-write-exemplars-written': '0',
      },
    };
  }

  fail(error: HeliographError): Pick<DoorAnswer, 'type' | 'body'> {
    return { type: 'text/plain; charset=utf-8', body: `${error.message}\n` };
  }
}

function words({ rejected, samples }: Taken): string {
  if (rejected.length === 0) return '';
  const items = rejected.reduce((sum, one) => sum + one.items, 0);
  const told = rejected.slice(0, TOLD).map(({ index, code, message }) => `series ${index}: ${code}: ${message}`);
  return `${items} samples were refused, ${samples} are stored: ${told.join('; ')}\n`;
}
