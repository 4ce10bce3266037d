import { NEEDS, type Need } from './engine-needs.ts';

type Values = Readonly<Record<string, string>>;

/** An engine that `heliograph start --engines` puts behind a port in place of the embedded store. */
export interface EngineChoice {
  /** As in test/engines/start/start-NAME.sh. */
  readonly name: string;
  /** What it keeps. */
  readonly what: string;
  /** Bytes fetched at the first start, for people. */
  readonly download: string;
  /** The script's word for it, as in OPENSEARCH_KEEP_DATA. */
  readonly word: string;
  /** Flags for the engine. */
  readonly arguments?: readonly string[];
  readonly needs: readonly Need[];
  /** What the core's configuration says of it, from what the script printed. */
  readonly config: (values: Values) => object;
  /** What the core's environment says of it. */
  readonly environment?: (values: Values) => Values;
}

const { java17, java21, maven, python, debian, curl } = NEEDS;

/** All that can be started, in the order in which they are named. An engine is one entry. */
export const ENGINES: readonly EngineChoice[] = [
  {
    name: 'victoria-metrics',
    what: 'samples',
    download: '23 MB',
    word: 'VM',
    arguments: ['-dedup.minScrapeInterval=1ms'],
    needs: [debian, curl],
    config: ({ VICTORIA_METRICS_URL }) => ({
      metrics: 'victoriametrics',
      victoriametrics: { addresses: [VICTORIA_METRICS_URL] },
    }),
  },
  {
    name: 'kafka',
    what: 'lines on their way',
    download: '52 MB',
    word: 'KAFKA',
    needs: [java17, maven, curl],
    config: ({ KAFKA_BROKERS }) => ({ bus: 'kafka', kafka: { brokers: [KAFKA_BROKERS] } }),
  },
  {
    name: 'opensearch',
    what: 'log lines',
    download: '75 MB',
    word: 'OPENSEARCH',
    needs: [java21, maven, curl],
    config: ({ OPENSEARCH_URL }) => ({ logs: 'opensearch', opensearch: { addresses: [OPENSEARCH_URL] } }),
  },
  {
    name: 's3',
    what: 'dead letters',
    download: '47 MB',
    word: 'S3',
    needs: [python, curl],
    config: ({ S3_ENDPOINT }) => ({ objects: 's3', s3: { endpoint: S3_ENDPOINT, create: true } }),
    environment: ({ S3_ACCESS_KEY_ID = '', S3_SECRET_ACCESS_KEY = '' }) => ({
      AWS_ACCESS_KEY_ID: S3_ACCESS_KEY_ID,
      AWS_SECRET_ACCESS_KEY: S3_SECRET_ACCESS_KEY,
    }),
  },
];
