import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { Client, credentials, Metadata } from '@grpc/grpc-js';
import protobuf from 'protobufjs';
import { compressSync } from 'snappy';
import type { Ledger } from '../lib/ledger.ts';
import { type SentSeries, writeRequest, writeRequest2 } from '../test/relay/doors/prometheus.ts';
import { TestCore } from '../test/support/core/core.ts';
import { freePort } from '../test/support/free-port.ts';
import type { BenchResult } from './result.ts';

const PROCESS = fileURLToPath(new URL('../test/support/core/core-process.ts', import.meta.url));
/** Linux counts CPU time of a process in hundredths of a second. */
const TICKS_A_SECOND = 100;
/** What a Prometheus sends at once, and an SDK or agent in a large export. */
export const SERIES = 2000;
const REQUESTS = 60;
/** Requests before the clock starts. */
export const WARM_UP = 20;
export const LINES = 1000;
export const LINE_REQUESTS = 40;

const source = (name: string) => readFileSync(new URL(`../proto/${name}.proto`, import.meta.url), 'utf8');
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

/** Each door with a core in a process of its own on embedded stores; four requests under way; bodies are made before the clock starts. */
export async function run(): Promise<BenchResult[]> {
  const results: BenchResult[] = [];
  for (const load of METRIC_LOADS) {
    const cpu = await drive(load, REQUESTS);
    results.push({
      name: `${load.name}, ${SERIES} series a request`,
      value: (cpu / (SERIES * REQUESTS)) * 1e6,
      unit: 'CPU s per million samples',
      note: 'the whole core, the embedded store included',
    });
  }
  for (const load of LOG_LOADS) {
    const cpu = await drive(load, LINE_REQUESTS);
    results.push({
      name: `${load.name}, ${LINES} lines a request`,
      value: (cpu / (LINES * LINE_REQUESTS)) * 1e6,
      unit: 'CPU s per million lines',
      note: 'the whole core, bus and embedded store included',
    });
  }
  return results;
}

async function drive(load: Load, requests: number): Promise<number> {
  const bodies = Array.from({ length: WARM_UP + requests }, (_, i) => load.body(i));
  const made = await TestCore.make();
  const grpc = load.grpc ? { grpc: `127.0.0.1:${await freePort()}` } : {};
  const config = { ...made.config, push: { ...grpc, limits: { requestsPerSecond: 1e6, burst: 1e6 } } };
  const core = fork(PROCESS, [JSON.stringify(config)], { execArgv: ['--disable-warning=ExperimentalWarning'] });
  try {
    const [ports] = (await once(core, 'message')) as [{ http: number }];
    const send = load.grpc ? grpcSender(grpc.grpc!, load.path) : httpSender(`http://127.0.0.1:${ports.http}`, load);
    // The compiler's work and the series' first appearance are not what a sample costs.
    for (const body of bodies.splice(0, WARM_UP)) await send(body);
    const before = cpuSeconds(core);
    let next = 0;
    await Promise.all(
      Array.from({ length: 4 }, async () => {
        while (next < bodies.length) await send(bodies[next++]!);
      }),
    );
    for (;;) {
      const answer = await fetch(`http://127.0.0.1:${ports.http}/api/v1/ledger`);
      const { tiers } = (await answer.json()) as { tiers: Ledger[] };
      if (tiers.at(-1)!.entries.every((entry) => entry.queued.frames === 0)) break;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return cpuSeconds(core) - before;
  } finally {
    core.kill('SIGKILL');
    await made.remove();
  }
}

export function httpSender(base: string, { path, headers }: Load): (body: Buffer) => Promise<void> {
  return async (body) => {
    const answer = await fetch(`${base}${path}`, { method: 'POST', headers, body: new Uint8Array(body) });
    const text = await answer.text();
    if (!answer.ok || /partialSuccess|"code"/.test(text)) throw new Error(`${answer.status} ${text.slice(0, 300)}`);
  };
}

function grpcSender(address: string, path: string): (body: Buffer) => Promise<void> {
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

function cpuSeconds(child: ChildProcess): number {
  const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND;
}
