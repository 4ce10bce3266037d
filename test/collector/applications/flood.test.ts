import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeCollectorConfig } from '../../../bench/collector/config-file.ts';
import { floodStatsd } from '../../../bench/collector-doors/flood.ts';
import { Daemon } from '../../../bench/peers/daemon.ts';
import { bundleCollector } from '../../../collector/node/bundle.ts';
import { nodeFlags, SMALL_ENVIRONMENT } from '../../../collector/node/small-process.ts';
import { startBroker, type TestBroker } from '../../support/broker.ts';
import { createStation, decodeReceived, type Station } from '../../support/collector.ts';
import { freePort } from '../../support/free-port.ts';
import { until } from '../../support/until.ts';

/** The heap of the smallest profile that has doors for applications. */
const HEAP_MIB = 32;
const CLIENTS = 24;
const RECORDS = 1500;
const INTERVAL_MS = 500;

let folder: string;
let station: Station;
let broker: TestBroker;
let daemon: Daemon;
let otlpPort: number;
let statsdPort: number;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'heliograph-flood-'));
  station = await createStation();
  broker = await startBroker(station.relay);
  const { main } = await bundleCollector(join(folder, 'bundle'));
  [otlpPort, statsdPort] = [await freePort(), await freePort()];
  const own = join(folder, 'own');
  mkdirSync(own);
  const config = writeCollectorConfig(own, broker.port, station.host, {
    interval: `${INTERVAL_MS}ms`,
    // Where the machine is quick the share of CPU would be used up, and lines be shed and counted for that: here it is the memory that is looked at.
    caps: { cpu: '400%' },
    applications: {
      otlp: { listen: `127.0.0.1:${otlpPort}` },
      statsd: { udp: `127.0.0.1:${statsdPort}`, interval: '1s' },
      ingest: { path: join(folder, 'i.sock') },
    },
  });
  daemon = new Daemon(process.execPath, [...nodeFlags(HEAP_MIB, false), main, config], SMALL_ENVIRONMENT);
  await daemon.listens(otlpPort);
}, 120_000);
afterAll(async () => {
  await daemon?.stop();
  await broker?.close();
  station?.remove();
  rmSync(folder, { recursive: true, force: true });
});

interface Answer {
  readonly status: number;
  readonly retryAfter: string | undefined;
}

function ask(at: object, path: string, body: Uint8Array, headers: Record<string, string> = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const all = { 'content-type': 'application/json', ...headers };
    const asked = request({ ...at, path, method: 'POST', agent: false, headers: all }, (answer) =>
      answer
        .resume()
        .on('end', () => resolve({ status: answer.statusCode!, retryAfter: answer.headers['retry-after'] }))
        .on('error', reject),
    );
    asked.on('error', reject);
    asked.end(body);
  });
}

const otlp = (path: string, body: Uint8Array, headers = {}) =>
  ask({ host: '127.0.0.1', port: otlpPort }, path, body, headers);

/** Lines of a name of their own, some 150 KB. */
function lines(name: string): Buffer {
  const logRecords = Array.from({ length: RECORDS }, (_, i) => ({
    timeUnixNano: `${Date.now()}000000`,
    severityNumber: 9,
    body: { stringValue: `${name} line ${i}` },
    attributes: [{ key: 'user', value: { stringValue: `user-${i}` } }],
  }));
  return Buffer.from(JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords }] }] }));
}

const received = () => decodeReceived(broker.received).frames;
/** At which the host itself was looked at. */
function instants(): Set<number> {
  const { frames, series } = decodeReceived(broker.received);
  const times = new Set<number>();
  for (const frame of frames) {
    if (frame.kind !== 'metrics') continue;
    for (const { page, times: own } of frame.sections) {
      if (series(page).some(({ name }) => name.startsWith('node_'))) for (const time of own) times.add(time);
    }
  }
  return times;
}

