/** One measured figure, with the command that measures it again. */
export interface Measured {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  readonly command: string;
  /** Taken while other programs used the machine too: the true figure is better. */
  readonly loaded?: boolean;
  /** What else is to be known of it. */
  readonly note?: string;
}

const END_TO_END = 'npm run bench -- end-to-end';
const INDEXER = 'npm run bench -- indexer';
const LOG_FLOOD = 'npm run bench -- log-flood';

/**
 * What the plan is computed from; nothing else is. Replace a value after a run of its command on a quiet machine, and
 * `npm run bench -- sizing` writes docs/sizing.md anew.
 */
export const MEASURED = {
  relayFrame: {
    what: 'relay, a frame: TLS, MQTT, journal with fsync, block',
    value: 95,
    unit: 'CPU us',
    command: 'npm run bench -- relay',
  },
  relaySample: {
    what: 'relay, a sample more in it',
    value: 0.018,
    unit: 'CPU us',
    command: 'npm run bench -- relay',
  },
  relayConnection: {
    what: 'relay, memory of a connection',
    value: 85,
    unit: 'KiB',
    command: 'npm run bench -- relay-connections',
    note: 'where memory of the C library stands in several arenas: 82 to 95; with `MALLOC_ARENA_MAX=1`, as the unit and this command set it, 69',
  },
  relayLine: {
    what: 'relay, a line: TLS, MQTT, journal with fsync, block',
    value: 5.1,
    unit: 'CPU us a line',
    command: LOG_FLOOD,
    note: 'at 30 MB/s; 130 lines a frame in the mean, 1,000 hosts, whose connections and statuses are in it',
  },
  gatewayLine: {
    what: 'core, a line from block to the embedded bus',
    value: 3.7,
    unit: 'CPU us a line',
    command: LOG_FLOOD,
  },
  coreSample: {
    what: 'gateway, block to remote write (snappy), 5 instants a frame',
    value: 0.25,
    unit: 'CPU us a sample',
    command: 'npm run bench -- victoriametrics',
  },
  storeSample: {
    what: 'VictoriaMetrics, 5 instants a series and request',
    value: 1.71,
    unit: 'CPU us a sample',
    command: 'npm run bench -- victoriametrics',
  },
  indexerLine: {
    what: 'indexer, bus to bulk, no pipeline',
    value: 10.8,
    unit: 'CPU us a line',
    command: INDEXER,
  },
  searchLine: {
    what: 'OpenSearch, a line and copy',
    value: 128,
    unit: 'CPU us a line',
    command: INDEXER,
    note: 'lines that have a random trace id, a client and a user each; lines that are alike took 24 in an earlier run, 5,000 a bulk',
  },
  kafkaLine: {
    what: 'the core: publishing to Kafka and reading it back, frames of 500 lines',
    value: 2.5,
    unit: 'CPU us a line',
    command: 'npm run bench -- kafka',
    loaded: true,
  },
  brokerLine: {
    what: 'Kafka, the same, a copy',
    value: 7,
    unit: 'CPU us a line',
    command: 'npm run bench -- kafka',
    loaded: true,
  },
  payload: {
    what: 'collector to relay, payload, 100 series, 5 instants a frame',
    value: 1.12,
    unit: 'B/sample',
    command: END_TO_END,
  },
  wire: {
    what: 'collector to relay, with MQTT and TLS',
    value: 1.51,
    unit: 'B/sample',
    command: END_TO_END,
  },
  block: {
    what: 'relay to core, with gRPC and TLS',
    value: 1.01,
    unit: 'B/sample',
    command: END_TO_END,
  },
  remoteWrite: {
    what: 'gateway to VictoriaMetrics, remote write (snappy)',
    value: 6.6,
    unit: 'B/sample',
    command: 'npm run bench -- victoriametrics',
  },
  storeDisk: {
    what: 'VictoriaMetrics, on disk seconds after, 100 samples a series, its index of them included',
    value: 3.35,
    unit: 'B/sample',
    command: 'npm run bench -- victoriametrics',
    note: 'before its parts were merged, version 1.79; 1.26 on 1.136',
  },
  line: {
    what: 'a line, as it was written',
    value: 322,
    unit: 'B/line',
    command: INDEXER,
  },
  busLine: {
    what: 'collector to relay to core to the bus, frames of 500 lines, zstd',
    value: 91,
    unit: 'B/line',
    command: INDEXER,
  },
  bulkLine: {
    what: 'indexer to OpenSearch, bulk',
    value: 787,
    unit: 'B/line',
    command: INDEXER,
  },
  searchDisk: {
    what: 'OpenSearch, on disk, a copy',
    value: 212,
    unit: 'B/line',
    command: INDEXER,
    note: 'of 200,000 lines; each with a random trace id, a client and a user of its own',
  },
} as const satisfies Record<string, Measured>;

export type Figures = Readonly<Record<keyof typeof MEASURED, Pick<Measured, 'value'>>>;
