import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { AS_DEPLOYED } from '../../bench/relay/as-deployed.ts';
import { runCli } from '../support/run-cli.ts';

interface Service {
  environment?: Record<string, string>;
  image: string;
  build?: { dockerfile: string };
  volumes?: string[];
  networks?: string[] | Record<string, unknown>;
  network_mode?: string;
  depends_on?: Record<string, { condition: string }>;
  healthcheck?: { test: string[] };
  restart: string;
  mem_limit: string;
  ports?: string[];
}

interface Compose {
  services: Record<string, Service>;
  volumes: Record<string, unknown>;
  networks: Record<string, unknown>;
}

const compose = parse(readFileSync('deploy/compose.yaml', 'utf8'), { merge: true }) as Compose;
const services = Object.entries(compose.services);
/** Holds a network and does nothing else: there is nothing to look at. */
const SILENT = ['core-network'];

test.each(['relay-1', 'relay-2'])('%s has the environment that relays are measured with', (name) => {
  expect(compose.services[name]!.environment).toEqual(AS_DEPLOYED);
});

test.each(services)('%s: a pinned image, a restart policy, a memory limit, a look at its health', (name, service) => {
  expect(service.image).toMatch(/^[a-z0-9./-]+:v?\d+\.\d+[\w.-]*$/);
  expect(service.image).not.toMatch(/:latest/);
  expect(service.restart).toBe(name === 'setup' ? 'no' : 'unless-stopped');
  expect(service.mem_limit).toMatch(/^\d+[mg]$/);
  if (name !== 'setup' && !SILENT.includes(name)) expect(service.healthcheck?.test.length).toBeGreaterThan(1);
});

test('every volume is one of the list, every file that is mounted is there, and nothing of the list is unused', () => {
  const used = new Set<string>();
  for (const [name, { volumes = [] }] of services) {
    for (const volume of volumes) {
      const [from, to] = volume.split(':');
      expect(to, `${name}: ${volume}`).toMatch(/^\//);
      if (from!.startsWith('.')) expect(existsSync(join('deploy', from!)), `${name}: ${from}`).toBe(true);
      else {
        expect(Object.keys(compose.volumes), `${name}: ${from}`).toContain(from);
        used.add(from!);
      }
    }
  }
  expect([...used].sort()).toEqual(Object.keys(compose.volumes).sort());
});

test('every network, and every service that another waits for or shares a network with, is there', () => {
  for (const [name, service] of services) {
    const networks = Array.isArray(service.networks) ? service.networks : Object.keys(service.networks ?? {});
    for (const network of networks) expect(Object.keys(compose.networks), name).toContain(network);
    const shared = /^service:(.+)$/.exec(service.network_mode ?? '')?.[1];
    expect(networks.length > 0 || service.network_mode !== undefined, name).toBe(true);
    for (const other of [...Object.keys(service.depends_on ?? {}), ...(shared ? [shared] : [])]) {
      expect(Object.keys(compose.services), `${name} waits for ${other}`).toContain(other);
    }
    for (const [other, { condition }] of Object.entries(service.depends_on ?? {})) {
      if (condition === 'service_healthy') expect(compose.services[other]!.healthcheck, other).toBeDefined();
    }
  }
});

test('what asks for no log-in is published on this machine only, or not at all', () => {
  const published = services.flatMap(([name, { ports = [] }]) => ports.map((port) => [name, port] as const));
  const open = published.filter(([, port]) => !port.startsWith('127.0.0.1:'));
  // These speak TLS and want a certificate or a token.
  expect(open.map(([, port]) => port.split(':').at(-1)).sort()).toEqual(['4317', '8883', '8883', '9473']);
  for (const name of ['opensearch', 's3', 'victoria-metrics', 'watch', 'kafka', 'core']) {
    expect(compose.services[name]!.ports, name).toBeUndefined();
  }
});

test.each([
  ['core', 'core.yaml'],
  ['relay', 'relay-1.yaml'],
  ['relay', 'relay-2.yaml'],
])('the configuration of a %s, %s, is a good one, and what it names is in the composition', async (tier, file) => {
  const { code, out, err } = await runCli(['check-config', join('deploy/config', file), '--tier', tier, '--json']);
  expect(code, err).toBe(0);
  const config = JSON.parse(out) as {
    name: string;
    tls: Record<string, string>;
    dataDir: string;
    cores?: { host: string }[];
    opensearch?: { addresses: string[] };
    victoriametrics?: { addresses: string[] };
    kafka?: { brokers: string[] };
    s3?: { endpoint: string };
  };
  const service = compose.services[tier === 'core' ? 'core' : config.name]!;
  const targets = service.volumes!.map((volume) => volume.split(':')[1]!);
  for (const path of [config.dataDir, ...Object.values(config.tls).filter((value) => String(value).startsWith('/'))]) {
    expect(
      targets.some((target) => path === target || path.startsWith(`${target}/`)),
      path,
    ).toBe(true);
  }
  const names = new Set([...Object.keys(compose.services), 'core']);
  for (const { host } of config.cores ?? []) expect(names).toContain(host);
  if (tier !== 'core') return;
  const { opensearch, victoriametrics, s3, kafka } = config;
  for (const address of [...opensearch!.addresses, ...victoriametrics!.addresses, s3!.endpoint]) {
    expect(names).toContain(new URL(address).hostname);
  }
  for (const broker of kafka!.brokers) expect(names).toContain(broker.split(':')[0]);
  // The flags without which the core refuses the store.
  const { command } = compose.services['victoria-metrics'] as unknown as { command: string[] };
  expect(command).toContain('-dedup.minScrapeInterval=1ms');
  expect(command).toContain('-search.latencyOffset=0s');
});

test('the image: pinned, in stages, without rights, and with all that the commands need', () => {
  const text = readFileSync('deploy/Dockerfile', 'utf8');
  const bases = [...text.matchAll(/^FROM (\S+)/gm)].map(([, image]) => image!);
  expect(bases).toHaveLength(2);
  for (const base of bases) expect(base).toMatch(/^node:24\.\d+\.\d+-bookworm-slim$/);
  const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as { dependencies: { node: string } };
  expect(bases[0]).toContain(dependencies.node);
  expect(text).toMatch(/^USER 10001:10001$/m);
  const allowed = readFileSync('deploy/Dockerfile.dockerignore', 'utf8')
    .match(/^!(.+)$/gm)!
    .map((line) => line.slice(1));
  const copied = [...text.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, names]) => names!.split(' '));
  expect([...new Set(copied)].sort()).toEqual([...allowed].sort());
  for (const name of copied) expect(existsSync(name), name).toBe(true);
});

test('what scrapes and what is scraped agree', () => {
  const scrape = parse(readFileSync('deploy/victoria-metrics/scrape.yaml', 'utf8')) as {
    scrape_configs: { job_name: string; static_configs: { targets: string[] }[] }[];
  };
  const targets = scrape.scrape_configs.flatMap((job) => job.static_configs.flatMap((one) => one.targets));
  expect(targets).toEqual(['core:8080', 'relay-1:9472', 'relay-2:9472']);
  expect(readFileSync('deploy/nginx/heliograph.conf', 'utf8')).toContain('listen 8080;');
  // The name under which the core is scraped must be one it answers to.
  expect(
    (parse(readFileSync('deploy/config/core.yaml', 'utf8')) as { http: { hosts: string[] } }).http.hosts,
  ).toContain('core');
});
