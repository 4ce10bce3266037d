import type { Type } from 'protobufjs';
import type { HeliographError } from '../errors.ts';
import type { Batch } from '../ingest/batch.ts';
import { messageOfJson } from '../ingest/json-message.ts';
import { readJson } from '../ingest/json-text.ts';
import { Deltas } from '../ingest/otlp/deltas.ts';
import { readOtlpLogs } from '../ingest/otlp/logs.ts';
import type { LogsRequest, MetricsRequest } from '../ingest/otlp/messages.ts';
import { type OtlpMetricsOptions, type PieceOfMetrics, readOtlpMetrics } from '../ingest/otlp/metrics.ts';
import { OtlpMetricsBytes } from '../ingest/otlp/metrics-bytes.ts';
import { decodeMessage, messageType, readProtobuf } from '../ingest/protobuf.ts';
import { OneAtATime } from '../one-at-a-time.ts';
import type { Guest } from './doorkeeper.ts';
import { inOrder } from './in-order.ts';
import { otlpPieces, type PieceLimits } from './otlp-pieces.ts';
import { protoText } from './proto-text.ts';
import type { RequestKey } from './request-key.ts';
import type { Taken, Taker } from './taker.ts';

/** One text for the parser: the parts share a package. */
const SOURCE = ['common', 'metrics', 'logs']
  .map((name) => protoText(`otlp/${name}`))
  .join('\n')
  .replaceAll(/^(syntax|package) .*$/gm, '');
const TEXT = `syntax = "proto3";\npackage otlp;\n${SOURCE}`;

export type Signal = 'metrics' | 'logs';
export type OtlpForm = 'json' | 'protobuf';

/** What was read of a request or a piece of one. */
interface Read {
  readonly batch: Batch;
  /** Data points, log records. */
  readonly items: number;
  /** As of OtlpMetrics. */
  readonly newest: number;
}

interface SignalTypes {
  readonly request: Type;
  readonly response: Type;
  /** The field of partialSuccess that counts. */
  readonly rejected: string;
}

const TYPES: Readonly<Record<Signal, SignalTypes>> = {
  metrics: {
    request: messageType(TEXT, 'otlp.MetricsRequest'),
    response: messageType(TEXT, 'otlp.MetricsResponse'),
    rejected: 'rejectedDataPoints',
  },
  logs: {
    request: messageType(TEXT, 'otlp.LogsRequest'),
    response: messageType(TEXT, 'otlp.LogsResponse'),
    rejected: 'rejectedLogRecords',
  },
};

/** Refused items whose reason an answer tells; SDKs log the text. */
const TOLD = 5;

/** What OTLP is, beneath HTTP and gRPC: bytes or JSON of an export request in, those of its response out. */
export class Otlp {
  readonly #sink: Taker;
  readonly #gateway: string;
  readonly #maxDepth: number;
  readonly #latest: () => number;
  readonly #pieces: PieceLimits | null;
  readonly #turns = new OneAtATime();
  readonly #deltas = new Deltas();
  readonly #metricsBytes = new OtlpMetricsBytes(TYPES.metrics.request);

  /**
   * `gateway`: the name of this core, which stands on sums made out of deltas. `latest`: the newest time that is taken now, in ms.
   * `pieces`: where memory is small: larger requests are read and taken piece by piece, so what stands before a fault in one is taken.
   */
  constructor(sink: Taker, gateway: string, maxDepth: number, latest: () => number, pieces: PieceLimits | null = null) {
    this.#pieces = pieces;
    this.#latest = latest;
    this.#sink = sink;
    this.#gateway = gateway;
    this.#maxDepth = maxDepth;
  }

