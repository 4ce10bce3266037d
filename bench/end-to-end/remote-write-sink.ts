/**
 * A remote-write server in a process of its own that counts what comes and keeps nothing. It says of itself what VictoriaMetrics says, so that
 * the core takes it for one that is well set up: what is before it shows its own ceiling then. An argument names the only encoding that it takes. Tells its port to its parent; its counts are on
 * /metrics.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { zstdDecompress } from 'node:zlib';
import { uncompress } from 'snappy';
import { StrictReader } from '../../lib/ingest/protobuf.ts';

/** The encoding that it takes, where it does not take both. */
const ONLY = process.argv[2];
const unzstd = promisify(zstdDecompress);
const started = Math.floor(Date.now() / 1000);
const counted = { requests: 0, samples: 0, bytes: 0 };
/** WriteRequest.timeseries and TimeSeries.samples, both length-delimited fields: tags of prometheus/prompb. */
const SERIES_TAG = 10;
const SAMPLE_TAG = 18;

function samplesIn(body: Uint8Array): number {
  const reader = new StrictReader(body);
  let samples = 0;
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if (tag !== SERIES_TAG) {
      reader.skipType(tag & 7);
      continue;
    }
    const end = reader.end();
    while (reader.pos < end) {
      const inner = reader.uint32();
      if (inner === SAMPLE_TAG) samples++;
      reader.skipType(inner & 7);
    }
  }
  return samples;
}

function metricsPage(): string {
  return [
    'flag{name="dedup.minScrapeInterval",value="1ms",is_set="true"} 1',
    'flag{name="retentionPeriod",value="100y",is_set="true"} 1',
    'flag{name="inmemoryDataFlushInterval",value="5s",is_set="false"} 1',
    'flag{name="search.latencyOffset",value="0s",is_set="true"} 1',
    'flag{name="maxLabelsPerTimeseries",value="40",is_set="false"} 1',
    'vm_app_version{version="a sink of the benchmark"} 1',
    `vm_app_uptime_seconds ${Math.floor(Date.now() / 1000) - started}`,
    `process_start_time_seconds ${started}`,
    `sink_requests_total ${counted.requests}`,
    `vm_rows_inserted_total{type="promremotewrite"} ${counted.samples}`,
    `sink_bytes_total ${counted.bytes}`,
    '',
  ].join('\n');
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  const body = Buffer.concat(parts);
  const { pathname } = new URL(request.url!, 'http://sink');
  if (pathname === '/metrics') response.end(metricsPage());
  else if (pathname === '/api/v1/query') {
    response.setHeader('content-type', 'application/json');
    response.end('{"status":"success","data":{"resultType":"scalar","result":[0,"1"]}}');
  } else if (request.method === 'POST' && pathname === '/api/v1/write') {
    const encoding = request.headers['content-encoding'];
    if (ONLY !== undefined && encoding !== ONLY) throw new TypeError(`${encoding}: only ${ONLY} is taken`);
    const zstd = encoding === 'zstd';
    const plain = zstd ? await unzstd(body) : ((await uncompress(body)) as Buffer);
    counted.requests++;
    counted.samples += samplesIn(plain);
    counted.bytes += body.length;
    response.writeHead(204).end();
  } else response.writeHead(404).end();
}

const server = createServer((request, response) => {
  answer(request, response).catch((error: unknown) => response.writeHead(400).end(String(error)));
});
server.listen(0, '127.0.0.1', () => process.send!({ port: (server.address() as AddressInfo).port }));
process.on('disconnect', () => process.exit(0));
