import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkPipelineFiles } from '../../../../core/indexer/pipeline/check-files.ts';
import { indexerConfig } from '../../../../core/indexer/pipeline/config.ts';
import type { Logger } from '../../../../lib/log.ts';
import { silentLog } from '../../../../lib/log.ts';
import type { LogLine } from '../../../../proto/log-line.ts';
import { logFrame, logLine } from '../../../contracts/log-frames.ts';
import { writeMmdb } from '../../../support/mmdb.ts';
import { testPipeline } from '../../../support/pipeline.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'heliograph-pipeline-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const NOW = Date.parse('2026-11-28T12:00:00Z');
type Opened = Awaited<ReturnType<typeof testPipeline>>['pipeline'];

function pass(pipeline: Opened, more: Partial<LogLine>) {
  const line = logLine(NOW, 'm', more);
  return pipeline.pass(logFrame('web-1', 1, [line]), line, 0);
}

const GOOD = `services:
  shop: {team: payments, tier: 1, runbook: https://wiki/shop, environment: staging, labels: {cost-centre: 4711}}
  'batch-*': {team: data}
`;

test('a line gets what the catalogue knows of its service; its own word stays', async () => {
  const catalogue = join(folder, 'services.yaml');
  await writeFile(catalogue, GOOD);
  const { pipeline } = await testPipeline({ catalogue, environment: { dropBelow: 'warning' } });
  expect(pass(pipeline, { fields: { 'service.team': 'own' }, level: 'error' }).line.fields).toEqual({
    'service.team': 'own',
    'service.tier': '1',
    'service.runbook': 'https://wiki/shop',
    'service.environment': 'staging',
    'labels.cost-centre': '4711',
  });
  expect(pass(pipeline, { service: 'batch-7' }).line.fields).toEqual({ 'service.team': 'data' });
  expect(pass(pipeline, { service: 'unknown' }).line.fields).toEqual({});
  // The environment of the catalogue counts where the line says nothing.
  expect(pass(pipeline, {}).filter).toBe('outside-production');
  expect(pass(pipeline, { fields: { 'service.environment': 'production' } }).filter).toBeNull();
  expect(pass(pipeline, { service: 'batch-7' }).filter).toBeNull();
});

test('the catalogue is taken up when it changes; a bad version is refused with its place, and the one before stays', async () => {
  const catalogue = join(folder, 'changing.yaml');
  await writeFile(catalogue, GOOD);
  const told: unknown[] = [];
  const log: Logger = { ...silentLog, error: (_: string, facts?: object) => told.push(facts) } as Logger;
  const { pipeline, registry } = await testPipeline({ catalogue }, { log });
  const team = () => pass(pipeline, {}).line.fields['service.team'];
  const figure = (name: string) =>
    registry.render().match(new RegExp(`^heliograph_core_indexer_${name} (\\d+)$`, 'm'))?.[1];
  await writeFile(catalogue, 'services:\n  shop: {team: checkout}\n');
  expect(team()).toBe('payments');
  await pipeline.reload();
  expect(team()).toBe('checkout');
  expect(figure('file_current{file="catalogue"}')).toBe('1');

  await writeFile(catalogue, 'services:\n  shop: {team: checkout, teir: 1}\n');
  await pipeline.reload();
  await pipeline.reload();
  expect(team()).toBe('checkout');
  expect(told).toHaveLength(1);
  expect(JSON.stringify(told)).toContain('changing.yaml:2:');
  expect(JSON.stringify(told)).toContain('known here: team, tier, runbook, environment, labels');
  expect(figure('file_current{file="catalogue"}')).toBe('0');
  expect(figure('file_loads_total{file="catalogue",outcome="refused"}')).toBe('1');

  await rm(catalogue);
  await pipeline.reload();
  expect(team()).toBe('checkout');
  await writeFile(catalogue, 'services:\n  shop: {team: third}\n');
  await pipeline.reload();
  expect(team()).toBe('third');
  expect(figure('file_current{file="catalogue"}')).toBe('1');
});

test('without its catalogue nothing starts, and the message says what to do', async () => {
  const missing = join(folder, 'missing.yaml');
  await expect(testPipeline({ catalogue: missing })).rejects.toThrow(
    `HG_PIPELINE_FILE: A file that the log pipeline needs cannot be used: ${missing}: there is no such file; write the file`,
  );
  const bad = join(folder, 'bad.yaml');
  await writeFile(bad, 'services: [a]\n');
  await expect(testPipeline({ catalogue: bad })).rejects.toThrow(`${bad}:1:11: "services" is a list of 1`);
  await expect(checkPipelineFiles(indexerConfig.parse({ catalogue: bad }))).rejects.toThrow('HG_CONFIG_VALUE');
});

