import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { indexerConfig } from '../core/indexer/pipeline/config.ts';
import { Pipeline } from '../core/indexer/pipeline/pipeline.ts';
import type { LogFrame, LogLine } from '../core/ports/frames.ts';
import { silentLog } from '../lib/log.ts';
import { Registry } from '../lib/metrics.ts';
import type { BenchResult } from './result.ts';

/** Lines of a frame of some 450 KB, as collectors make them, and frames of a batch of 1 MiB. */
const LINES = 1_400;
const FRAMES = 3;
const ROUNDS = 20;
const NOW = Date.UTC(2026, 10, 28, 12);

const iso = (i: number) => new Date(NOW - 60_000 + i).toISOString();
const what = (i: number) => `order ${100_000 + i} of customer ${(i * 7919) % 99_991} accepted`;
/** Lines of about 320 bytes, as services write them. */
const TEXTS: Readonly<Record<string, (i: number) => string>> = {
  json: (i) =>
    `{"time":"${iso(i)}","level":"info","service":"shop","msg":"${what(i)}","http":{"method":"GET","path":"/api/v1/orders/${i}","status":200},"took":12.5,"peer":"10.20.30.40:51234","trace_id":"4bf92f3577b34da6a3ce929d0e0e4736","span_id":"00f067aa0ba902b7","user":{"id":${i},"name":"anna"},"tags":["a","b"]}`,
  logfmt: (i) =>
    `time=${iso(i)} level=info msg="${what(i)}" method=GET path=/api/v1/orders/${i} status=200 took=12.5 peer=10.20.30.40:51234 trace_id=4bf92f3577b34da6a3ce929d0e0e4736 span_id=00f067aa0ba902b7 user=${i} note="no remarks, nothing to see here, and a little more text than that"`,
  access: (i) =>
    `10.20.30.${i % 256} - anna [28/Nov/2026:11:59:${String(i % 60).padStart(2, '0')} +0000] "GET /api/v1/orders/${i}?full=true HTTP/1.1" 200 ${i * 7} "https://shop.example.com/cart/${i}" "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"`,
  java: (i) =>
    `${iso(i)} INFO [worker-${i % 8}] com.acme.shop.Orders - ${what(i)} user=4711 path=/api/v1/orders/00917 status=200 took=12.5 peer=10.20.30.40:51234 trace=4bf92f3577b34da6a3ce929d0e0e4736 and a little more text than that, to be as long as the others are, about`,
};

interface Case {
  readonly name: string;
  readonly text: string;
  readonly section: (catalogue: string) => object;
  readonly note: string;
}

const ACCESS_TIME = { field: 'timestamp', format: 'clf' };
const CASES: readonly Case[] = [
  {
    name: 'json',
    text: 'json',
    section: () => ({ services: [{ parse: 'json' }] }),
    note: '14 fields, ISO time, level',
  },
  { name: 'logfmt', text: 'logfmt', section: () => ({ services: [{ parse: 'logfmt' }] }), note: '12 fields' },
  {
    name: 'regex, one pass',
    text: 'access',
    section: () => ({
      services: [
        {
          parse: 'regex',
          pattern:
            '^(?P<ip>\\S+) \\S+ (?P<user>\\S+) \\[(?P<timestamp>[^\\]]+)\\] "(?P<method>\\S+) (?P<path>[^ "]+) HTTP/[\\d.]+" (?P<status>\\d+) (?P<bytes>\\d+)',
          time: ACCESS_TIME,
        },
      ],
    }),
    note: 'each choice is decided by the next character: the engine of the language runs it',
  },
  {
    name: 'grok, one pass',
    text: 'access',
    section: () => ({ services: [{ parse: 'grok', pattern: '^%{COMBINEDAPACHELOG}$', time: ACCESS_TIME }] }),
    note: 'COMBINEDAPACHELOG',
  },
  {
    name: 'grok by RE2JS',
    text: 'java',
    section: () => ({
      services: [
        {
          parse: 'grok',
          pattern:
            '%{TIMESTAMP_ISO8601:time} %{LOGLEVEL:level} \\[%{DATA:thread}\\] %{JAVACLASS:class} - %{GREEDYDATA:message}',
        },
      ],
    }),
    note: '%{DATA} in the middle leaves choices open',
  },
  {
    name: 'catalogue and four filters',
    text: 'java',
    section: (catalogue) => ({
      catalogue,
      environment: { dropBelow: 'info' },
      filters: [
        { name: 'health', where: [{ field: 'message', glob: '*GET /health*' }] },
        { name: 'path', where: [{ field: 'url.path', equals: ['/healthz', '/ready'] }] },
        { name: 'noise', where: [{ field: 'message', regex: 'heartbeat (ok|sent)' }] },
        { name: 'sample', where: [{ field: 'service.team', equals: 'checkout' }], keep: 0.5 },
      ],
    }),
    note: 'nothing parsed; half of the lines are left out by the last filter',
  },
];

