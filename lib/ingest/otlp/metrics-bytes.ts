import type protobuf from 'protobufjs';
import { decodePart, readProtobuf, type StrictReader } from '../protobuf.ts';
import { ATTRIBUTES, type KnownMetric, KnownMetrics, type KnownScope } from './known-metrics.ts';
import type { Metric } from './messages.ts';
import { MetricsReader, type OtlpMetrics, type OtlpMetricsOptions } from './metrics.ts';

/** Tags of proto/otlp/metrics.proto; every message here has its parts under these two. */
const FIRST = 10;
const SECOND = 18;
const NAME = 10;
const UNIT = 26;
const GAUGE = 42;
const SUM = 58;
const OTHER_DATA: ReadonlySet<number> = new Set([74, 82, 90]);
const CUMULATIVE = 2;

/**
 * Reads an ExportMetricsServiceRequest from its bytes, to the same series as `readOtlpMetrics` makes of the decoded message. Numbers that are
 * not deltas, by far the most frequent, are read where they stand; all else goes through the decoded metric.
 */
export class OtlpMetricsBytes {
  readonly #known: KnownMetrics;

  /** `request`: otlp.MetricsRequest. `mostBytes`: of keys that are kept. */
  constructor(request: protobuf.Type, mostBytes?: number) {
    const type = (name: string) => request.root.lookupType(`otlp.${name}`);
    const types = { resource: type('Resource'), scope: type('Scope'), metric: type('Metric') };
    this.#known = new KnownMetrics({ ...types, point: type('NumberDataPoint') }, mostBytes);
  }

  /** @throws HeliographError HG_DOOR_SYNTAX, HG_DOOR_BODY (more than a request may have) */
  read(bytes: Uint8Array, options: OtlpMetricsOptions): OtlpMetrics {
    const out = new MetricsReader(options);
    readProtobuf('OTLP metrics request', bytes, (reader) => {
      parts(reader, FIRST, reader.len, (end) => this.#resource(reader, end, out));
    });
    return { batch: out.batch, points: out.points, newest: out.newest };
  }

  #resource(reader: StrictReader, end: number, out: MetricsReader): void {
    const target = this.#known.target(onePart(reader, FIRST, end), reader.parts);
    out.begin();
    parts(reader, SECOND, end, (last) => {
      const scope = this.#known.scope(target, onePart(reader, FIRST, last), reader.parts);
      parts(reader, SECOND, last, (behind) => this.#metric(reader, behind, scope, out));
    });
    out.targetInfo(target.labels);
  }

  #metric(reader: StrictReader, end: number, scope: KnownScope, out: MetricsReader): void {
    const start = reader.pos;
    let kind = 0;
    let head = start;
    let from = start;
    let to = start;
    let plain = true;
    while (reader.pos < end) {
      const at = reader.pos;
      const tag = reader.uint32();
      if (tag === GAUGE || tag === SUM) {
        if (kind !== 0) plain = false;
        kind = tag;
        head = at;
        to = reader.end();
        from = reader.pos;
        reader.pos = to;
      } else {
        // A name behind the data is allowed, and nobody writes it so.
        if (OTHER_DATA.has(tag) || (kind !== 0 && (tag === NAME || tag === UNIT))) plain = false;
        reader.parts.add(1);
        reader.skipType(tag & 7);
      }
    }
    reader.at(end);
    reader.pos = from;
    const sum = plain && kind === SUM ? sumKind(reader, to) : null;
    if (!plain || kind === 0 || (sum !== null && sum.temporality !== CUMULATIVE)) {
      reader.pos = start;
      out.metric(decodePart<Metric>(this.#known.types.metric, reader, end), scope.common);
      return;
    }
    const name = sum === null ? 'gauge' : sum.monotonic ? 'counter' : 'other';
    const metric = this.#known.metric(scope, name, reader.latin1(start, head), reader.parts);
    reader.pos = from;
    parts(reader, FIRST, to, (last) => this.#point(reader, last, metric, out));
    reader.pos = end;
  }

  /** NumberDataPoint: time 3, double 4, int 6, attributes 7, flags 8. */
  #point(reader: StrictReader, end: number, metric: KnownMetric, out: MetricsReader): void {
    let nanos = 0;
    let low = 0;
    let high = 0;
    let int: number | null = null;
    let flags = 0;
    let attributes = '';
    while (reader.pos < end) {
      const tag = reader.uint32();
      if (tag === 25) nanos = reader.fixed64();
      else if (tag === 33) {
        low = reader.fixed32();
        high = reader.fixed32();
      } else if (tag === 49) int = reader.sfixed64();
      else if (tag === ATTRIBUTES) {
        const more = reader.restOfRun(ATTRIBUTES, end);
        attributes = attributes === '' ? more : attributes + String.fromCharCode(ATTRIBUTES) + more;
      } else if (tag === 64) flags = reader.uint32();
      else {
        reader.parts.add(1);
        reader.skipType(tag & 7);
      }
    }
    reader.at(end);
    out.known(this.#known.series(metric, attributes, reader.parts), Math.floor(nanos / 1e6), flags, int, low, high);
  }
}

/** What stands in a sum beside its points, before or behind them. */
function sumKind(reader: StrictReader, end: number): { temporality: number; monotonic: boolean } {
  let temporality = 0;
  let monotonic = false;
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag === 16) temporality = reader.int32();
    else if (tag === 24) monotonic = reader.bool();
    else reader.skipType(tag & 7);
  }
  reader.at(end);
  return { temporality, monotonic };
}

/** Calls `read` for each part under `tag` up to `end`, with where it ends; `read` must have come there. */
function parts(reader: StrictReader, tag: number, end: number, read: (end: number) => void): void {
  while (reader.pos < end) {
    const here = reader.uint32();
    reader.parts.add(1);
    if (here === tag) {
      const last = reader.end();
      read(last);
      reader.at(last);
    } else reader.skipType(here & 7);
  }
  reader.at(end);
}

/** The bytes of the last part under `tag` up to `end`; '' if there is none. Moves nothing: what a part stands for may stand behind it. */
function onePart(reader: StrictReader, tag: number, end: number): string {
  const start = reader.pos;
  let text = '';
  while (reader.pos < end) {
    const here = reader.uint32();
    if (here === tag) {
      const last = reader.end();
      text = reader.latin1(reader.pos, last);
      reader.pos = last;
    } else reader.skipType(here & 7);
  }
  reader.pos = start;
  return text;
}
