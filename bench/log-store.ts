import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Appended, LogAppender } from '../core/logs/appender.ts';
import { LogSearcher } from '../core/logs/searcher.ts';
import type { LogLine } from '../core/ports/frames.ts';
import type { LogQuery } from '../core/ports/log-store.ts';
import type { BenchResult } from './result.ts';

const LINES = 500_000;
const FRAME = 500;
const START = Date.parse('2026-03-01T00:00:00Z');
/** Lines a second: so a commit has as many as it would have live. */
const RATE = 5_000;

/** The embedded log store in one thread, so that all of its CPU is counted: access and application lines at 5,000 a second. */
export async function run(): Promise<BenchResult[]> {
  const directory = mkdtempSync(join(tmpdir(), 'heliograph-bench-'));
  const appender = new LogAppender({
    directory,
    retentionDays: 15,
    maxBytes: 1e12,
    futureMs: 1e12,
    commitMs: 1_000,
    commitLines: 1_000,
    searchTimeoutMs: 60_000,
  });
  const searcher = new LogSearcher(directory, 60_000, () => performance.now());
  try {
    let raw = 0;
    let cpu = 0;
    for (let from = 0; from < LINES; from += RATE) {
      const appends: Appended[] = [];
      for (let at = from; at < from + RATE; at += FRAME) {
        const lines = Array.from({ length: FRAME }, (_, i) => makeLine(at + i));
        for (const line of lines) raw += Buffer.byteLength(line.message) + 60;
        appends.push(appendOf(at / FRAME, lines));
      }
      const before = cpuSeconds();
      appender.commit(appends);
      appender.tidy();
      cpu += cpuSeconds() - before;
    }
    const { bytes } = appender.totals();
    const query: LogQuery = {
      text: '',
      hosts: [],
      services: [],
      levels: [],
      start: START,
      end: START + 86_400_000,
      limit: 100,
      order: 'newest',
    };
    const search = (more: Partial<LogQuery>) => {
      const times = Array.from({ length: 9 }, () => {
        const before = performance.now();
        searcher.search({ ...query, ...more });
        return performance.now() - before;
      });
      return times.sort((a, b) => a - b)[4]!;
    };
    return [
      {
        name: 'log store: CPU for a million lines',
        value: (cpu / LINES) * 1e6,
        unit: 's CPU',
        target: 8,
        note: '5,000 lines a commit, fsynced',
      },
      {
        name: 'log store: on disk',
        value: bytes / raw,
        unit: 'of raw',
        target: 0.43,
        note: `raw: the message and 60 bytes for time, host, service, level; ${Math.round(raw / LINES)} bytes a line`,
      },
      {
        name: 'log store: a rare word',
        value: search({ text: `needle${LINES / 2}` }),
        unit: 'ms',
        note: 'one block of 1,000 lines is read',
      },
      { name: 'log store: a word that is nowhere', value: search({ text: 'nowhere' }), unit: 'ms', target: 1 },
      {
        name: 'log store: the newest 100 errors of a service',
        value: search({ levels: ['error'], services: ['service-3'] }),
        unit: 'ms',
      },
      {
        name: 'log store: a fragment of a word, in every line',
        value: search({ text: '"eedle250000"' }),
        unit: 'ms',
        note: `all ${LINES} lines are looked at`,
      },
    ];
  } finally {
    searcher.close();
    appender.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

function appendOf(n: number, lines: LogLine[]): Appended {
  const host = `host-${n % 50}`;
  const id = { host, boot: '00000001aabbccddeeff0011', class: 'log', sequence: Math.floor(n / 50) + 1 } as const;
  const route = { relay: 'r', created: 0, received: 0, skew: 0, lane: 'live' } as const;
  return {
    frames: [{ id, ...route, instance: host, site: 'north', lines }],
    position: { topic: 'logs.log', next: `${n}` },
    now: START,
  };
}

function makeLine(i: number): LogLine {
  const hash = Math.imul(i + 1, 0x9e3779b1) >>> 0;
  const other = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b) >>> 0;
  const message =
    i % 3 === 0
      ? `10.${hash & 255}.${(hash >>> 8) & 255}.${other & 255} - - "GET /api/v2/orders/${hash % 100_000}/items?page=${other % 20} HTTP/1.1" ${[200, 200, 200, 304, 404, 500][other % 6]} ${hash % 50_000} "Mozilla/5.0 (X11; Linux x86_64)" ${other % 2_000}ms`
      : `${['accepted', 'rejected', 'retrying', 'finished'][hash & 3]} job ${hash.toString(16)}-${other.toString(16)} for customer ${other % 5_000} in queue ${['mail', 'billing', 'export'][hash % 3]}: attempt ${other % 4}, ${hash % 900} ms${i % 1_000 === 0 ? ` needle${i}` : ''}`;
  return {
    time: START + i / (RATE / 1_000),
    message,
    level: other % 50 === 0 ? 'error' : 'info',
    service: `service-${hash % 12}`,
    fields: i % 4 === 0 ? { 'trace.id': other.toString(16).padStart(8, '0') } : {},
  };
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
