import { LINE_BYTES } from '../log-lines.ts';
import { bench, embeddedBus, type Kind, whole } from '../page/kinds.ts';
import { WHOLE } from '../page/targets/load.ts';
import { run } from '../page/targets/target.ts';

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
  relaySampleInAll: {
    what: 'relay, a sample within the whole system, connections and statuses of the hosts included',
    unit: 'CPU us a sample',
    rows: ['relay: CPU'],
    of: whole,
    command: WHOLE,
    earlier: { value: 0.36 },
  },
  coreSample: {
    what: 'gateway, a sample from block to remote write, within the whole system',
    unit: 'CPU us a sample',
    rows: ['core: CPU'],
    of: whole,
    command: WHOLE,
    earlier: { value: 0.25, note: '5 instants a frame, snappy' },
  },
  storeSample: {
    what: 'VictoriaMetrics, a sample within the whole system, queries of the run included',
    unit: 'CPU us a sample',
    rows: ['VictoriaMetrics: CPU'],
    of: whole,
    command: WHOLE,
    earlier: { value: 1.71, note: '5 instants a series and request, version 1.79' },
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
    of: whole,
    command: WHOLE,
    earlier: { value: 1.12 },
  },
  wire: {
    what: 'collector to relay, with MQTT and TLS',
    unit: 'B/sample',
    rows: ['collector to relay, with MQTT and TLS'],
    of: whole,
    command: WHOLE,
    earlier: { value: 1.51 },
  },
  block: {
    what: 'relay to core, with gRPC and TLS',
    unit: 'B/sample',
    rows: ['relay to core, with gRPC and TLS'],
    of: whole,
    command: WHOLE,
    earlier: { value: 1.01 },
  },
  remoteWrite: {
    what: 'gateway to VictoriaMetrics, remote write',
    unit: 'B/sample',
    rows: ['core to the store, remote write'],
    of: whole,
    command: WHOLE,
    earlier: { value: 6.6, note: 'snappy' },
  },
  storeDisk: {
    what: 'VictoriaMetrics, on disk when the run ended, its index included: the longer it runs, the less',
    unit: 'B/sample',
    rows: ['on its disk'],
    of: whole,
    command: WHOLE,
    earlier: { value: 3.35, note: 'version 1.79, parts not merged; 1.26 on 1.136' },
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
  relayMemory: {
    what: 'relay, memory at most, within the whole system',
    unit: 'MiB',
    rows: ['relay: memory, the most'],
    of: whole,
    command: WHOLE,
    earlier: { value: 1258 },
  },
  coreMemory: {
    what: 'core, memory at most, within the whole system',
    unit: 'MiB',
    rows: ['core: memory, the most'],
    of: whole,
    command: WHOLE,
    earlier: { value: 1478 },
  },
  storeMemory: {
    what: 'VictoriaMetrics, memory at most, within the whole system',
    unit: 'MiB',
    rows: ['VictoriaMetrics: memory, the most'],
    of: whole,
    command: WHOLE,
    earlier: { value: 1439 },
  },
} as const satisfies Record<string, Source>;
