import { request } from 'node:http';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type RunningCollector, startCollector } from '../../../collector/node/start.ts';
import { HeliographError } from '../../../lib/errors.ts';
import { imbalance } from '../../../lib/ledger.ts';
import { encodeDesired } from '../../../proto/desired.ts';
import type { TestBroker } from '../../support/broker.ts';
import { decodeReceived, quietHost, type Station, until } from '../../support/collector.ts';
import { stationAndBroker } from '../../support/station-and-broker.ts';

let station: Station;
let broker: TestBroker;
let running: RunningCollector;

stationAndBroker((...opened) => {
  [station, broker] = opened;
});
beforeEach(async () => {
  const config = station.config({
    ...{ port: broker.port, interval: '1h' },
    applications: { otlp: { listen: '127.0.0.1:0' }, ingest: { path: join(station.directory, 'i.sock') } },
    relabelLogs: [
      { source_labels: ['message'], regex: '.*health check.*', action: 'drop' },
      { source_labels: ['service.name'], regex: 'shop-(.*)', target_label: 'service.name', replacement: 'store-$1' },
    ],
    logRoutes: [
      { name: 'otlp', file: 'otlp', levels: ['error'] },
      { name: 'noise', service: 'noisy', keep: 0.25 },
      { name: 'none', service: 'quiet', keep: 0 },
    ],
  });
  running = await startCollector(config, { host: quietHost(), sources: [] });
});
afterEach(() => running.close());

function post(at: object, path: string, body: unknown): Promise<{ status: number; body: Record<string, never> }> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json' };
    const asked = request({ ...at, path, method: 'POST', agent: false, headers }, async (answer) => {
      let text = '';
      for await (const chunk of answer) text += chunk;
      resolve({ status: answer.statusCode!, body: JSON.parse(text) });
    });
    asked.on('error', reject);
    asked.end(JSON.stringify(body));
  });
}

const ingest = (logs: readonly object[]) =>
  post({ socketPath: join(station.directory, 'i.sock') }, '/v1/ingest', { logs });
const otlp = (logRecords: readonly object[], service: string) => {
  const attributes = [{ key: 'service.name', value: { stringValue: service } }];
  const resourceLogs = [{ resource: { attributes }, scopeLogs: [{ logRecords }] }];
  return post({ host: '127.0.0.1', port: running.applications.otlpPort }, '/v1/logs', { resourceLogs });
};
const entry = (name: string) => running.collector.status('up').ledger!.entries.find((one) => one.class === name)!;
const received = () =>
  decodeReceived(broker.received).frames.flatMap((frame) => (frame.kind === 'logs' ? frame.lines : []));
const wish = (levels: Record<string, 'info' | 'warning' | 'error'>) =>
  running.collector.desired.take(encodeDesired({ levels, until: null }));

it('a rule drops and renames lines of both doors, on what is left of them once secrets are covered', async () => {
  const answer = await ingest([
    { message: 'GET /health check', service: 'shop-a' },
    { message: 'sold password=hunter2', service: 'shop-a', level: 'warn', fields: { token: 'abc', colour: 'red' } },
  ]);
  expect(answer).toMatchObject({ status: 200, body: { accepted: { lines: 2 }, rejected: [] } });
  const record = (text: string) => ({ body: { stringValue: text }, severityText: 'ERROR' });
  expect(await otlp([record('health check failed'), record('lost')], 'shop-b')).toEqual({ status: 200, body: {} });
  expect(entry('log').dropped).toEqual({ relabel: { frames: 0, items: 1 } });
  expect(entry('error').dropped).toEqual({ relabel: { frames: 0, items: 1 } });
  await until('the lines are here', () => received().length === 2);
  const [sold, lost] = [...received()].sort((a, b) => (a.service < b.service ? -1 : 1));
  expect(sold).toMatchObject({ service: 'store-a', level: 'warning', fields: { colour: 'red' } });
  expect(JSON.stringify(sold)).not.toMatch(/hunter2|abc/);
  // The name of the door stands where the rules of routes look for a file.
  expect(lost).toMatchObject({ service: 'store-b', message: 'lost', fields: { 'heliograph.route': 'otlp' } });
  for (const name of ['log', 'error']) expect(imbalance(entry(name))).toEqual({ frames: 0, items: 0 });
});

