import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client, credentials, Metadata, type ServiceError } from '@grpc/grpc-js';
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-grpc';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-grpc';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { LoggerProvider, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { LogPage } from '../../../core/ports/log-store.ts';
import type { CertificateFiles } from '../../../lib/certificates/authority.ts';
import { createToken } from '../../../lib/tokens/token-file.ts';
import type { PrometheusAnswer, Vector } from '../../support/core/answers.ts';
import { TwoTiers } from '../../support/two-tiers.ts';
import { until } from '../../support/until.ts';
import { metricsRequest } from './otlp-request.ts';

/** A relay whose gRPC door asks loopback, too, who it is. */
let tiers: TwoTiers;
let token: string;
let logsToken: string;
let ca: Buffer;
beforeAll(async () => {
  const limits = { unpackedBytes: '1MiB', requestsPerSecond: 1, burst: 30 };
  tiers = await TwoTiers.open({ core: {}, relay: { doors: { grpc: { listen: '127.0.0.1:0', tls: true }, limits } } });
  const file = join(tiers.core.directory, 'relay', 'tokens.json');
  const made = { anyHost: false, created: Date.now(), expires: null };
  token = createToken(file, { ...made, name: 'sdk', anyHost: true, scopes: ['ingest:metrics', 'ingest:logs'] });
  logsToken = createToken(file, { ...made, name: 'lines', scopes: ['ingest:logs'] });
  ca = readFileSync(join(tiers.core.directory, 'ca', 'ca.pem'));
});
afterAll(() => tiers.close());

const clients: Client[] = [];
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});

const EXPORT = '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export';
const asIs = (bytes: Buffer) => bytes;

function client(files?: CertificateFiles): Client {
  const own = files ? ([readFileSync(files.key), readFileSync(files.cert)] as const) : ([null, null] as const);
  const made = new Client(`localhost:${tiers.relay.addresses.grpc}`, credentials.createSsl(ca, ...own));
  clients.push(made);
  return made;
}

/** @returns null: it was taken, whole */
function call(by: Client, bytes: Uint8Array, authorization: string | null, path = EXPORT) {
  const metadata = new Metadata();
  if (authorization !== null) metadata.set('authorization', authorization);
  return new Promise<ServiceError | string | null>((resolve) => {
    by.makeUnaryRequest(path, asIs, asIs, Buffer.from(bytes), metadata, (error, answer) =>
      resolve(error ?? (answer!.length === 0 ? null : answer!.toString())),
    );
  });
}

const codeOf = (result: ServiceError | string | null) => (result as ServiceError).code;

async function found(query: string): Promise<Vector['result'][number]> {
  return until(query, async () => {
    const { data } = await tiers.core.get<PrometheusAnswer<Vector>>('/api/v1/query', { query });
    return data.result[0] ?? null;
  });
}

test('an OpenTelemetry SDK: metrics and lines over TLS with a token', async () => {
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${token}`);
  const settings = {
    url: `https://localhost:${tiers.relay.addresses.grpc}`,
    credentials: credentials.createSsl(ca),
    metadata,
  };
  const resource = resourceFromAttributes({
    'service.name': 'shop',
    'service.instance.id': 'i-1',
    'host.name': 'web-9',
  });
  const exporter = new OTLPMetricExporter(settings);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  const meters = new MeterProvider({ resource, readers: [reader] });
  meters.getMeter('m').createCounter('orders').add(7);
  await meters.forceFlush();
  await meters.shutdown();
  const series = await found('orders_total');
  expect([series.value[1], series.metric.instance, series.metric.site]).toEqual(['7', 'i-1', 'north']);

  const processors = [new SimpleLogRecordProcessor({ exporter: new OTLPLogExporter(settings) })];
  const loggers = new LoggerProvider({ resource, processors });
  loggers.getLogger('l').emit({ severityNumber: 17, severityText: 'ERROR', body: 'no bank' });
  await loggers.forceFlush();
  await loggers.shutdown();
  const line = await until('the line', async () => {
    const { lines } = await tiers.core.get<LogPage>('/api/v1/logs', { host: 'web-9' });
    return lines[0] ?? null;
  });
  expect(line.message).toBe('no bank');
  expect((await tiers.relayLedger('error')).in.items).toBe(1);
});

test('a certificate stands for a token; without either nobody comes in, and a token is for what it is made', async () => {
  const bytes = metricsRequest([['certified', Date.now(), 3]]);
  expect(codeOf(await call(client(), bytes, null))).toBe(16);
  expect(codeOf(await call(client(), bytes, 'Bearer hgt_wrong'))).toBe(16);
  expect(codeOf(await call(client(), bytes, `Bearer ${logsToken}`))).toBe(7);
  expect(codeOf(await call(client(await tiers.core.issue('relay-7', 'relay')), bytes, null))).toBe(16);
  expect(await call(client(await tiers.core.issue('gear-3', 'collector')), bytes, null)).toBeNull();
  expect((await found('certified')).metric).toMatchObject({ instance: 'gear-3' });
});

test('what is bad: no protobuf, too large, a time that is too old beside a good one, another method', async () => {
  const one = client();
  const bearer = `Bearer ${token}`;
  expect(codeOf(await call(one, Buffer.from('\xff\xff nonsense'), bearer))).toBe(3);
  expect(codeOf(await call(one, Buffer.alloc((1 << 20) + 1), bearer))).toBe(8);
  expect(codeOf(await call(one, Buffer.alloc(0), bearer, '/heliograph.push.v1.Push/Send'))).toBe(12);
  const mixed = metricsRequest([
    ['good', Date.now(), 1],
    ['old', 1000, 1],
  ]);
  expect(await call(one, mixed, bearer)).toContain('HG_ITEM_TIME');
  expect((await found('good')).value[1]).toBe('1');
  const page = await tiers.relayPage('/metrics');
  expect(page).toContain(
    'heliograph_relay_door_refused_requests_total{door="otlp_grpc_metrics",code="HG_DOOR_SYNTAX"} 1\n',
  );
  expect(page).toContain(
    'heliograph_relay_door_refused_total{door="otlp_grpc_metrics",kind="metric",code="HG_ITEM_TIME"} 1\n',
  );
});

test('over the rate: RESOURCE_EXHAUSTED', async () => {
  const one = client(await tiers.core.issue('hasty', 'collector'));
  const bytes = metricsRequest([['hasty', Date.now(), 1]]);
  const results = await Promise.all(Array.from({ length: 40 }, () => call(one, bytes, null)));
  const codes = new Set(results.map((result) => (result === null ? 0 : codeOf(result))));
  expect(codes).toEqual(new Set([0, 8]));
});
