import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Alert } from '../../../../core/alerts/alert.ts';
import { AlertLatency } from '../../../../core/alerts/latency/alert-latency.ts';
import { openOwnDatabase } from '../../../../core/disk/own-database.ts';
import { silentLog } from '../../../../lib/log.ts';
import { Registry } from '../../../../lib/metrics.ts';

let folder: string;
let latency: AlertLatency;
let registry: Registry;
let close: () => void;
let now = Date.parse('2026-11-30T12:00:00Z');

function open(): void {
  const path = join(folder, 'alerts.db');
  const database = openOwnDatabase(path);
  registry = new Registry();
  latency = new AlertLatency({
    ...{ database, path, log: silentLog, registry, clock: { now: () => now, mono: () => now } },
  });
  close = () => {
    latency.write();
    database.close();
  };
}
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'heliograph-latency-'));
  open();
});
afterEach(() => {
  close();
  rmSync(folder, { recursive: true });
});

let made = 0;
function alert(source: Alert['source'], eventAt: number | null, activeAt: number): Alert {
  const labels = { alertname: 'A', number: String(++made) };
  return {
    ...{ maker: 'm', source, labels, fingerprint: String(made).padStart(16, '0'), annotations: {}, value: '1' },
    ...{ state: 'firing', activeAt, heldAt: activeAt, firedAt: activeAt, resolvedAt: null, keptSince: null, eventAt },
  };
}

test('the first notification of an alert counts, from what it tells of, and is kept over a restart', () => {
  const one = alert('inventory', now - 4000, now - 1000);
  latency.observe(one, now);
  latency.observe(one, now + 60_000);
  latency.observe(alert('rule', null, now - 20_000), now);
  // Of a clock that is ahead.
  latency.observe(alert('rule', now + 5000, now), now);
  const before = latency.figures(3_600_000);
  expect(before.map(({ source, count, max }) => [source, count, max])).toEqual([
    ['all', 3, 20],
    ['inventory', 1, 4],
    ['rule', 2, 20],
  ]);
  expect(registry.render()).toMatch(/event_to_notification_seconds_bucket\{source="inventory",le="5"\} 1/);
  close();
  open();
  latency.observe(one, now + 120_000);
  expect(latency.figures(3_600_000)).toEqual(before);
});

test('quantiles are near, and hours that are over are not looked at', () => {
  for (let i = 1; i <= 100; i++) latency.observe(alert('log', now - i * 100, now), now);
  const [all] = latency.figures(3_600_000);
  expect(all!.p50).toBeGreaterThanOrEqual(5);
  expect(all!.p50).toBeLessThan(5.3);
  expect(all!.p99).toBeGreaterThanOrEqual(9.9);
  expect(all!.p99).toBeLessThanOrEqual(10);
  expect(all!.buckets.find(({ le }) => le === 10)!.count).toBe(100);
  now += 3 * 3_600_000;
  expect(latency.figures(3_600_000)).toMatchObject([{ source: 'all', count: 0, p50: null, p99: null, max: null }]);
  expect(latency.figures(86_400_000)[0]!.count).toBe(100);
});
