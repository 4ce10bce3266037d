import type { Type } from 'protobufjs';
import type { HeliographError } from '../errors.ts';
import type { Batch } from '../ingest/batch.ts';
import { messageOfJson } from '../ingest/json-message.ts';
import { readJson } from '../ingest/json-text.ts';
import { Deltas } from '../ingest/otlp/deltas.ts';
import { readOtlpLogs } from '../ingest/otlp/logs.ts';
import type { LogsRequest, MetricsRequest } from '../ingest/otlp/messages.ts';
import { type OtlpMetricsOptions, readOtlpMetrics } from '../ingest/otlp/metrics.ts';
import { OtlpMetricsBytes } from '../ingest/otlp/metrics-bytes.ts';
import { decodeMessage, messageType, readProtobuf } from '../ingest/protobuf.ts';
import type { Guest } from './doorkeeper.ts';
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
  readonly #deltas = new Deltas();
  readonly #metricsBytes = new OtlpMetricsBytes(TYPES.metrics.request);

  /**
   * `gateway`: the name of this core, which stands on sums made out of deltas. `latest`: the newest time that is taken now, in ms.
   */
  constructor(sink: Taker, gateway: string, maxDepth: number, latest: () => number) {
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
    const batch = signal === 'metrics' ? this.#metricsBytes.read(bytes, this.#options(guest)).batch : logsOf(bytes);
    return TYPES[signal].response.encode(await this.#take(door, signal, batch, guest, key)).finish();
  }

  /** @throws HeliographError */
  async json(door: string, signal: Signal, bytes: Uint8Array, guest: Guest, key: RequestKey | null): Promise<string> {
    const message: unknown = messageOfJson(TYPES[signal].request, readJson(bytes, this.#maxDepth));
    const batch =
      signal === 'metrics'
        ? readOtlpMetrics(message as MetricsRequest, this.#options(guest)).batch
        : readOtlpLogs(message as LogsRequest);
    return JSON.stringify(await this.#take(door, signal, batch, guest, key));
  }

  #options({ name }: Guest): OtlpMetricsOptions {
    return { client: name, gateway: this.#gateway, deltas: this.#deltas, latest: this.#latest() };
  }

  async #take(door: string, signal: Signal, batch: Batch, guest: Guest, key: RequestKey | null): Promise<object> {
    return partial(TYPES[signal].rejected, await this.#sink.take(door, guest, batch, key));
  }
}

function logsOf(bytes: Uint8Array): Batch {
  const { request } = TYPES.logs;
  return readOtlpLogs(
    readProtobuf('OTLP logs request', bytes, (reader) => decodeMessage<LogsRequest>(request, reader)),
  );
}

function partial(field: string, { rejected }: Taken): object {
  if (rejected.length === 0) return {};
  const points = new Set(rejected.filter(({ index }) => index >= 0).map(({ index }) => index));
  const told = rejected.slice(0, TOLD).map(({ index, code, message }) => `${index}: ${code}: ${message}`);
  return { partialSuccess: { [field]: points.size, errorMessage: told.join('; ') } };
}

/** google.rpc.Status, as OTLP over HTTP wants an error: code 3 invalid argument, 14 unavailable. */
export function statusMessage(error: HeliographError, status: number): { code: number; message: string } {
  const codes: Readonly<Record<number, number>> = { 401: 16, 403: 7, 413: 8, 429: 8, 503: 14, 500: 13 };
  return { code: codes[status] ?? 3, message: error.message };
}
