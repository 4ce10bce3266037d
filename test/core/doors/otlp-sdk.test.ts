import { credentials, Metadata } from '@grpc/grpc-js';
import { OTLPLogExporter as GrpcLogs } from '@opentelemetry/exporter-logs-otlp-grpc';
import { OTLPLogExporter as HttpLogs } from '@opentelemetry/exporter-logs-otlp-http';
import { OTLPMetricExporter as GrpcMetrics } from '@opentelemetry/exporter-metrics-otlp-grpc';
import { OTLPMetricExporter as JsonMetrics } from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPMetricExporter as ProtoMetrics } from '@opentelemetry/exporter-metrics-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchLogRecordProcessor, LoggerProvider, type LogRecordExporter } from '@opentelemetry/sdk-logs';
import {
  AggregationTemporality,
  AggregationType,
  MeterProvider,
  PeriodicExportingMetricReader,
  type PushMetricExporter,
} from '@opentelemetry/sdk-metrics';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { LogPage } from '../../../core/ports/log-store.ts';
import type { PrometheusAnswer, Vector } from '../../support/core/answers.ts';
import { TestCore } from '../../support/core/core.ts';
import { until } from '../../support/until.ts';

/** An OpenTelemetry SDK as everybody has it, over each of its transports. */
let core: TestCore;

beforeAll(async () => {
  core = await (await TestCore.make()).start({ push: { grpc: '127.0.0.1:0' } });
});
afterAll(() => core.remove());

async function values(query: string): Promise<Record<string, string>> {
  const { data } = await core.get<PrometheusAnswer<Vector>>('/api/v1/query', { query });
  return Object.fromEntries(data.result.map(({ metric, value }) => [JSON.stringify(metric), value[1]]));
}

async function value(query: string): Promise<string | undefined> {
  return Object.values(await values(query))[0];
}

const resource = (instance: string) =>
  resourceFromAttributes({
    'service.name': 'shop',
    'service.namespace': 'eu',
    'service.instance.id': instance,
    'deployment.environment.name': 'test',
    'host.name': `host-${instance}`,
  });

/** One export of one of each instrument. */
async function exportMetrics(exporter: PushMetricExporter, instance: string): Promise<void> {
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  const provider = new MeterProvider({
    resource: resource(instance),
    readers: [reader],
    views: [
      {
        instrumentName: 'payload.size',
        aggregation: { type: AggregationType.EXPONENTIAL_HISTOGRAM, options: { maxSize: 160 } },
      },
    ],
  });
  const meter = provider.getMeter('checkout', '1.2.0');
  const orders = meter.createCounter('orders', { unit: '{order}' });
  orders.add(3, { 'payment.method': 'card' });
  meter.createUpDownCounter('queue.length').add(-2);
  meter.createGauge('cpu.utilization', { unit: '1' }).record(0.25);
  const latency = meter.createHistogram('http.server.duration', {
    unit: 's',
    advice: { explicitBucketBoundaries: [0.1, 1] },
  });
  for (const seconds of [0.05, 0.5, 5]) latency.record(seconds);
  const size = meter.createHistogram('payload.size', { unit: 'By' });
  for (const bytes of [1, 2, 3, 1000]) size.record(bytes);
  await provider.forceFlush();
  orders.add(4, { 'payment.method': 'card' });
  await provider.forceFlush();
  await provider.shutdown();
}

const base = () => core.url('/').origin;
const transports: Record<string, (temporalityPreference: AggregationTemporality) => PushMetricExporter> = {
  'HTTP, JSON': (temporalityPreference) => new JsonMetrics({ url: `${base()}/v1/metrics`, temporalityPreference }),
  'HTTP, protobuf': (temporalityPreference) => new ProtoMetrics({ url: `${base()}/v1/metrics`, temporalityPreference }),
  gRPC: (temporalityPreference) =>
    new GrpcMetrics({
      url: `http://127.0.0.1:${core.push.grpcPort}`,
      credentials: credentials.createInsecure(),
      metadata: new Metadata(),
      temporalityPreference,
    }),
};

