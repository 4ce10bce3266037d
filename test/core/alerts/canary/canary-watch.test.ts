import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { canarySource } from '../../../../cli/canary/canary-source.ts';
import type { SourceContext } from '../../../../collector/core/sources/source.ts';
import { AlertBook } from '../../../../core/alerts/alert-book.ts';
import { AlertStore } from '../../../../core/alerts/alert-store.ts';
import { CanaryWatch, crossedAt } from '../../../../core/alerts/canary/canary-watch.ts';
import { canaryConfig } from '../../../../core/alerts/canary/config.ts';
import { openOwnDatabase } from '../../../../core/disk/own-database.ts';
import { silentLog } from '../../../../lib/log.ts';

let folder: string;
let book: AlertBook;
let watch: CanaryWatch;
let close: () => void = () => undefined;
let now = Date.parse('2026-11-30T12:00:00Z');
let notifies = true;
/** By how much somebody set the wall clock. */
let stepped = 0;

function open(config: object = { every: '5m' }): void {
  const path = join(folder, 'alerts.db');
  const database = openOwnDatabase(path);
  book = new AlertBook(new AlertStore(database, path), 100);
  const clock = { now: () => now + stepped, mono: () => now };
  watch = new CanaryWatch({
    ...{ config: canaryConfig.parse(config), database, path, book, clock, log: silentLog },
    notifies: () => notifies,
  });
  close = () => {
    watch.close();
    database.close();
  };
}
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'heliograph-canary-'));
});
afterEach(() => {
  close();
  close = () => undefined;
  stepped = 0;
  rmSync(folder, { recursive: true });
  notifies = true;
});

function later(minutes: number): string[] {
  now += minutes * 60_000;
  watch.look();
  return [...book.all()].filter(({ state }) => state === 'firing').map(({ labels }) => labels.instance ?? 'any');
}

/** As a rule makes it. */
function sings(instance: string): void {
  const labels = { alertname: 'Canary', instance };
  const maker = { id: `rule/${instance}`, source: 'rule', name: 'Canary', forMs: 0, keepFiringForMs: 0 } as const;
  book.hold(maker, [{ labels, annotations: {}, value: String(now / 1000 - 3), eventAt: now }], now);
  const alert = [...book.ofMaker(maker.id)][0]!;
  expect(watch.isCanary(alert)).toBe(true);
  expect(crossedAt(alert)).toBe(now - 3000);
  watch.heard(alert);
  book.hold(maker, [], now);
}

test('a canary that does not come in time is an alert, until it comes; a restart begins no new wait', () => {
  open();
  expect(later(6)).toEqual([]);
  sings('canary-1');
  expect(later(5.9)).toEqual([]);
  close();
  open();
  expect(later(0.2)).toEqual(['any']);
  expect([...book.all()].find(({ labels }) => labels.alertname === 'CanarySilent')).toMatchObject({
    source: 'own',
    labels: { severity: 'critical' },
  });
  sings('canary-2');
  expect(later(0)).toEqual([]);
  later(10);
  close();
  // Nobody waits for one any more.
  open({});
  expect([...book.all()].map(({ state }) => state)).not.toContain('firing');
});

test('a clock that somebody sets makes no canary silent, and none heard', () => {
  open();
  sings('canary-1');
  stepped = 3_600_000;
  expect(later(5)).toEqual([]);
  stepped = -3_600_000;
  expect(later(0.9)).toEqual([]);
  expect(later(0.2)).toEqual(['any']);
});

test('canaries that are named are each waited for', () => {
  open({ every: '5m', hosts: ['north', 'south'] });
  later(4);
  sings('north');
  expect(later(3)).toEqual(['south']);
  sings('other');
  expect(later(0.1)).toEqual(['south']);
});

test("a canary's value is when it crossed its threshold, for as long as it is above", () => {
  const added: number[] = [];
  const context = {
    host: { now: () => now },
    sink: { add: (_: string, __: unknown, value: number) => added.push(value) },
  } as unknown as SourceContext;
  const source = canarySource(300_000, 60_000);
  now = Date.parse('2026-11-30T12:04:55Z');
  for (let i = 0; i < 15; i++) {
    source.collect(context);
    now += 5_000;
  }
  const crossed = Date.parse('2026-11-30T12:05:00Z') / 1000;
  expect(added).toEqual([0, ...Array(12).fill(crossed), 0, 0]);
});

test('alerts that are told again and again are no sign of life: only one that is new is', () => {
  open();
  const maker = { id: 'rule/1', source: 'rule', name: 'Canary', forMs: 0, keepFiringForMs: 0 } as const;
  const held = (instance: string) => ({
    ...{ labels: { alertname: 'Canary', instance }, annotations: {}, value: '1', eventAt: now },
  });
  book.hold(maker, [held('north'), held('south')], now);
  for (let minute = 0; minute < 6; minute++) {
    for (const alert of book.ofMaker(maker.id)) watch.heard(alert);
    now += 60_000;
  }
  later(1);
  expect([...book.all()].some(({ labels }) => labels.alertname === 'CanarySilent')).toBe(true);
});

test('a core that does not notify waits for no canary, and begins its wait when it does', () => {
  notifies = false;
  open();
  expect(later(60)).toEqual([]);
  notifies = true;
  expect(later(5)).toEqual([]);
  expect(later(2)).toEqual(['any']);
});
