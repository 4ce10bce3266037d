import { LINE_BYTES } from '../log-lines.ts';
import { bench, embeddedBus, type Kind, ordinary } from '../page/kinds.ts';

/** One figure of the plan: which rows of which run it is, and what it was before that run is on the page of benchmarks. */
export interface Source {
  readonly what: string;
  readonly unit: string;
  /** The figure of rows by these names, in this order; a unit tells rows of one name apart. */
  readonly rows: readonly string[];
  readonly rowUnit?: string;
  readonly of: Kind;
  readonly value?: (...values: number[]) => number;
  readonly command: string;
  /** From a run that is not on the page. */
  readonly earlier: { readonly value: number; readonly note?: string };
}

const RELAY = ['relay, 100 samples a frame: CPU per frame', 'relay, 1000 samples a frame: CPU per frame'] as const;
/** CPU s/GB of lines as us of a line. */
const aLine = (perGigabyte: number) => (perGigabyte * LINE_BYTES) / 1_000;
const aSample = (of100: number, of1000: number) => (of1000 - of100) / 900;
const run = (name: string) => `npm run bench -- ${name}`;

/** What the plan is computed from; nothing else is. */
export const SOURCES = {
  relayFrame: {
    what: 'relay, a frame: TLS, MQTT, journal with fsync, block',
    unit: 'CPU us',
    rows: RELAY,
    of: bench('relay'),
    value: (of100, of1000) => of100 - 100 * aSample(of100, of1000),
    command: run('relay'),
    earlier: { value: 95 },
  },
  relaySample: {
    what: 'relay, a sample more in it',
    unit: 'CPU us',
    rows: RELAY,
    of: bench('relay'),
    value: aSample,
    command: run('relay'),
    earlier: { value: 0.018 },
  },
  relayConnection: {
    what: 'relay, memory of a connection',
    unit: 'KiB',
    rows: ['memory a connection'],
    of: bench('relay-connections'),
    command: run('relay-connections'),
    earlier: {
      value: 85,
      note: 'where memory of the C library stands in several arenas: 82 to 95; with `MALLOC_ARENA_MAX=1`, as the unit and this command set it, 69',
    },
  },
  relayLine: {
    what: 'relay, a line: TLS, MQTT, journal with fsync, block',
    unit: 'CPU us a line',
    rows: ['relay, CPU'],
    of: embeddedBus,
    value: aLine,
    command: run('log-flood'),
    earlier: { value: 5.1 },
  },
  gatewayLine: {
    what: 'core, a line from block to the embedded bus',
    unit: 'CPU us a line',
    rows: ['core, gateway and bus, CPU'],
    of: embeddedBus,
    value: aLine,
    command: run('log-flood'),
    earlier: { value: 3.7 },
  },
  coreSample: {
    what: 'gateway, block to remote write (snappy), 5 instants a frame',
    unit: 'CPU us a sample',
    rows: ['core, block to remote write and acknowledgement, snappy, 5 instants a frame'],
    of: bench('victoriametrics'),
    command: run('victoriametrics'),
    earlier: { value: 0.25 },
  },
  storeSample: {
    what: 'VictoriaMetrics, 5 instants a series and request',
    unit: 'CPU us a sample',
    rows: ['VictoriaMetrics, the same, snappy, 5 instants a frame'],
    of: bench('victoriametrics'),
    command: run('victoriametrics'),
    earlier: { value: 1.71 },
  },
  indexerLine: {
    what: 'indexer, bus to bulk, no pipeline',
    unit: 'CPU us a line',
    rows: ['no pipeline: indexer'],
    of: bench('indexer'),
    command: run('indexer'),
    earlier: { value: 10.8 },
  },
  searchLine: {
    what: 'OpenSearch, a line and copy',
    unit: 'CPU us a line',
    rows: ['no pipeline: OpenSearch'],
    of: bench('indexer'),
    command: run('indexer'),
    earlier: { value: 128 },
  },
  kafkaLine: {
    what: 'the core: publishing to Kafka and reading it back, frames of 500 lines',
    unit: 'CPU us a line',
    rows: ['Kafka, publish, frames of 500 lines', 'Kafka, consume, frames of 500 lines'],
    rowUnit: 'CPU s per million lines',
    of: bench('kafka'),
    value: (publish, consume) => publish + consume,
    command: run('kafka'),
    earlier: { value: 2.5 },
  },
  brokerLine: {
    what: 'Kafka, the same, a copy',
    unit: 'CPU us a line',
    rows: ['Kafka, the broker, both, frames of 500 lines'],
    of: bench('kafka'),
    command: run('kafka'),
    earlier: { value: 7 },
  },
  payload: {
    what: 'collector to relay, payload, 100 series',
    unit: 'B/sample',
    rows: ['collector to relay, payload'],
    of: ordinary,
    command: run('end-to-end'),
    earlier: { value: 1.12 },
  },
  wire: {
    what: 'collector to relay, with MQTT and TLS',
    unit: 'B/sample',
    rows: ['collector to relay, with MQTT and TLS'],
    of: ordinary,
    command: run('end-to-end'),
    earlier: { value: 1.51 },
  },
  block: {
    what: 'relay to core, with gRPC and TLS',
    unit: 'B/sample',
    rows: ['relay to core, with gRPC and TLS'],
    of: ordinary,
    command: run('end-to-end'),
    earlier: { value: 1.01 },
  },
  remoteWrite: {
    what: 'gateway to VictoriaMetrics, remote write (snappy)',
    unit: 'B/sample',
    rows: ['core to VictoriaMetrics, snappy, 5 instants a frame'],
    of: bench('victoriametrics'),
    command: run('victoriametrics'),
    earlier: { value: 6.6 },
  },
  storeDisk: {
    what: 'VictoriaMetrics, on disk seconds after, 100 samples a series, its index of them included, parts not merged',
    unit: 'B/sample',
    rows: ['on its disk, snappy, 5 instants a frame'],
    of: bench('victoriametrics'),
    command: run('victoriametrics'),
    earlier: { value: 3.35, note: 'version 1.79; 1.26 on 1.136' },
  },
  busLine: {
    what: 'a line from the relay to the core and on the bus, zstd',
    unit: 'B/line',
    rows: ['in the bus, records with their keys'],
    of: embeddedBus,
    command: run('log-flood'),
    earlier: { value: 91, note: 'frames of 500 lines' },
  },
  bulkLine: {
    what: 'indexer to OpenSearch, bulk',
    unit: 'B/line',
    rows: ['on the wire to OpenSearch'],
    of: bench('indexer'),
    command: run('indexer'),
    earlier: { value: 787 },
  },
  searchDisk: {
    what: 'OpenSearch, on disk, a copy',
    unit: 'B/line',
    rows: ['no pipeline: on its disk'],
    of: bench('indexer'),
    command: run('indexer'),
    earlier: { value: 212 },
  },
} as const satisfies Record<string, Source>;