function framesOf(text: (i: number) => string): LogFrame[] {
  return Array.from({ length: FRAMES }, (_, f) => ({
    id: { host: 'web-1', boot: '00000001aabbccddeeff0011', class: 'log', sequence: f + 1 },
    relay: 'relay-1',
    created: NOW,
    received: NOW,
    skew: 0,
    lane: 'live',
    instance: 'web-1',
    site: 'north',
    lines: Array.from({ length: LINES }, (_, i): LogLine => {
      const fields = { 'log.file.path': '/var/log/shop/app.log' };
      return { time: NOW, message: text(f * LINES + i), level: '', service: 'shop', fields };
    }),
  }));
}

/** CPU time of this thread between two turns of others, ms: what other processes and threads take is not in it. */
class Stretches {
  readonly all: number[] = [];
  #began = process.threadCpuUsage();

  begin(): void {
    this.#began = process.threadCpuUsage();
  }

  end(): void {
    const { user, system } = process.threadCpuUsage(this.#began);
    this.all.push((user + system) / 1_000);
  }

  quantile(share: number): number {
    return this.all.sort((a, b) => a - b)[Math.floor(this.all.length * share)]!;
  }
}

async function open(section: object, stretches: Stretches): Promise<Pipeline | null> {
  return Pipeline.open(indexerConfig.parse(section), {
    log: silentLog,
    registry: new Registry(),
    mono: () => performance.now(),
    breathe: async () => {
      stretches.end();
      await setImmediate();
      stretches.begin();
    },
    retentionMs: 15 * 86_400_000,
  });
}

/** What the pipeline costs by itself, and how long it keeps others waiting. */
export async function run(): Promise<BenchResult[]> {
  const folder = await mkdtemp(join(tmpdir(), 'heliograph-bench-'));
  const results: BenchResult[] = [];
  const stretches = new Stretches();
  try {
    const catalogue = join(folder, 'services.yaml');
    await writeFile(catalogue, 'services: {shop: {team: checkout, tier: 1, runbook: "https://wiki/shop"}}\n');
    const nothing = await open({}, stretches);
    results.push({
      name: 'nothing configured',
      value: nothing === null ? 0 : Number.NaN,
      unit: 'CPU s per million lines',
      target: 0,
      note: 'there is no pipeline then, and lines go by',
    });
    for (const { name, text, section, note } of CASES) {
      const pipeline = (await open(section(catalogue), stretches))!;
      const frames = framesOf(TEXTS[text]!);
      stretches.begin();
      for (let i = 0; i < 3; i++) await pipeline.run(frames);
      const began = process.cpuUsage();
      for (let i = 0; i < ROUNDS; i++) {
        stretches.begin();
        await pipeline.run(frames);
        stretches.end();
        await setImmediate();
      }
      const { user, system } = process.cpuUsage(began);
      results.push({ name, value: (user + system) / (ROUNDS * FRAMES * LINES), unit: 'CPU s per million lines', note });
    }
    const stretch = { unit: 'ms CPU', note: 'batches of 1.3 MB; garbage collection is in it' };
    results.push({ name: 'without a turn for others, p99', value: stretches.quantile(0.99), target: 20, ...stretch });
    results.push({
      name: 'without a turn for others, longest',
      value: stretches.quantile(1 - 1e-9),
      target: 20,
      ...stretch,
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return results;
}
