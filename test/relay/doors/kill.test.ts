import { Client, credentials, status } from '@grpc/grpc-js';
import type { MqttClient } from 'mqtt';
import { afterEach, expect, test } from 'vitest';
import type { LogPage } from '../../../core/ports/log-store.ts';
import type { Matrix, PrometheusAnswer } from '../../support/core/answers.ts';
import { freePort } from '../../support/free-port.ts';
import { until } from '../../support/until.ts';
import { connectDevice, TOPICS } from './devices.ts';
import { KilledRelay, sendUntilTaken } from './killed-relay.ts';
import { metricsRequest } from './otlp-request.ts';
import { post, writeRequest } from './prometheus.ts';

let relay: KilledRelay;
let client: Client;
let device: MqttClient;
afterEach(async () => {
  device?.end(true);
  client?.close();
  await relay?.close();
});

const EXPORT = '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export';
const SENDERS = 4;
const ROUNDS = 60;

/** As a Prometheus does it: the same request until it was answered for. */
async function postUntilTaken(
  port: number,
  path: string,
  body: Uint8Array | object,
  headers: Record<string, string> = {},
): Promise<void> {
  await sendUntilTaken(async () => {
    const answered = await post(port, path, body, headers).then(
      (answer) => answer.status,
      () => 0,
    );
    if (answered >= 200 && answered < 300) return true;
    expect([0, 429, 503]).toContain(answered);
    return false;
  });
}

test('kill -9 of the relay, twice, and a core that is away between: what was answered for is stored, samples and lines with a key once', async () => {
  const [door, grpc, mqtt] = [await freePort(), await freePort(), await freePort()];
  relay = await KilledRelay.open({
    http: { listen: `127.0.0.1:${door}` },
    grpc: { listen: `127.0.0.1:${grpc}` },
    mqttJson: { listen: `127.0.0.1:${mqtt}`, topics: TOPICS },
  });
  // It sends again by itself what was not acknowledged when the connection ended, as clients of MQTT do.
  device = await connectDevice(mqtt, {}, { reconnectPeriod: 100 });
  device.on('error', () => undefined);
  client = new Client(`127.0.0.1:${grpc}`, credentials.createInsecure(), { 'grpc.max_reconnect_backoff_ms': 500 });
  const begin = Date.now() - ROUNDS * 1000;
  let done = 0;
  const sent = Array.from({ length: SENDERS }, async (_, sender) => {
    for (let i = 0; i < ROUNDS; i++) {
      const series = { labels: { __name__: 'sent', sender: `${sender}` }, samples: [[begin + i * 1000, i]] as const };
      const point = Buffer.from(`line,sender=${sender} sent=${i}i ${begin + i * 1000}`);
      const points = metricsRequest([[`by_grpc_${sender}`, begin + i * 1000, i]]);
      const reading = JSON.stringify({ ts: begin + i * 1000, reading: i });
      const record = { timeUnixNano: `${begin + i * 1000}000000`, body: { stringValue: `line ${sender}-${i}.` } };
      await Promise.all([
        postUntilTaken(door, '/api/v1/write', writeRequest([series])),
        postUntilTaken(door, '/api/v2/write?precision=ms', point, { 'content-type': 'text/plain' }),
        sendUntilTaken(() => exported(points)),
        device.publishAsync(`site/s/${sender}/telemetry`, reading, { qos: 1 }),
        postUntilTaken(
          door,
          '/v1/logs',
          { resourceLogs: [{ scopeLogs: [{ logRecords: [record] }] }] },
          { 'idempotency-key': `${sender}-${i}` },
        ),
      ]);
      done++;
    }
  });
  await relay.killTwice(() => done, SENDERS * 8);
  await Promise.all(sent);
  // Which bytes a key stands for is known from before the kills.
  const other = await post(door, '/v1/logs', { resourceLogs: [] }, { 'idempotency-key': '0-0' });
  expect([other.status, await other.text()]).toEqual([400, expect.stringContaining('HG_DOOR_KEY')]);
  await relay.arrive(async () => {
    for (const name of ['sent', 'line_sent', '{__name__=~"by_grpc_.*"}', 'plant_reading'])
      await until(`every sample of ${name}`, () => everySample(name));
    await until('every line', async () => {
      const { lines } = await relay.core.get<LogPage>('/api/v1/logs', { host: 'local', limit: '1000' });
      const different = new Set(lines.map(({ message }) => message)).size;
      expect(lines.length).toBe(different);
      return different === SENDERS * ROUNDS;
    });
  });
});

/** Whether an export over gRPC was taken. */
function exported(request: Uint8Array): Promise<boolean> {
  const asIs = (bytes: Buffer) => bytes;
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(EXPORT, asIs, asIs, Buffer.from(request), (error, answer) => {
      if (error === null && answer?.length === 0) resolve(true);
      else if (error?.code === status.UNAVAILABLE) resolve(false);
      else reject(error ?? new Error(`refused: ${answer}`));
    });
  });
}

async function everySample(name: string): Promise<boolean> {
  const query = `${name}[${ROUNDS + 600}s]`;
  const { data } = await relay.core.get<PrometheusAnswer<Matrix>>('/api/v1/query', { query });
  const all = Array.from({ length: ROUNDS }, (_, i) => `${i}`);
  return (
    data.result.length === SENDERS && data.result.every(({ values }) => `${values.map(([, v]) => v)}` === `${all}`)
  );
}