describe.each(Object.entries(transports))('metrics over %s', (name, transport) => {
  test('cumulative: names, labels and buckets as OpenTelemetry wants them in Prometheus', async () => {
    const instance = `${name} cumulative`;
    await exportMetrics(transport(AggregationTemporality.CUMULATIVE), instance);
    const at = `{instance="${instance}"}`;
    expect(await values(`orders_total${at}`)).toEqual({
      [JSON.stringify({
        __name__: 'orders_total',
        instance,
        job: 'eu/shop',
        otel_scope_name: 'checkout',
        otel_scope_version: '1.2.0',
        payment_method: 'card',
      })]: '7',
    });
    expect(await value(`queue_length${at}`)).toBe('-2');
    expect(await value(`cpu_utilization_ratio${at}`)).toBe('0.25');
    const buckets = await values(`sum by (le) (http_server_duration_seconds_bucket${at})`);
    expect(buckets).toEqual({ '{"le":"0.1"}': '1', '{"le":"1"}': '2', '{"le":"+Inf"}': '3' });
    expect(await value(`http_server_duration_seconds_sum${at}`)).toBe('5.55');
    expect(await value(`http_server_duration_seconds_count${at}`)).toBe('3');
    expect(await value(`target_info${at}`)).toBe('1');
    expect(Object.keys(await values(`target_info${at}`))[0]).toContain('"deployment_environment_name":"test"');
  });

  test('exponential histograms become classic buckets', async () => {
    const at = `{instance="${name} cumulative"}`;
    expect(await value(`payload_size_bytes_count${at}`)).toBe('4');
    expect(await value(`payload_size_bytes_bucket{instance="${name} cumulative",le="+Inf"}`)).toBe('4');
    const buckets = await values(`sum by (le) (payload_size_bytes_bucket${at})`);
    // 1 is the upper bound of its bucket, 2 of another; 1000 lies in (861, 1024].
    expect(buckets['{"le":"1"}']).toBe('1');
    expect(buckets['{"le":"2"}']).toBe('2');
    expect(buckets['{"le":"4"}']).toBe('3');
    expect(buckets['{"le":"512"}']).toBe('3');
    expect(buckets['{"le":"1024"}']).toBe('4');
  });

  test('deltas are summed up here, under this gateway', async () => {
    const instance = `${name} delta`;
    await exportMetrics(transport(AggregationTemporality.DELTA), instance);
    const at = `{instance="${instance}",gateway="core-1"}`;
    expect(await value(`orders_total${at}`)).toBe('7');
    expect(await value(`http_server_duration_seconds_count${at}`)).toBe('3');
    expect(await value(`payload_size_bytes_count${at}`)).toBe('4');
    const buckets = await values(`sum by (le) (payload_size_bytes_bucket${at})`);
    expect(buckets['{"le":"4"}']).toBe('3');
  });
});

const logTransports: Record<string, () => LogRecordExporter> = {
  'HTTP, JSON': () => new HttpLogs({ url: `${base()}/v1/logs` }),
  gRPC: () =>
    new GrpcLogs({ url: `http://127.0.0.1:${core.push.grpcPort}`, credentials: credentials.createInsecure() }),
};

describe.each(Object.entries(logTransports))('logs over %s', (name, transport) => {
  test('level, service, host, fields; and secrets are covered', async () => {
    const instance = name.replace(/\W+/g, '-');
    const provider = new LoggerProvider({
      resource: resource(instance),
      processors: [new BatchLogRecordProcessor({ exporter: transport() })],
    });
    const logger = provider.getLogger('checkout');
    logger.emit({
      severityNumber: 17,
      severityText: 'ERROR',
      body: 'card 4111 1111 1111 1111 was declined',
      attributes: { 'order.id': 17, customer: '5555555555554444' },
    });
    logger.emit({ severityNumber: 5, body: { step: 'retry', attempt: 2 } });
    await provider.forceFlush();
    await provider.shutdown();
    const lines = async () => (await core.get<LogPage>('/api/v1/logs', { host: `host-${instance}` })).lines;
    await until('both lines are searchable', async () => (await lines()).length === 2);
    const found = await lines();
    const error = found.find((line) => line['log.level'] === 'error')!;
    expect(error.message).toBe('card **** **** **** **** was declined');
    expect(error['service.name']).toBe('shop');
    expect(error.fields).toMatchObject({ 'order.id': '17', customer: '****************', 'log.logger': 'checkout' });
    expect(found.find((line) => line['log.level'] === 'debug')!.message).toBe('{"step":"retry","attempt":2}');
  });
});
