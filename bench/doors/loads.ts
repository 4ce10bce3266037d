import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { Client, credentials, Metadata } from '@grpc/grpc-js';
import protobuf from 'protobufjs';
import { compressSync } from 'snappy';
import { type SentSeries, writeRequest, writeRequest2 } from '../../test/relay/doors/prometheus.ts';

/** What a Prometheus sends at once, and an SDK or agent in a large export. */
export const SERIES = 2000;
export const REQUESTS = 60;
/** Requests before the clock starts. */
export const WARM_UP = 20;
export const LINES = 1000;
export const LINE_REQUESTS = 40;

const source = (name: string) => readFileSync(new URL(`../../proto/${name}.proto`, import.meta.url), 'utf8');
const otlp = protobuf.parse(
  `syntax = "proto3"; package otlp; ${['common', 'metrics', 'logs'].map((name) => source(`otlp/${name}`).replaceAll(/^(syntax|package) .*$/gm, '')).join('\n')}`,
).root;
const push = protobuf.parse(source('push')).root.lookupType('heliograph.push.v1.PushRequest');
export interface Load {
  readonly name: string;
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly grpc?: boolean;
  /** The body of request `i`. */
  readonly body: (i: number) => Buffer;
}

/** Labels as a scraped exporter has them. */
function labelsOf(series: number): Record<string, string> {
  return {
    instance: `web-${series % 20}.example:9100`,
    job: 'node',
    mode: ['idle', 'user', 'system', 'iowait'][series % 4]!,
    cpu: String(series % 64),
    device: `sd${series % 7}`,
  };
}

const start = Date.now() - REQUESTS * 1000;
const pairs = (own: Record<string, string>) => Object.entries(own).map(([name, value]) => ({ name, value }));
const value = (i: number, series: number) => series * 10 + (series % 5 === 0 ? i : 0);
const all = <T>(make: (series: number) => T) => Array.from({ length: SERIES }, (_, series) => make(series));
const nameOf = (series: number) => `node_metric_${series % 100}_${Math.floor(series / 100)}`;
const encode = (type: protobuf.Type, message: object) => Buffer.from(type.encode(type.fromObject(message)).finish());

const PROTOBUF = { 'content-type': 'application/x-protobuf' };
const JSON_TYPE = { 'content-type': 'application/json' };

function otlpMetrics(i: number): object {
  const metrics = all((series) => ({
    name: nameOf(series),
    gauge: {
      dataPoints: [
        {
          timeUnixNano: `${start + i * 1000}000000`,
          asDouble: value(i, series),
          attributes: Object.entries(labelsOf(series)).map(([key, text]) => ({ key, value: { stringValue: text } })),
        },
      ],
    },
  }));
  return { resourceMetrics: [{ scopeMetrics: [{ metrics }] }] };
}

export const METRIC_LOADS: readonly Load[] = [
  {
    name: 'remote write 1.0 (snappy)',
    path: '/api/v1/write',
    headers: { ...PROTOBUF, 'content-encoding': 'snappy' },
    body: (i) => compressSync(Buffer.from(writeRequest(sentSeries(i)))),
  },
  {
    name: 'remote write 2.0 (snappy)',
    path: '/api/v1/write',
    headers: {
      'content-type': 'application/x-protobuf;proto=io.prometheus.write.v2.Request',
      'content-encoding': 'snappy',
    },
    body: (i) => compressSync(Buffer.from(writeRequest2(sentSeries(i)))),
  },
  {
    name: 'OTLP over HTTP (protobuf, gzip)',
    path: '/v1/metrics',
    headers: { ...PROTOBUF, 'content-encoding': 'gzip' },
    body: (i) => gzipSync(encode(otlp.lookupType('otlp.MetricsRequest'), otlpMetrics(i))),
  },
  {
    name: 'OTLP over HTTP (JSON)',
    path: '/v1/metrics',
    headers: JSON_TYPE,
    body: (i) => Buffer.from(JSON.stringify(otlpMetrics(i))),
  },
  {
    name: 'OTLP over gRPC',
    path: '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export',
    headers: {},
    grpc: true,
    body: (i) => encode(otlp.lookupType('otlp.MetricsRequest'), otlpMetrics(i)),
  },
  {
    name: 'InfluxDB line protocol (gzip)',
    path: '/api/v2/write?precision=ms',
    headers: { 'content-type': 'text/plain; charset=utf-8', 'content-encoding': 'gzip' },
    body: (i) => gzipSync(influxLines(i)),
  },
  {
    name: '/v1/ingest (JSON)',
    path: '/v1/ingest',
    headers: JSON_TYPE,
    body: (i) =>
      Buffer.from(
        JSON.stringify({
          metrics: all((s) => ({ name: nameOf(s), labels: labelsOf(s), value: value(i, s), time: start + i * 1000 })),
        }),
      ),
  },
  {
    name: '/v1/ingest (protobuf)',
    path: '/v1/ingest',
    headers: PROTOBUF,
    body: (i) =>
      encode(push, {
        metrics: all((s) => ({
          name: nameOf(s),
          labels: pairs(labelsOf(s)),
          samples: [{ value: value(i, s), time: start + i * 1000 }],
        })),
      }),
  },
];

