import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, expect, it } from 'vitest';
import { readAddress } from '../../../collector/node/scrape/address.ts';
import { scrapeConfig } from '../../../collector/node/scrape/config.ts';
import { openScraping } from '../../../collector/node/scrape/open.ts';
import { createAuthority } from '../../../lib/certificates/authority.ts';
import { quietHost } from '../../support/collector.ts';
import { pushedIntake } from '../../support/pushed-samples.ts';
import { until } from '../../support/until.ts';

const closes: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closes.splice(0).reverse()) await close();
});

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

async function listening<T extends Server>(server: T, at: number | string = 0): Promise<T> {
  await new Promise<void>((resolve) =>
    server.listen(typeof at === 'string' ? { path: at } : { port: at, host: '127.0.0.1' }, resolve),
  );
  closes.push(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return server;
}

/** Scrapes one target of its own address on a real clock; the samples come out decoded. */
async function scraping(answer: Answer, job: object = {}, target: object = {}) {
  const server = await listening(createServer((request, response) => answer(request, response)));
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    ...open([{ job: 'app', targets: [{ address, ...target }], interval: '300ms', timeout: '300ms', ...job }]),
    address,
  };
}

function open(jobs: object[]) {
  const real = quietHost();
  const memory = pushedIntake();
  const logged: string[] = [];
  const host = {
    ...real,
    log: (_: string, text: string, facts?: Record<string, unknown>) => logged.push(`${text} ${facts?.code}`),
  };
  const intake = pushedIntake({ host: { ...memory.host, now: real.now, mono: real.mono } });
  const labels = { job: 'node', dc: 'north' };
  const scraped = openScraping(scrapeConfig().parse(jobs), { host: host as never, pushed: intake.intake, labels });
  closes.push(() => scraped.close());
  const timer = setInterval(() => intake.settle(), 5);
  closes.push(() => clearInterval(timer));
  const values = (name: string) => intake.samples.filter(({ series }) => series.startsWith(`${name}{`));
  return { ...intake, logged, values, scraped };
}

it('a page becomes series with job and instance, and what a scraper tells of it', async () => {
  let accept = '';
  const { values, samples, address, refused } = await scraping((request, response) => {
    accept = request.headers.accept ?? '';
    response.setHeader('content-type', 'text/plain; version=0.0.4');
    response.end('requests_total{code="200",job="theirs",dc="x"} 7\nlatency{quantile="0.5"} NaN\nold 5 1000\n');
  });
  await until('two scrapes', () => values('up').length >= 2);
  expect(accept).toContain('application/openmetrics-text;version=1.0.0');
  const target = `exported_instance=${address},job=app`;
  expect(values('requests_total')[0]!.series).toBe(
    `requests_total{code=200,dc=north,exported_dc=x,exported_instance=${address},exported_job=theirs,job=app}`,
  );
  expect(values('up').map(({ value }) => value)).toEqual(values('up').map(() => 1));
  expect(values('up')[0]!.series).toBe(`up{dc=north,${target}}`);
  expect(values('scrape_samples_scraped')[0]!.value).toBe(3);
  expect(values('scrape_samples_post_metric_relabeling')[0]!.value).toBe(3);
  expect(
    values('scrape_series_added')
      .slice(0, 2)
      .map(({ value }) => value),
  ).toEqual([2, 0]);
  expect(values('scrape_duration_seconds')[0]!.value).toBeGreaterThan(0);
  // A time of its own: once, and never stale.
  await until('a third', () => values('up').length >= 3);
  expect(values('old')).toEqual([{ series: `old{dc=north,${target}}`, time: 1000, value: 5 }]);
  expect(refused).toEqual({});
  expect(samples.filter(({ value }) => value === 'stale')).toEqual([]);
});

it('honours labels and leaves times alone where it is told to', async () => {
  const { values } = await scraping((_, response) => response.end('a{job="theirs",instance="db-7"} 1 1000\n'), {
    ...{ honorLabels: true, honorTimestamps: false, labels: { team: 'shop' } },
  });
  await until('a scrape', () => values('a').length >= 1);
  expect(values('a')[0]!.series).toBe('a{dc=north,exported_instance=db-7,job=theirs,team=shop}');
  expect(values('a')[0]!.time).toBeGreaterThan(1e12);
});

it('a series that goes ends, all of them end when the target does, and up says so', async () => {
  let turn = 0;
  const { values, logged } = await scraping((_, response) => {
    turn++;
    if (turn === 3) response.destroy();
    else response.end(turn === 1 ? 'a 1\nb 2\n' : 'a 3\n');
  });
  await until('the target is back', () => values('up').length >= 4);
  expect(values('b').map(({ value }) => value)).toEqual([2, 'stale']);
  expect(
    values('up')
      .slice(0, 4)
      .map(({ value }) => value),
  ).toEqual([1, 1, 0, 1]);
  expect(
    values('a')
      .slice(0, 4)
      .map(({ value }) => value),
  ).toEqual([1, 3, 'stale', 3]);
  expect(
    values('scrape_series_added')
      .slice(0, 4)
      .map(({ value }) => value),
  ).toEqual([2, 0, 0, 1]);
  expect(logged.slice(0, 2)).toEqual([
    'a target cannot be scraped HG_SCRAPE_UNREACHABLE',
    'a target can be scraped again undefined',
  ]);
});

