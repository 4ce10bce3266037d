import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { startCollector } from '../../../collector/node/start.ts';
import { createStation, quietHost } from '../../support/collector.ts';
import { until } from '../../support/until.ts';

/** A whole collector in the heap of this process: what is too much is refused, and it is there afterwards. Tells in one line of JSON what became of it. */
const station = await createStation();
const directory = mkdtempSync(join(tmpdir(), 'small-heap-'));
const unix = { path: join(directory, 's.sock') };
const config = station.config({
  ...{ port: 1, interval: '1h', closeWait: '0s' },
  applications: { otlp: { listen: '127.0.0.1:0' }, statsd: { unix, interval: '300ms' } },
});
const running = await startCollector(config, { host: quietHost(), sources: [] });

const post = (path: string, body: Buffer) =>
  new Promise<number>((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' };
    const at = { host: '127.0.0.1', port: running.applications.otlpPort!, path, method: 'POST', headers, agent: false };
    const asked = request(at, (answer) => answer.resume().on('end', () => resolve(answer.statusCode!)));
    asked.on('error', reject);
    asked.end(body);
  });
/** JSON of so many bytes out of many small records, packed to almost nothing; made outside of the heap. */
const bomb = (bytes: number) => {
  const record = '{"body":{"stringValue":"x"},"attributes":[{"key":"a","value":{"intValue":1}}]},';
  const records = Buffer.alloc(Math.floor(bytes / record.length) * record.length, record).subarray(0, -1);
  const [head, tail] = ['{"resourceLogs":[{"scopeLogs":[{"logRecords":[', ']}]}]}'].map((text) => Buffer.from(text));
  return gzipSync(Buffer.concat([head!, records, tail!]));
};
const statuses: number[] = [];
for (const mib of [15.9, 8, 4, 2, 1, 0.9, 0.5]) statuses.push(await post('/v1/logs', bomb(mib * 2 ** 20)));
const lists = gzipSync(
  Buffer.concat([Buffer.from('{"resourceLogs":['), Buffer.alloc(900_000, '[],'), Buffer.from('[]]}')]),
);
statuses.push(...(await Promise.all(Array.from({ length: 10 }, () => post('/v1/logs', lists)))));

const jobs = running.collector.pushed.jobs;
const client = connect(unix.path);
for (let i = 0; i < 5000; i++) {
  const tags = ['a', 'b', 'c', 'd'].map((key) => `${key}:${i}`.padEnd(470, key)).join(',');
  if (!client.write(`m${i}:1|ms|#${tags}\n`)) await new Promise((resolve) => client.once('drain', resolve));
}
client.end();
await until('rows of it', () => (jobs.get('statsd')?.taken ?? 0) > 1000);
const last = await post('/v1/logs', bomb(1000));
await running.close();
station.remove();
rmSync(directory, { recursive: true });
console.log(JSON.stringify({ statuses, last, series: running.collector.pushed.series }));