it('the level that an operator sets for a service holds for its lines, also by the name that a rule gives it', async () => {
  wish({ pay: 'error', 'store-*': 'info' });
  const lines = [
    { message: 'one', service: 'pay', level: 'info' },
    { message: 'two', service: 'pay', level: 'error' },
    { message: 'three', service: 'shop-a', level: 'debug' },
    { message: 'four', service: 'other', level: 'debug' },
    { message: 'WARN five', service: 'pay' },
  ];
  expect(await ingest(lines)).toMatchObject({ status: 200, body: { accepted: { lines: 5 } } });
  expect(entry('log').dropped).toEqual({ level: { frames: 0, items: 2 } });
  expect(entry('debug').dropped).toEqual({ level: { frames: 0, items: 1 } });
  await until('the lines are here', () => received().length === 2);
  expect(
    received()
      .map(({ message }) => message)
      .sort(),
  ).toEqual(['four', 'two']);
  wish({});
  await ingest(lines.slice(0, 1));
  await until('it is sent again', () => received().some(({ message }) => message === 'one'));
});

it('a route sends its share, with the share on each line, and the rest is in the ledger', async () => {
  const many = Array.from({ length: 2000 }, (_, i) => ({ message: `line ${i}`, service: 'noisy' }));
  expect(await ingest(many)).toMatchObject({ status: 200, body: { accepted: { lines: 2000 } } });
  const sampled = entry('log').dropped.sampled!.items;
  // Six standard deviations.
  expect(Math.abs(sampled - 1500)).toBeLessThan(6 * Math.sqrt(2000 * 0.25 * 0.75));
  await until('the share is here', () => received().length === 2000 - sampled);
  expect(received().every(({ fields }) => fields['heliograph.sample_rate'] === '0.25')).toBe(true);
  // Nothing of it is sent, and it is answered all the same.
  expect((await ingest([{ message: 'x', service: 'quiet' }])).status).toBe(200);
  expect(entry('log').dropped.sampled!.items).toBe(sampled + 1);
  expect(imbalance(entry('log'))).toEqual({ frames: 0, items: 0 });
});

it('what the caps leave out is refused line by line, so that who sends knows, and is in the ledger', async () => {
  running.collector.caps.shedding.measured('cpu', 'over');
  const answer = await ingest([
    { message: 'a', level: 'debug' },
    { message: 'b', level: 'info' },
    { message: 'c', level: 'error' },
  ]);
  expect(answer.body).toMatchObject({
    accepted: { lines: 2 },
    rejected: [{ kind: 'log', index: 0, code: 'HG_ITEM_PRESSURE' }],
  });
  expect(entry('debug').dropped).toEqual({ shed_cpu: { frames: 0, items: 1 } });
  await until('the others are here', () => received().length === 2);
});

it('a request of many lines is in the spool when it is answered', async () => {
  const text = 'x'.repeat(300);
  const lines = Array.from({ length: 5000 }, (_, i) => ({ message: `${i} ${text}`, service: 's' }));
  const bytes = await ingest(lines);
  expect(bytes).toMatchObject({ status: 200, body: { accepted: { lines: 5000 }, rejected: [] } });
  expect(entry('log').in.items).toBe(5000);
  await until('all of them are here', () => received().length === 5000);
  expect(new Set(received().map(({ message }) => message)).size).toBe(5000);
});

it('nothing is answered before the spool has the lines, and what it does not take is not taken', async () => {
  const { spool } = running.collector;
  const add = spool.add.bind(spool);
  const held: (() => void)[] = [];
  spool.add = (name, frame) => void held.push(() => add(name, frame));
  let isAnswered = false;
  const asked = ingest([{ message: 'INFO a' }, { message: 'ERROR b' }]).finally(() => {
    isAnswered = true;
  });
  await until('two frames', () => held.length === 2);
  held[0]!();
  await until('one of them is in', () => entry('error').in.items + entry('log').in.items === 1);
  expect(isAnswered).toBe(false);
  held[1]!();
  expect(await asked).toMatchObject({ status: 200, body: { accepted: { lines: 2 } } });
  spool.add = (_, frame) => frame.done(new HeliographError('HG_JOURNAL_FULL', 'no room'), 0);
  expect(await ingest([{ message: 'c' }])).toMatchObject({ status: 503, body: { code: 'HG_JOURNAL_FULL' } });
  spool.add = add;
});