/** Fields of a line, as most of Telegraf's inputs have some. */
const FIELDS = 10;

/** As many series, of lines with several fields. */
function influxLines(i: number): string {
  const lines = Array.from({ length: SERIES / FIELDS }, (_, line) => {
    const tags = Object.entries(labelsOf(line)).map(([name, text]) => `${name}=${text}`);
    const fields = Array.from({ length: FIELDS }, (_, field) => `field_${field}=${value(i, line * FIELDS + field)}`);
    return `measurement_${line % 20},${tags.join(',')} ${fields.join(',')} ${start + i * 1000}\n`;
  });
  return lines.join('');
}

function sentSeries(i: number): SentSeries[] {
  return all((series) => ({
    labels: { __name__: nameOf(series), ...labelsOf(series) },
    samples: [[start + i * 1000, value(i, series)]],
  }));
}

function lineOf(id: number): { message: string; service: string; trace: string; time: number } {
  const message = `payment of order ${id * 7919} for user ${(id * 104729) % 65_521} took ${id % 977} ms, retry ${id % 3} through upstream pool ${id % 31}`;
  return { message, service: `service-${id % 20}`, trace: id.toString(36), time: start + (id % 50_000) };
}

const lines = <T>(i: number, make: (line: ReturnType<typeof lineOf>) => T) =>
  Array.from({ length: LINES }, (_, n) => make(lineOf(i * LINES + n)));

function otlpLogs(i: number): object {
  const logRecords = lines(i, ({ message, trace, time }) => ({
    timeUnixNano: `${time}000000`,
    severityNumber: 9,
    body: { stringValue: message },
    attributes: [{ key: 'trace', value: { stringValue: trace } }],
  }));
  const attributes = [{ key: 'service.name', value: { stringValue: 'shop' } }];
  return { resourceLogs: [{ resource: { attributes }, scopeLogs: [{ logRecords }] }] };
}

export const LOG_LOADS: readonly Load[] = [
  {
    name: 'OTLP over HTTP (protobuf, gzip)',
    path: '/v1/logs',
    headers: { ...PROTOBUF, 'content-encoding': 'gzip' },
    body: (i) => gzipSync(encode(otlp.lookupType('otlp.LogsRequest'), otlpLogs(i))),
  },
  {
    name: 'OTLP over gRPC',
    path: '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
    headers: {},
    grpc: true,
    body: (i) => encode(otlp.lookupType('otlp.LogsRequest'), otlpLogs(i)),
  },
  {
    name: '/v1/ingest (JSON)',
    path: '/v1/ingest',
    headers: JSON_TYPE,
    body: (i) =>
      Buffer.from(
        JSON.stringify({
          logs: lines(i, ({ message, service, trace, time }) => ({
            message,
            service,
            time,
            level: 'info',
            fields: { trace },
          })),
        }),
      ),
  },
  {
    name: '/v1/ingest (protobuf)',
    path: '/v1/ingest',
    headers: PROTOBUF,
    body: (i) =>
      encode(push, {
        logs: lines(i, ({ message, service, trace, time }) => ({
          message,
          service,
          time,
          level: 'info',
          fields: pairs({ trace }),
        })),
      }),
  },
];

export function httpSender(base: string, { path, headers }: Load): (body: Buffer) => Promise<void> {
  return async (body) => {
    const answer = await fetch(`${base}${path}`, { method: 'POST', headers, body: new Uint8Array(body) });
    const text = await answer.text();
    if (!answer.ok || /partialSuccess|"code"/.test(text)) throw new Error(`${answer.status} ${text.slice(0, 300)}`);
  };
}

export function grpcSender(address: string, path: string): (body: Buffer) => Promise<void> {
  const client = new Client(address, credentials.createInsecure());
  const asIs = (bytes: Buffer) => bytes;
  return (body) =>
    new Promise((resolve, reject) => {
      client.makeUnaryRequest(path, asIs, asIs, body, new Metadata(), (error, answer) => {
        if (error) reject(error);
        else if (answer!.length > 0) reject(new Error(`refused: ${answer!.toString()}`));
        else resolve();
      });
    });
}