  /** @throws HeliographError */
  async protobuf(
    door: string,
    signal: Signal,
    bytes: Uint8Array,
    guest: Guest,
    key: RequestKey | null,
  ): Promise<Uint8Array> {
    return TYPES[signal].response.encode(await this.#take(door, signal, 'protobuf', bytes, guest, key)).finish();
  }

  /** @throws HeliographError */
  async json(door: string, signal: Signal, bytes: Uint8Array, guest: Guest, key: RequestKey | null): Promise<string> {
    return JSON.stringify(await this.#take(door, signal, 'json', bytes, guest, key));
  }

  async #take(
    door: string,
    signal: Signal,
    form: OtlpForm,
    bytes: Uint8Array,
    guest: Guest,
    key: RequestKey | null,
  ): Promise<object> {
    const refused = new Refused();
    const limits = this.#pieces;
    if (limits === null || bytes.length <= limits.bytes) {
      const { batch } = this.#read(signal, form, bytes, guest);
      refused.add(await this.#sink.take(door, guest, batch, key), 0);
    } else {
      const all = otlpPieces(signal, form, bytes, limits);
      let newest = 0;
      let items = 0;
      // One such request at a time, and of it one piece: no more is objects at once, however many requests there are.
      await this.#turns.run(() =>
        inOrder(all, ({ bytes: piece, continues, goesOn }) => {
          const read = this.#read(signal, form, piece, guest, { newest: continues ? newest : 0, goesOn });
          const before = items;
          newest = read.newest;
          items += read.items;
          return this.#sink.take(door, guest, read.batch, key).then((taken) => refused.add(taken, before));
        }),
      );
    }
    return refused.answer(TYPES[signal].rejected);
  }

  #read(signal: Signal, form: OtlpForm, bytes: Uint8Array, { name }: Guest, piece?: PieceOfMetrics): Read {
    const { request } = TYPES[signal];
    const message = () => messageOfJson(request, readJson(bytes, this.#maxDepth, this.#pieces?.values)) as unknown;
    if (signal === 'logs') {
      const batch = form === 'json' ? readOtlpLogs(message() as LogsRequest) : logsOf(bytes);
      return { batch, items: batch.lines.length, newest: 0 };
    }
    const options: OtlpMetricsOptions = {
      ...{ client: name, gateway: this.#gateway, deltas: this.#deltas, latest: this.#latest() },
      ...(piece === undefined ? {} : { piece }),
    };
    const { batch, points, newest } =
      form === 'json' ? readOtlpMetrics(message() as MetricsRequest, options) : this.#metricsBytes.read(bytes, options);
    return { batch, items: points, newest };
  }
}

function logsOf(bytes: Uint8Array): Batch {
  const { request } = TYPES.logs;
  return readOtlpLogs(
    readProtobuf('OTLP logs request', bytes, (reader) => decodeMessage<LogsRequest>(request, reader)),
  );
}

/** What of a request was not taken, over all its pieces. */
class Refused {
  readonly #told: string[] = [];
  #items = 0;
  #isSome = false;

  /** @param before items of the pieces before */
  add({ rejected }: Taken, before: number): void {
    this.#isSome ||= rejected.length > 0;
    this.#items += new Set(rejected.filter(({ index }) => index >= 0).map(({ index }) => index)).size;
    for (const { index, code, message } of rejected.slice(0, TOLD - this.#told.length)) {
      this.#told.push(`${index < 0 ? index : before + index}: ${code}: ${message}`);
    }
  }

  /** The response, as JSON has it. @param field of its partial success that counts */
  answer(field: string): object {
    if (!this.#isSome) return {};
    return { partialSuccess: { [field]: this.#items, errorMessage: this.#told.join('; ') } };
  }
}

/** google.rpc.Status, as OTLP over HTTP wants an error: code 3 invalid argument, 14 unavailable. */
export function statusMessage(error: HeliographError, status: number): { code: number; message: string } {
  const codes: Readonly<Record<number, number>> = { 401: 16, 403: 7, 413: 8, 429: 8, 503: 14, 500: 13 };
  return { code: codes[status] ?? 3, message: error.message };
}