describe(`a collector with a heap of ${HEAP_MIB} MiB`, () => {
  it('lives through a flood, refuses what is too much as what may come again, and delivers all that it acknowledged', async () => {
    const acknowledged: string[] = [];
    const statuses = new Map<number, number>();
    const before = instants().size;
    const statsd = floodStatsd(statsdPort, performance.now() + 8_000);
    const clients = Array.from({ length: CLIENTS }, async (_, client) => {
      for (let i = 0; i < 4; i++) {
        const name = `c${client}-${i}`;
        const body = lines(name);
        const isPacked = client % 2 === 0;
        const headers = isPacked ? { 'content-encoding': 'gzip' } : {};
        const { status, retryAfter } = await otlp('/v1/logs', isPacked ? gzipSync(body) : body, headers);
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
        if (status === 200) acknowledged.push(name);
        else expect(Number(retryAfter)).toBeGreaterThan(0);
      }
    });
    await Promise.all(clients);
    expect(await statsd).toBeGreaterThan(0);
    daemon.check();
    expect([...statuses.keys()].filter((status) => ![200, 429, 503].includes(status))).toEqual([]);
    expect(statuses.get(503)).toBeGreaterThan(0);
    expect(acknowledged.length).toBeGreaterThan(0);
    // The host's own samples went on meanwhile.
    expect(instants().size).toBeGreaterThan(before + 3);
    const wanted = acknowledged.length * RECORDS;
    const counts = () => {
      const found = new Map<string, Set<string>>();
      for (const frame of received()) {
        if (frame.kind !== 'logs') continue;
        for (const { message } of frame.lines) {
          const name = String(message).split(' ')[0]!;
          found.set(name, (found.get(name) ?? new Set()).add(String(message)));
        }
      }
      return acknowledged.reduce((sum, name) => sum + (found.get(name)?.size ?? 0), 0);
    };
    // Seldom: to decode all that came keeps the broker, which is of this process, from taking more.
    await until('all lines that were acknowledged', () => counts() === wanted, { withinMs: 60_000, everyMs: 2_000 });
  }, 240_000);

  it('refuses hostile bodies, many at once, and goes on', async () => {
    const nested = Buffer.from(`{"resourceLogs":${'['.repeat(400_000)}${']'.repeat(400_000)}}`);
    const bomb = gzipSync(Buffer.alloc(200_000_000, '[]'), { level: 9 });
    const attributes = Array.from({ length: 12_000 }, (_, i) => `{"key":"a${i}","value":{"intValue":"${i}"}}`).join();
    const point = `{"timeUnixNano":"${Date.now()}000000","asInt":"1","attributes":[${attributes}]}`;
    const labels = Buffer.from(
      `{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"m","gauge":{"dataPoints":[${point}]}}]}]}]}`,
    );
    // Lengths that lead nowhere, and a million messages of nothing.
    const torn = Buffer.concat([Buffer.from([0x0a, 0xff, 0xff, 0x3f]), Buffer.alloc(300_000, 0x12)]);
    const empty = Buffer.alloc(1_000_000, Buffer.from([0x0a, 0x00]));
    const protobuf = { 'content-type': 'application/x-protobuf' };
    const bodies: [string, Buffer, Record<string, string>, number[]][] = [
      ['/v1/logs', nested, {}, [400]],
      ['/v1/logs', bomb, { 'content-encoding': 'gzip' }, [413]],
      ['/v1/metrics', labels, {}, [200, 413]],
      ['/v1/metrics', torn, protobuf, [400]],
      ['/v1/metrics', empty, protobuf, [413]],
      ['/v1/logs', empty, protobuf, [413]],
    ];
    for (const [path, body, headers, wanted] of bodies) {
      const statuses = await Promise.all(
        Array.from({ length: 8 }, async () => (await otlp(path, body, headers)).status),
      );
      expect(statuses.filter((status) => ![...wanted, 503].includes(status))).toEqual([]);
      await until('one of them is looked at', async () => wanted.includes((await otlp(path, body, headers)).status));
    }
    const ingest = { socketPath: join(folder, 'i.sock') };
    const many = Buffer.from(`{"metrics":[${'{"name":"a","value":1},'.repeat(40_000)}{"name":"b","value":1}]}`);
    expect([413, 503]).toContain((await ask(ingest, '/v1/ingest', many)).status);
    daemon.check();
    await until('it takes what is small', async () => (await otlp('/v1/logs', lines('after'))).status === 200);
  }, 240_000);
});