it('a scrape that is under way when the collector stops says nothing of the target', async () => {
  let asked = 0;
  const { values, scraped, settle, logged } = await scraping(
    (_, response) => {
      if (asked++ === 0) response.end('a 1\n');
    },
    { timeout: '250ms' },
  );
  await until('a second scrape', () => asked === 2);
  await scraped.close();
  settle();
  expect(values('up').map(({ value }) => value)).toEqual([1]);
  expect(values('a').map(({ value }) => value)).toEqual([1]);
  expect(logged).toEqual([]);
});

it('a page that is bad, large, packed to burst, slow or refused fails as a whole, each with its code', async () => {
  const patient = { interval: '1s', timeout: '1s' };
  const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024, 0x0a));
  const f = async (answer: Answer, code: string, job: object = {}) => {
    const { values, logged, samples } = await scraping(answer, { ...patient, ...job });
    await until(code, () => values('up').length >= 1 && logged.length >= 1);
    expect(logged[0]).toBe(`a target cannot be scraped ${code}`);
    expect(values('up')[0]!.value).toBe(0);
    expect(samples.every(({ series }) => /^(up|scrape_)/.test(series))).toBe(true);
  };
  await f((_, response) => response.end('a 1\nb{\n'), 'HG_SCRAPE_SYNTAX');
  await f((_, response) => response.end(Buffer.from([0x61, 0x20, 0x31, 0x0a, 0xff])), 'HG_SCRAPE_SYNTAX');
  await f((_, response) => response.end(`${'#'.repeat(10_000)}\n`), 'HG_SCRAPE_BODY', { bodyLimit: '5KiB' });
  await f((_, response) => response.setHeader('content-encoding', 'gzip').end(bomb), 'HG_SCRAPE_BODY', patient);
  await f((_, response) => response.setHeader('content-encoding', 'gzip').end('not gzip'), 'HG_SCRAPE_UNREACHABLE');
  await f((_, response) => response.write('a 1\n'), 'HG_SCRAPE_TIMEOUT', { timeout: '100ms' });
  await f(() => undefined, 'HG_SCRAPE_TIMEOUT', { timeout: '100ms' });
  await f((_, response) => response.writeHead(302, { location: '/x' }).end(), 'HG_SCRAPE_ANSWER');
  await f((_, response) => response.end('a 1\nb 2\nc 3\n'), 'HG_SCRAPE_SAMPLES', { sampleLimit: 2 });
});

it('fetches over TLS, over a Unix socket, and gzip', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'scrape-'));
  closes.push(() => rmSync(directory, { recursive: true }));
  const authority = await createAuthority(directory, Date.now());
  const { ca, cert, key } = await authority.issue({ name: 'app', role: 'relay', hosts: ['localhost'], days: 1 });
  const answer: Answer = (request, response) => {
    response.setHeader('content-encoding', 'gzip');
    response.end(gzipSync(`a{path="${request.url}"} 1\n`));
  };
  const tls = await listening(
    createTlsServer({ cert: readFileSync(cert), key: readFileSync(key) }, answer) as never as Server,
  );
  const socket = join(directory, 'app.sock');
  await listening(createServer(answer), socket);
  const port = (tls.address() as AddressInfo).port;
  const common = { interval: '1s', timeout: '1s' };
  const { values } = open([
    { job: 'tls', targets: [`https://localhost:${port}/m?x=1`], tls: { ca }, ...common },
    { job: 'unix', targets: [`unix:${socket}`], metricsPath: '/own', ...common },
  ]);
  await until('both', () => values('a').length >= 2);
  expect(new Set(values('a').map(({ series }) => series))).toEqual(
    new Set([
      `a{dc=north,exported_instance=${socket},job=unix,path=/own}`,
      `a{dc=north,exported_instance=localhost:${port},job=tls,path=/m?x=1}`,
    ]),
  );
});

it('reads addresses', () => {
  const f = (text: string, want: object | null) =>
    expect(readAddress(text)).toEqual(want && expect.objectContaining(want));
  f('127.0.0.1:9100', { protocol: 'http:', host: '127.0.0.1', port: 9100, path: null, name: '127.0.0.1:9100' });
  f('localhost', { port: 80, name: 'localhost:80' });
  f('https://[::1]/a?b=c', { protocol: 'https:', host: '::1', port: 443, path: '/a?b=c', name: '[::1]:443' });
  f('unix:/run/a.sock', { socket: '/run/a.sock', name: '/run/a.sock' });
  f('http://', null);
  f('http://user:secret@host/', null);
  f('ftp://x', null);
});
