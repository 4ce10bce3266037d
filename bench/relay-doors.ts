import { freePort } from '../test/support/free-port.ts';
import { httpSender, LINE_REQUESTS, LINES, LOG_LOADS, type Load, METRIC_LOADS, SERIES, WARM_UP } from './doors.ts';
import { vmagentFigures } from './peers/vmagent.ts';
import { cpuSecondsOf } from './process/figures.ts';
import { forwarded } from './relay/forwarded.ts';
import { answer, start } from './relay/processes.ts';
import { openStation } from './relay/station.ts';
import type { BenchResult } from './result.ts';

/** More than of the core's doors: a sample costs less here, and Linux counts in hundredths of a second. */
const REQUESTS = 200;

/** The doors that a relay has, of those that a core has. */
const isOfRelay = ({ path, grpc }: Load) => !grpc && path !== '/v1/ingest';

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
  const station = await openStation(1);
  const port = await freePort();
  const doors = { http: { listen: `127.0.0.1:${port}` }, limits: { requestsPerSecond: 1e6, burst: 1e6 } };
  const relay = start('relay.ts', [JSON.stringify({ ...station.config, doors })]);
  const { http } = await answer<{ http: number }>(relay);
  try {
    const send = httpSender(`http://127.0.0.1:${port}`, load);
    for (const body of bodies.splice(0, WARM_UP)) await send(body);
    await forwarded(http);
    const before = cpuSecondsOf(relay.pid!);
    let next = 0;
    await Promise.all(
      Array.from({ length: 4 }, async () => {
        while (next < bodies.length) await send(bodies[next++]!);
      }),
    );
    await forwarded(http);
    return cpuSecondsOf(relay.pid!) - before;
  } finally {
    relay.send({ stop: true });
    await new Promise((resolve) => relay.once('exit', resolve));
    station.close();
  }
}
