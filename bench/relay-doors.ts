import { freePort } from '../test/support/free-port.ts';
import { deviceCpu, MESSAGES, NUMBERS } from './doors/devices.ts';
import {
  grpcSender,
  httpSender,
  LINE_REQUESTS,
  LINES,
  LOG_LOADS,
  type Load,
  METRIC_LOADS,
  SERIES,
  WARM_UP,
} from './doors/loads.ts';
import { cpuOfDoors } from './doors/relay-cpu.ts';
import { vmagentFigures, vmagentOfLoad } from './peers/vmagent.ts';
import type { BenchResult } from './result.ts';

/** More than of the core's doors: a sample costs less here, and Linux counts in hundredths of a second. */
const REQUESTS = 200;

/** The doors that a relay has, of those that a core has. */
const isOfRelay = ({ path }: Load) => path !== '/v1/ingest';

/**
 * Each door of a relay in a process of its own, before a core that acknowledges everything: journal with fsync, blocks and gRPC included. Requests as
 * the bench of the core's doors sends them, four under way. Beside them vmagent, where it is installed.
 */
export async function run(): Promise<BenchResult[]> {
  const results: BenchResult[] = [];
  for (const load of METRIC_LOADS.filter(isOfRelay)) {
    const cpu = await drive(load, REQUESTS);
    results.push({
      name: `${load.name}, ${SERIES} series a request`,
      value: (cpu / (SERIES * REQUESTS)) * 1e6,
      unit: 'CPU s per million samples',
      note: 'the whole relay, journal and forwarding included',
    });
  }
  const peer = await vmagentFigures(1, SERIES, 1, SERIES * REQUESTS);
  if (peer !== null) {
    const note = 'remote write 1.0 (snappy) of as many series a request, no journal on disk';
    results.push({ name: 'vmagent', value: peer.cpu, unit: 'CPU s per million samples', note });
  }
  const influx = METRIC_LOADS.find(({ name }) => name.startsWith('InfluxDB'))!;
  const other = await vmagentOfLoad(influx, SERIES, REQUESTS);
  if (other !== null) {
    const note = 'the same requests as the relay got, no journal on disk';
    results.push({
      name: 'vmagent, InfluxDB line protocol (gzip)',
      value: other.cpu,
      unit: 'CPU s per million samples',
      note,
    });
  }
  results.push({
    name: `JSON over MQTT, ${NUMBERS} numbers a message, QoS 1`,
    value: ((await deviceCpu()) / (MESSAGES * NUMBERS)) * 1e6,
    unit: 'CPU s per million samples',
    note: 'the whole relay, each message acknowledged when it is durable; one connection with 500 messages under way',
  });
  for (const load of LOG_LOADS.filter(isOfRelay)) {
    const cpu = await drive(load, LINE_REQUESTS);
    results.push({
      name: `${load.name}, ${LINES} lines a request`,
      value: (cpu / (LINES * LINE_REQUESTS)) * 1e6,
      unit: 'CPU s per million lines',
      note: 'the whole relay, masking, journal and forwarding included',
    });
  }
  return results;
}

/** CPU s of the relay for `requests` requests, from the first to the last frame's acknowledgement by the core. */
async function drive(load: Load, requests: number): Promise<number> {
  const bodies = Array.from({ length: WARM_UP + requests }, (_, i) => load.body(i));
  const listen = `127.0.0.1:${await freePort()}`;
  return cpuOfDoors(load.grpc ? { grpc: { listen } } : { http: { listen } }, async (measured) => {
    const send = load.grpc ? grpcSender(listen, load.path) : httpSender(`http://${listen}`, load);
    for (const body of bodies.splice(0, WARM_UP)) await send(body);
    await measured(async () => {
      let next = 0;
      await Promise.all(
        Array.from({ length: 4 }, async () => {
          while (next < bodies.length) await send(bodies[next++]!);
        }),
      );
    });
  });
}
