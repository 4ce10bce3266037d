// biome-ignore-all lint/suspicious/noTemplateCurlyInString: that is how Prometheus writes groups in braces
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Source } from '../../collector/core/sources/source.ts';
import type { CollectorConfigInput } from '../../collector/node/config.ts';
import { startCollector } from '../../collector/node/start.ts';
import { imbalance } from '../../lib/ledger.ts';
import type { TestBroker } from '../support/broker.ts';
import { decodeReceived, quietHost, type Station, until } from '../support/collector.ts';
import { stationAndBroker } from '../support/station-and-broker.ts';

let station: Station;
let broker: TestBroker;

stationAndBroker((...opened) => {
  [station, broker] = opened;
});

const frames = () => decodeReceived(broker.received).frames;
const lines = () => frames().flatMap((frame) => (frame.kind === 'logs' ? frame.lines : []));

/** The same six series in each collection. */
const sixSeries: Source = {
  name: 'six',
  collect({ sink, labels }) {
    sink.add('requests_total', labels('code', '200', 'pod', 'a'), 1);
    sink.add('requests_total', labels('code', '200', 'pod', 'b'), 2);
    sink.add('requests_total', labels('code', '500', 'pod', 'a'), 3);
    sink.add('debug_total', labels('pod', 'a'), 4);
    sink.add('old_name', labels('site', 'elsewhere'), 5);
    sink.add('nameless', labels(), 6);
  },
};

/** Runs a collector with these settings until `done`, and gives it back closed. */
async function run(input: Partial<CollectorConfigInput>, done: () => boolean) {
  const config = station.config({ port: broker.port, ...input });
  const running = await startCollector(config, { host: quietHost(), sources: [sixSeries] });
  await until('what is waited for', done);
  await running.close();
  return running.collector;
}

/** Values by the text of the series, of all frames; what the collector tells of itself apart. */
function samples(): { sent: Map<string, number>; own: Map<string, number> } {
  const decoded = decodeReceived(broker.received);
  const sent = new Map<string, number>();
  const own = new Map<string, number>();
  for (const frame of decoded.frames) {
    if (frame.kind !== 'metrics') continue;
    for (const { page, values } of frame.sections) {
      const { length } = decoded.series(page);
      for (const [i, value] of values.entries()) {
        const { name, labels } = decoded.series(page)[i % length]!;
        const text = `${name}{${labels.map(([label, of]) => `${label}=${of}`).join(',')}}`;
        if (!name.startsWith('node_scrape_')) (name.startsWith('heliograph_') ? own : sent).set(text, value);
      }
    }
  }
  return { sent, own };
}

it('series are renamed, dropped and kept as rules say; what is dropped is in the ledger, and in metrics that no rule can hide', async () => {
  const metrics = () => frames().filter((frame) => frame.kind === 'metrics').length;
  const collector = await run(
    {
      relabel: [
        { source_labels: ['__name__'], regex: 'debug_.*|heliograph_.*', action: 'drop' },
        { source_labels: ['__name__'], regex: 'old_(.*)', target_label: '__name__', replacement: 'new_$1' },
        { source_labels: ['__name__'], regex: 'nameless', target_label: '__name__', replacement: '' },
        { source_labels: ['pod'], target_label: '__tmp_part', action: 'hashmod', modulus: 2 },
        { regex: 'exported_(.*)', replacement: '$1', action: 'labelmap' },
        { regex: 'exported_site|pod', action: 'labeldrop' },
      ],
    },
    () => metrics() >= 3,
  );
  const status = collector.status('down');
  const { sent, own } = samples();
  expect(Object.fromEntries(sent)).toEqual({
    // Two pods became one series: the first of them is sent.
    'requests_total{code=200,job=node}': 1,
    'requests_total{code=500,job=node}': 3,
    // `site` is for the relay to give, so what a rule makes of that name is not taken for it.
    'new_name{exported_exported_site=elsewhere,job=node}': 5,
  });
  const entry = status.ledger!.entries.find((one) => one.class === 'metric')!;
  const { collections } = status.sources.collection as { collections: number };
  expect(Object.fromEntries(Object.entries(entry.dropped).map(([reason, { items }]) => [reason, items]))).toEqual({
    relabel: collections,
    relabel_name: collections,
    relabel_duplicate: collections,
  });
  expect(imbalance(entry)).toEqual({ frames: 0, items: 0 });
  expect(own.get('heliograph_collector_relabel_dropped_total{job=heliograph,kind=metrics,rule=1}')).toBeGreaterThan(0);
  expect(
    own.get('heliograph_collector_items_dropped_total{class=metric,job=heliograph,reason=relabel}'),
  ).toBeGreaterThan(0);
});

