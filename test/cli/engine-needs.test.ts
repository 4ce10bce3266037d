import { expect, test } from 'vitest';
import { checkNeeds, NEEDS } from '../../cli/start/engine-needs.ts';
import { ENGINES } from '../../cli/start/engines.ts';
import { coreConfig } from '../../core/config.ts';

const JAVA = { ...NEEDS.java21, what: 'Java 999', test: 'java_at_least 999' };

test('what is missing is named together with the package that brings it, all of it at once', () => {
  const mvn = { what: 'mvn', test: 'command -v no-such-program', fix: 'apt-get install maven' };
  const engines = [{ name: 'opensearch', needs: [JAVA, mvn] }];
  expect(() => checkNeeds(engines)).toThrow(
    /HG_START_NEEDS[\s\S]*Java 999[\s\S]*openjdk-21[\s\S]*apt-get install maven/,
  );
  expect(() => checkNeeds([{ name: 'x', needs: [{ what: 'a shell', test: 'true', fix: '' }] }])).not.toThrow();
});

test('every engine of the table makes a configuration that a core takes', () => {
  const values: Record<string, Record<string, string>> = {
    opensearch: { OPENSEARCH_URL: 'http://127.0.0.1:19250' },
    s3: { S3_ENDPOINT: 'http://127.0.0.1:19433', S3_ACCESS_KEY_ID: 'a', S3_SECRET_ACCESS_KEY: 'b' },
    kafka: { KAFKA_BROKERS: '127.0.0.1:19092' },
    'victoria-metrics': { VICTORIA_METRICS_URL: 'http://127.0.0.1:18428' },
  };
  const least = { dataDir: '/tmp/x', tls: { ca: 'a', cert: 'b', key: 'c' } };
  for (const { name, config } of ENGINES) {
    const result = coreConfig.safeParse({ ...least, ...config(values[name]!) });
    expect(result.error?.message, name).toBeUndefined();
  }
});