const PLACES = {
  '81.2.69.0/24': {
    continent: { code: 'EU' },
    country: { iso_code: 'GB', names: { en: 'United Kingdom', de: 'Vereinigtes Königreich' } },
    subdivisions: [{ iso_code: 'ENG', names: { en: 'England' } }],
    city: { names: { en: 'London' } },
    location: { latitude: 51.5142, longitude: -0.0931, time_zone: 'Europe/London' },
    postal: { code: 'EC2' },
  },
  '10.0.0.0/8': { autonomous_system_number: 64512, autonomous_system_organization: 'Example' },
};

test('addresses are looked up, in the language that was asked for', async () => {
  const database = join(folder, 'places.mmdb');
  await writeFile(database, writeMmdb(PLACES));
  const { pipeline } = await testPipeline({ geoip: { database, fields: ['source.ip', 'peer'], language: 'de' } });
  expect(pass(pipeline, { fields: { 'source.ip': '81.2.69.142' } }).line.fields).toEqual({
    'source.ip': '81.2.69.142',
    'source.geo.continent_code': 'EU',
    'source.geo.country_iso_code': 'GB',
    'source.geo.country_name': 'Vereinigtes Königreich',
    'source.geo.region_iso_code': 'GB-ENG',
    'source.geo.region_name': 'England',
    'source.geo.city_name': 'London',
    'source.geo.postal_code': 'EC2',
    'source.geo.location': '51.5142,-0.0931',
    'source.geo.timezone': 'Europe/London',
  });
  expect(pass(pipeline, { fields: { peer: '10.1.2.3', 'source.ip': '192.0.2.1' } }).line.fields).toEqual({
    peer: '10.1.2.3',
    'source.ip': '192.0.2.1',
    'peer.as.number': '64512',
    'peer.as.organization.name': 'Example',
  });
  for (const value of ['', 'no address', '::1', '999.1.1.1', '10.0.0.1:80']) {
    expect(pass(pipeline, { fields: { 'source.ip': value } }).line.fields).toEqual({ 'source.ip': value });
  }
});

test('a database that is missing or damaged is told, and taken up when it is good', async () => {
  const database = join(folder, 'late.mmdb');
  const told: string[] = [];
  const log: Logger = {
    ...silentLog,
    error: (_: string, facts?: object) => told.push(JSON.stringify(facts)),
  } as Logger;
  const { pipeline } = await testPipeline({ geoip: { database } }, { log });
  const country = () =>
    pass(pipeline, { fields: { 'source.ip': '81.2.69.1' } }).line.fields['source.geo.country_iso_code'];
  expect(told[0]).toContain(`${database}: there is no such file; put a MaxMind database (.mmdb) there`);
  expect(country()).toBeUndefined();
  const whole = writeMmdb(PLACES);
  for (const damaged of [Buffer.from('not a database'), whole.subarray(0, 100), whole.subarray(whole.length - 150)]) {
    await writeFile(database, damaged);
    await pipeline.reload();
    expect(told.at(-1)).toContain('HG_PIPELINE_FILE');
    await expect(checkPipelineFiles(indexerConfig.parse({ geoip: { database } }))).rejects.toThrow('HG_PIPELINE_FILE');
  }
  expect(told).toHaveLength(4);
  expect(country()).toBeUndefined();
  await writeFile(database, whole);
  await pipeline.reload();
  expect(country()).toBe('GB');
});

test('a database whose inside is damaged costs the place, not the line', async () => {
  const database = join(folder, 'inside.mmdb');
  const bytes = writeMmdb(PLACES);
  // A pointer to far behind the end, where the data of the address stands.
  const at = bytes.indexOf(Buffer.from('continent')) - 2;
  bytes.set([0x3f, 0xff, 0xff, 0xff, 0xff], at);
  await writeFile(database, bytes);
  const { pipeline, registry } = await testPipeline({ geoip: { database } });
  expect(pass(pipeline, { fields: { 'source.ip': '81.2.69.1' } }).line.message).toBe('m');
  expect(registry.render()).toContain('heliograph_core_indexer_pipeline_faults_total{rule="geoip"} 1');
});
