import { createSocket } from 'node:dgram';
import { Agent, request } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';

/** What a flooded collector answered. */
export interface Flooded {
  /** Requests of OTLP by status; 0: no answer. */
  readonly statuses: Readonly<Record<number, number>>;
  /** Lines of StatsD that were sent. */
  readonly statsdLines: number;
}

/** Requests at once. */
const CONNECTIONS = 16;
const DATAGRAM_LINES = 40;
/** A pause of the sender, so that both floods have a turn on a machine of few cores. */
const DATAGRAMS_A_TURN = 50;

/** Sends OTLP and StatsD at once for so long, as fast as they are taken: ever new series, large and small bodies, packed and not. */
export async function flood(otlpPort: number, statsdPort: number, ms: number): Promise<Flooded> {
  const until = performance.now() + ms;
  const statuses: Record<number, number> = {};
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  let number = 0;
  const clients = Array.from({ length: CONNECTIONS }, async () => {
    while (performance.now() < until) {
      const i = number++;
      const status = await post(agent, otlpPort, i % 2 === 0 ? '/v1/metrics' : '/v1/logs', bodyOf(i));
      statuses[status] = (statuses[status] ?? 0) + 1;
      // As a client that is told to wait: a little.
      if (status !== 200) await wait(5);
    }
  });
  const statsd = floodStatsd(statsdPort, until);
  await Promise.all(clients);
  agent.destroy();
  return { statuses, statsdLines: await statsd };
}

/** Ever new series, as fast as they are sent. @param until on the clock of performance.now() @returns lines that were sent */
export async function floodStatsd(port: number, until: number): Promise<number> {
  const socket = createSocket('udp4');
  let lines = 0;
  while (performance.now() < until) {
    for (let datagram = 0; datagram < DATAGRAMS_A_TURN; datagram++) {
      let text = '';
      for (let i = 0; i < DATAGRAM_LINES; i++) {
        const type = ['c', 'ms', 'g', 's'][i % 4];
        text += `app.metric_${lines % 50_000}:${lines}|${type}|#tag:${lines % 977},path:/a/${lines % 101}\n`;
        lines++;
      }
      socket.send(text, port, '127.0.0.1');
    }
    await wait(1);
  }
  socket.close();
  return lines;
}

/** One request. @returns its status; 0 when the connection broke */
export function post(agent: Agent | false, port: number, path: string, body: Body): Promise<number> {
  return new Promise((resolve) => {
    const headers = { 'content-type': 'application/json', ...(body.packed ? { 'content-encoding': 'gzip' } : {}) };
    const asked = request({ host: '127.0.0.1', port, path, method: 'POST', headers, agent }, (answer) =>
      answer
        .resume()
        .on('end', () => resolve(answer.statusCode!))
        .on('error', () => resolve(0)),
    );
    asked.on('error', () => resolve(0));
    asked.end(body.bytes);
  });
}

interface Body {
  readonly bytes: Buffer;
  readonly packed: boolean;
}

const SIZES = [10, 100, 1_000, 5_000];
const kept = new Map<string, Body>();

/** The body of a request: of metrics for even numbers, of lines for odd ones. Made once for each of a few. */
export function bodyOf(i: number): Body {
  const size = SIZES[(i >> 1) % SIZES.length]!;
  const packed = (i >> 3) % 2 === 0;
  const variant = (i >> 4) % 8;
  const key = `${i % 2} ${size} ${packed} ${variant}`;
  let body = kept.get(key);
  if (body === undefined) {
    const text = Buffer.from(JSON.stringify(i % 2 === 0 ? metrics(size, variant) : logs(size)));
    body = { bytes: packed ? gzipSync(text) : text, packed };
    kept.set(key, body);
  }
  return body;
}

function metrics(count: number, variant: number) {
  const time = `${Date.now()}000000`;
  const points = Array.from({ length: count }, (_, i) => ({
    asInt: String(i),
    timeUnixNano: time,
    attributes: [{ key: 'path', value: { stringValue: `/api/${variant}/${i}` } }],
  }));
  return {
    resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name: 'app_requests', gauge: { dataPoints: points } }] }] }],
  };
}

function logs(count: number) {
  const time = `${Date.now()}000000`;
  const logRecords = Array.from({ length: count }, (_, i) => ({
    timeUnixNano: time,
    severityNumber: i % 100 === 0 ? 17 : 9,
    body: { stringValue: `request ${i} of the flood was answered in ${i % 97} ms` },
    attributes: [{ key: 'user', value: { stringValue: `user-${i}` } }],
  }));
  return { resourceLogs: [{ scopeLogs: [{ logRecords }] }] };
}