it('lines get fields and services by rules; what is dropped is in the ledger by its class', async () => {
  mkdirSync(join(station.directory, 'logs'));
  const file = join(station.directory, 'logs', 'shop-eu.log');
  writeFileSync(file, 'ERROR one\nINFO two\nINFO health check\nWARN three\n');
  const collector = await run(
    {
      logs: [{ paths: [join(station.directory, 'logs', '*.log')] }],
      relabelLogs: [
        {
          source_labels: ['service.name'],
          regex: '([a-z]+)-([a-z]+)',
          target_label: 'labels.region',
          replacement: '$2',
        },
        { source_labels: ['service.name'], regex: '([a-z]+)-([a-z]+)', target_label: 'service.name' },
        { source_labels: ['log.level'], regex: 'warning', action: 'drop' },
        { regex: 'log\\..*|message', action: 'labeldrop' },
      ],
    },
    () => lines().length === 3,
  );
  const seen = lines().map(({ service, level, message, fields }) => [service, level, message, fields]);
  const fields = { 'labels.region': 'eu' };
  expect(seen.sort((a, b) => (String(a[2]) < String(b[2]) ? -1 : 1))).toEqual([
    ['shop', 'error', 'ERROR one', fields],
    ['shop', 'info', 'INFO health check', fields],
    ['shop', 'info', 'INFO two', fields],
  ]);
  const entry = collector.status('down').ledger!.entries.find((one) => one.class === 'log')!;
  expect(entry.dropped.relabel).toEqual({ frames: 0, items: 1 });
  expect(imbalance(entry)).toEqual({ frames: 0, items: 0 });
});

it('rules may look at the text of each line, after it was masked, and write another', async () => {
  mkdirSync(join(station.directory, 'logs'));
  const file = join(station.directory, 'logs', 'shop.log');
  writeFileSync(file, 'INFO GET /health\nINFO card 4111 1111 1111 1111\nINFO user=ann in\n');
  await run(
    {
      logs: [{ paths: [join(station.directory, 'logs', '*.log')] }],
      relabelLogs: [
        { source_labels: ['message'], regex: '.*/health', action: 'drop' },
        { source_labels: ['message'], regex: '.*4111.*', action: 'drop' },
        {
          source_labels: ['message'],
          regex: '(.*)user=\\w+(.*)',
          target_label: 'message',
          replacement: '${1}user=…$2',
        },
      ],
    },
    () => lines().length === 2,
  );
  expect(lines().map(({ message }) => message)).toEqual(['INFO card **** **** **** ****', 'INFO user=… in']);
});

it('a wish for the level of a service is by the name that the rules gave it', async () => {
  mkdirSync(join(station.directory, 'logs'));
  const file = join(station.directory, 'logs', 'shop.log');
  writeFileSync(file, 'INFO begin\n');
  const config = station.config({
    port: broker.port,
    logs: [{ paths: [join(station.directory, 'logs', '*.log')] }],
    relabelLogs: [{ target_label: 'service.name', replacement: 'store' }],
  });
  const running = await startCollector(config, { host: quietHost(), sources: [] });
  await until('the first line', () => lines().length === 1);
  await broker.publish(`fleet/${station.name}/desired`, '{"version":1,"levels":{"store":"debug"}}', true);
  await until('the wish has come', () => running.collector.desired.current !== null);
  appendFileSync(file, 'DEBUG wanted\n');
  await until('the debug line', () => lines().some(({ level }) => level === 'debug'));
  await running.close();
  expect(lines().every(({ service }) => service === 'store')).toBe(true);
});
